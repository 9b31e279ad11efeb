package graph

import (
	"github.com/thediveo/lxkns/model"
)

// nesting bounds how many engines inside of containers of engines are looked through.
const nesting = 4

// addGroups puts clusters into groups: those of the containers of an engine that runs inside of a
// container itself (such as the pods of a KinD node), of a compose project, and of a pod whose
// containers do not share one namespace. Groups of one name that come from different engines stay
// apart. A cluster whose containers disagree is in no group.
func (p *projection) addGroups() {
	groups := map[string]*Group{}
	group := func(parent *Group, kind, id, name, engine, key string) *Group {
		if parent != nil {
			key += " in " + parent.ID
		}
		key = kind + " " + name + " " + key
		g := groups[key]
		if g == nil {
			g = &Group{ID: p.ids.unique(p.prefix + id + word(name)), Kind: kind, Name: name, Engine: engine, Parent: parent}
			groups[key] = g
			p.g.Groups = append(p.g.Groups, g)
		}
		return g
	}
	pods := map[string]int{}
	for _, s := range p.spaces {
		if s.kind == Pod {
			pods[s.name]++
		}
	}
	for _, s := range p.spaces {
		if s.kind == Host || len(s.containers) == 0 {
			continue
		}
		var parent *Group
		outer := p.outerContainers(s.containers)
		for i := len(outer) - 1; i >= 0; i-- {
			c := outer[i]
			parent = group(parent, "containers in", "in-", p.containerName(c), engineWord(c.Type), c.ID)
		}
		engine := engineKey(s.containers[0])
		if s.project != "" {
			parent = group(parent, "compose", "compose-", s.project, s.engine, engine)
		}
		if pods[s.name] > 1 && s.kind == Pod {
			parent = group(parent, "pod", "group-pod-", s.name, engineWord(s.containers[0].Type), engine)
		}
		s.cluster.Group = parent
	}
}

// engineKey tells container engines apart.
func engineKey(c *model.Container) string {
	if c.Engine != nil {
		return c.Type + " " + c.Engine.API
	}
	return c.Type
}

// projectOf returns the compose project that all containers agree on, and the word for its engine.
func projectOf(containers []*model.Container) (project, engine string) {
	for i, c := range containers {
		name := c.Labels[labelProject]
		if i > 0 && name != project {
			return "", ""
		}
		project, engine = name, engineWord(c.Type)
	}
	if project == "" {
		return "", ""
	}
	return project, engine
}

// outerContainers returns the container that the engine of containers runs in, the one that the
// engine of that runs in, and so on; nil for engines of the host, or if the containers disagree.
func (p *projection) outerContainers(containers []*model.Container) []*model.Container {
	inner := containers[0]
	for _, c := range containers[1:] {
		if c.Engine != inner.Engine {
			return nil
		}
	}
	var outer []*model.Container
	for range nesting {
		c := p.runsIn(inner.Engine)
		if c == nil || c == inner {
			break
		}
		outer = append(outer, c)
		inner = c
	}
	return outer
}

// runsIn returns the container that an engine's process is part of, nil if none or unknown.
func (p *projection) runsIn(engine *model.ContainerEngine) *model.Container {
	if engine == nil || engine.PID == 0 {
		return nil
	}
	proc := p.d.Processes[engine.PID]
	for range 64 { // far from any real depth, but a damaged model may go round in circles.
		if proc == nil || proc.Container != nil {
			break
		}
		proc = proc.Parent
	}
	if proc == nil {
		return nil
	}
	return proc.Container
}
