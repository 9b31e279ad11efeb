package snapshot

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/hostwire/hostwire/network"
	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
)

// Version is the version of the schema that snapshots are written in. Later versions may have more
// members than this one; earlier ones are still read.
const Version = 1

// header is the first member of a snapshot, "hostwire".
type header struct {
	Schema  int    // version of the schema.
	Written string // time of writing (RFC 3339); only there if SOURCE_DATE_EPOCH asked for it.
}

// namespaceRecord is a namespace of any type.
type namespaceRecord struct {
	Type         species.NamespaceType
	Dev          uint64
	Ino          uint64
	Ref          model.NamespaceRef
	Leaders      []*model.Process
	LooseThreads []looseThread
	Owner        model.Namespace // owning user namespace.
	UID          *int            // creator of a user namespace.
}

// looseThread is a thread that is joined to a namespace without its process.
type looseThread struct {
	Process *model.Process
	Task    model.Task
}

// library returns the codecs of everything in a snapshot. They are made once, when first needed.
var library = sync.OnceValue(func() *codecs {
	b := &book{types: scalarForms()}
	maps.Copy(b.types, refForms())
	c := &codecs{
		header:    b.structOf(reflect.TypeFor[header]()),
		host:      b.structOf(reflect.TypeFor[network.HostInfo]()),
		netns:     b.structOf(reflect.TypeFor[network.NetworkNamespace]()),
		network:   b.structOf(reflect.TypeFor[network.EngineNetwork]()),
		finding:   b.structOf(reflect.TypeFor[network.Finding]()),
		process:   b.structOf(reflect.TypeFor[model.Process]()),
		container: b.structOf(reflect.TypeFor[model.Container]()),
		engine:    b.structOf(reflect.TypeFor[model.ContainerEngine]()),
		group:     b.structOf(reflect.TypeFor[model.Group]()),
		namespace: b.structOf(reflect.TypeFor[namespaceRecord]()),
		nifs:      newNifCodecs(b),
	}
	c.netns.virtual = netnsMembers
	return c
})

// codecs are the codecs of what stands in the lists of a snapshot.
type codecs struct {
	header, host, netns, network, finding, process, container, engine, group, namespace *structCodec
	nifs                                                                                *nifCodecs
}

// encoder writes one discovery.
type encoder struct {
	jsonWriter
	book           *codecs
	netns          map[*network.NetworkNamespace]int // numbers of the network namespaces.
	lists          nifListTable                      // shared lists of the namespace that is being written.
	processes      map[model.PIDType]*model.Process  // all that have been referred to.
	otherProcesses []*model.Process                  // those that the discovery does not list.
	containers     numbered[*model.Container]
	engines        numbered[*model.ContainerEngine]
	groups         numbered[*model.Group]
	namespaces     map[namespaceKey]int
	namespaceList  []model.Namespace
	failure        error // first thing that could not be written.
}

func (e *encoder) fail(format string, args ...any) {
	if e.failure == nil {
		e.failure = fmt.Errorf("the discovery cannot be written as a snapshot: "+format, args...)
	}
}

// Encode writes the discovery as a snapshot. The same discovery gives the same bytes, whatever the
// order of its maps. All is carried but netlink handles. A few things come back in a normal form:
// a process's Parent and Children follow from the PIDs of parents, children and namespace leaders
// are sorted by PID, and namespaces are no longer lxkns' own but have the same properties.
//
// Errors are those of w, or tell that the discovery contradicts itself.
func Encode(w io.Writer, d *network.Discovery) error {
	e := &encoder{
		jsonWriter: jsonWriter{w: w},
		book:       library(),
		netns:      make(map[*network.NetworkNamespace]int, len(d.Netns)),
		processes:  maps.Clone(d.Processes),
		namespaces: map[namespaceKey]int{},
	}
	if e.processes == nil {
		e.processes = model.ProcessTable{}
	}
	for _, c := range d.Containers {
		if c == nil {
			e.fail("there is a nil container")
			return e.failure
		}
		e.containers.number(c)
	}

	e.raw(`{"hostwire":`)
	written, err := sourceDate()
	if err != nil {
		return err
	}
	e.book.header.write(e, reflect.ValueOf(header{Schema: Version, Written: written}))
	e.raw(",\n\"host\":")
	e.book.host.write(e, reflect.ValueOf(d.Host))
	if err := e.writeNetns(d.Netns); err != nil {
		return err
	}
	writeList(e, "networks", e.book.network, d.Networks)
	writeList(e, "findings", e.book.finding, d.Findings)
	e.writeReferred(d)
	e.raw("}\n")
	e.flush(0)
	return cmp.Or(e.failure, e.err)
}

