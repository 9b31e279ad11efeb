package network

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"github.com/thediveo/lxkns/model"
)

// ask asks the engine for all that it has. A file descriptor stands in for the socket's path, so
// that the socket of an engine in a container is reached as well, and no other one.
func (s *engineSocket) ask(ctx context.Context) (*engineAnswer, error) {
	if err := s.greet(); err != nil {
		return nil, err
	}
	switch s.kind {
	case engineContainerd:
		return s.askContainerd(ctx)
	case engineCRI:
		return s.askCRI(ctx)
	}
	return s.askDocker(ctx)
}

// errNoProcess says that a container does not run.
var errNoProcess = errors.New("container has no process")

// newContainer makes a container out of what an engine tells of it. Its labels are the container's
// own.
func newContainer(engine *model.ContainerEngine, id, name string, pid int, paused bool, labels map[string]string) toldContainer {
	own := make(model.Labels, len(labels)+2)
	maps.Copy(own, labels)
	own[LabelStatus] = "running"
	if paused {
		own[LabelStatus] = "paused"
	}
	return toldContainer{Container: &model.Container{
		ID: id, Name: name, Type: engine.Type, Flavor: engine.Type,
		PID: model.PIDType(pid), Paused: paused, Labels: own,
	}}
}

// limit tells that an engine has more containers than were read, if it has.
func (a *engineAnswer) limit(s *engineSocket, more bool) {
	if more {
		a.findings = append(a.findings, Finding{Kind: FindingLimit, Subject: s.subject(),
			Message: fmt.Sprintf("has more than the %d containers that are read", maxContainers)})
	}
}

// askEach asks about each of several things, some of them at the same time. Answers and failures
// are in the order of the things.
func askEach[T, A any](things []T, ask func(T) (A, error)) (answers []A, failures []error) {
	answers, failures = make([]A, len(things)), make([]error, len(things))
	next := make(chan int)
	var asking sync.WaitGroup
	for range min(inspectors, len(things)) {
		asking.Go(func() {
			for i := range next {
				answers[i], failures[i] = ask(things[i])
			}
		})
	}
	for i := range things {
		next <- i
	}
	close(next)
	asking.Wait()
	return answers, failures
}