// sourceDate returns the time that is to be written, empty for none.
// See https://reproducible-builds.org/specs/source-date-epoch/.
func sourceDate() (string, error) {
	epoch := os.Getenv("SOURCE_DATE_EPOCH")
	if epoch == "" {
		return "", nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil || seconds < 0 || seconds > 253402300799 {
		return "", fmt.Errorf("SOURCE_DATE_EPOCH is %q: expected seconds since 1970, or unset it", epoch)
	}
	return time.Unix(seconds, 0).UTC().Format(time.RFC3339), nil
}

// writeNetns writes the network namespaces.
func (e *encoder) writeNetns(all network.NetworkNamespaces) error {
	if all == nil {
		return nil
	}
	for id, ns := range all {
		if ns == nil || ns.Namespace == nil || ns.ID() != id || ns.Type() != species.CLONE_NEWNET {
			e.fail("network namespace %d is not what is listed under its identifier", id.Ino)
			return e.failure
		}
	}
	list := sortedNetns(all)
	for i, ns := range list {
		e.netns[ns] = i
	}
	e.raw(",\n\"netns\":[")
	for i, ns := range list {
		if i > 0 {
			e.raw(",")
		}
		e.raw("\n {")
		e.collectLists(ns)
		e.book.netns.writeMembers(e, reflect.ValueOf(ns).Elem(), true)
		e.writeNetnsMembers(ns)
		e.raw("}")
		if e.flush(flushAt); e.failure != nil || e.err != nil {
			return cmp.Or(e.failure, e.err)
		}
	}
	e.raw("]")
	return nil
}

// sortedNetns returns the network namespaces in the order of a snapshot: the initial one first, then
// by the paths that keep them, which are more telling than their identifiers and the same when a
// topology is built again.
func sortedNetns(all network.NetworkNamespaces) []*network.NetworkNamespace {
	return slices.SortedFunc(maps.Values(all), func(a, b *network.NetworkNamespace) int {
		if a.Initial != b.Initial {
			if a.Initial {
				return -1
			}
			return 1
		}
		return cmp.Or(slices.Compare(a.Paths, b.Paths), cmp.Compare(a.ID().Dev, b.ID().Dev), cmp.Compare(a.ID().Ino, b.ID().Ino))
	})
}

// writeList writes a list of the discovery as a member, a line for each element.
func writeList[T any](e *encoder, name string, c *structCodec, list []T) {
	if list == nil {
		return
	}
	e.raw(",\n\"" + name + "\":[")
	for i := range list {
		if i > 0 {
			e.raw(",")
		}
		e.raw("\n ")
		c.write(e, reflect.ValueOf(&list[i]).Elem())
		e.flush(flushAt)
	}
	e.raw("]")
}

// section collects a list's elements while further ones turn up.
type section struct {
	name  string
	codec *structCodec
	next  func() (reflect.Value, bool) // next element, false if there is none so far.
	text  bytes.Buffer
	count int
}

// writeReferred writes the processes, containers and other things that were referred to so far,
// and what these refer to in turn.
func (e *encoder) writeReferred(d *network.Discovery) {
	pids := slices.Sorted(maps.Keys(d.Processes))
	otherContainers := len(d.Containers)
	sections := []*section{
		{name: "processes", codec: e.book.process, next: cursor(&pids, func(pid model.PIDType) any {
			return e.checkedProcess(pid, d.Processes[pid])
		})},
		{name: "other-processes", codec: e.book.process, next: cursor(&e.otherProcesses, func(p *model.Process) any {
			return e.checkedProcess(p.PID, p)
		})},
		{name: "engines", codec: e.book.engine, next: cursor(&e.engines.list, func(x *model.ContainerEngine) any { return x })},
		{name: "groups", codec: e.book.group, next: cursor(&e.groups.list, func(g *model.Group) any { return g })},
		{name: "containers", codec: e.book.container, next: cursor(&e.containers.list, func(c *model.Container) any { return c })},
		{name: "namespaces", codec: e.book.namespace, next: cursor(&e.namespaceList, func(ns model.Namespace) any { return e.record(ns) })},
	}
	out := e.buf
	e.buf = nil
	for more := true; more; {
		more = false
		for _, s := range sections {
			for v, ok := s.next(); ok; v, ok = s.next() {
				more = true
				if s.count++; s.count > 1 {
					e.raw(",")
				}
				e.raw("\n ")
				s.codec.write(e, v)
				s.text.Write(e.buf)
				e.buf = e.buf[:0]
			}
		}
	}
	e.buf = out
	for _, s := range sections {
		listed := s.name == "processes" && d.Processes != nil || s.name == "containers" && d.Containers != nil
		if s.count > 0 || listed {
			e.raw(",\n\"" + s.name + "\":[")
			e.flush(0)
			e.buf = s.text.Bytes()
			e.flush(0)
			e.buf = nil
			e.raw("]")
		}
		if s.name == "containers" && s.count > otherContainers {
			e.raw(",\n\"listed-containers\":")
			e.int(int64(otherContainers))
		}
	}
}

// cursor steps through a list that may grow meanwhile.
func cursor[T any](list *[]T, pointer func(T) any) func() (reflect.Value, bool) {
	i := 0
	return func() (reflect.Value, bool) {
		if i >= len(*list) {
			return reflect.Value{}, false
		}
		i++
		return reflect.ValueOf(pointer((*list)[i-1])).Elem(), true
	}
}

// checkedProcess returns the process, after a look at what is not written of it.
func (e *encoder) checkedProcess(pid model.PIDType, p *model.Process) any {
	if p == nil || p.PID != pid || pid < 1 {
		e.fail("process %d is not what is listed under its PID", pid)
		return &model.Process{PID: pid}
	}
	if p.Parent != nil {
		e.processNumber(p.Parent)
	}
	return p
}

// record returns what is written of a namespace.
func (e *encoder) record(ns model.Namespace) *namespaceRecord {
	r := &namespaceRecord{Type: ns.Type(), Dev: ns.ID().Dev, Ino: ns.ID().Ino, Ref: ns.Ref()}
	if leaders := ns.Leaders(); leaders != nil {
		r.Leaders = append([]*model.Process{}, leaders...)
		slices.SortFunc(r.Leaders, func(a, b *model.Process) int { return cmp.Compare(a.PID, b.PID) })
	}
	if threads := ns.LooseThreads(); threads != nil {
		r.LooseThreads = make([]looseThread, len(threads))
		for i, t := range threads {
			r.LooseThreads[i] = looseThread{Process: t.Process, Task: *t}
		}
		slices.SortStableFunc(r.LooseThreads, func(a, b looseThread) int { return cmp.Compare(a.Task.TID, b.Task.TID) })
	}
	if user, ok := ns.(model.Ownership); ok && ns.Type() == species.CLONE_NEWUSER {
		uid := user.UID()
		r.UID = &uid
	}
	if owner := ns.Owner(); owner != nil && !reflect.ValueOf(owner).IsZero() {
		if user, ok := owner.(model.Namespace); ok && user.Type() == species.CLONE_NEWUSER {
			r.Owner = user
		}
	}
	return r
}
