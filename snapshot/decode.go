package snapshot

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"

	"github.com/hostwire/hostwire/internal/plainns"
	"github.com/hostwire/hostwire/network"
	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
)

// Limits of what is read. A host with 10,000 interfaces takes some 5 MB.
const (
	maxSize   = 256 << 20 // bytes of text.
	maxMemory = 1 << 30   // bytes of what becomes of it, about.
)

// decoder reads one discovery.
type decoder struct {
	jsonReader
	book       *codecs
	d          *network.Discovery
	header     header
	netns      []*network.NetworkNamespace
	nifLists   [][]network.Interfaces // shared lists of each network namespace.
	lists      []network.Interfaces   // those of the one being read.
	named      bool                   // the one being read lists its interfaces by name.
	processes  map[model.PIDType]*model.Process
	containers []*model.Container
	listed     int // how many of the containers the discovery lists; -1 for all.
	engines    []*model.ContainerEngine
	groups     []*model.Group
	records    []*namespaceRecord
	namespaces []model.Namespace
	pending    []pending
}

// Decode reads a snapshot. Errors are one line that says what is wrong with it: that it is damaged
// and where, that it comes from a later hostwire, or that it is something else altogether.
//
// The discoveries of Ghostwire (its REST API's v1) and plotnetcfg's JSON are read as well, as far as
// they go.
func Decode(r io.Reader) (*network.Discovery, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("the snapshot cannot be read: %w", err)
	}
	if len(data) > maxSize {
		return nil, tooLarge()
	}
	return decode(data, maxMemory)
}

// decode reads a snapshot's text, and spends at most so many bytes of memory on what becomes of it.
func decode(data []byte, memory int64) (*network.Discovery, error) {
	d := &decoder{
		jsonReader: jsonReader{data: data, budget: memory},
		book:       library(),
		d:          &network.Discovery{},
		processes:  map[model.PIDType]*model.Process{},
		listed:     -1,
	}
	if err := d.readAll(); err != nil {
		if d, err, ok := decodeForeign(data); ok {
			return d, err
		}
		return nil, diagnose(data, err)
	}
	return d.d, nil
}

// diagnose finds the reason behind an error: most often the file is no snapshot, or of a later
// version.
func diagnose(data []byte, err error) error {
	var probe struct {
		Hostwire *struct{ Schema *int }
	}
	var object map[string]json.RawMessage
	trimmed := bytes.TrimLeft(data, " \t\r\n")
	switch {
	case len(trimmed) == 0:
		return fmt.Errorf("this is no hostwire snapshot: it is empty")
	case trimmed[0] != '{':
		return fmt.Errorf("this is no hostwire snapshot: it is no JSON object, but starts with %q", clip(trimmed[:min(len(trimmed), 12)]))
	case json.Unmarshal(data, &probe) == nil && probe.Hostwire != nil && probe.Hostwire.Schema != nil && *probe.Hostwire.Schema > Version:
		return newer(*probe.Hostwire.Schema)
	case probe.Hostwire == nil && json.Unmarshal(data, &object) == nil && object["hostwire"] == nil:
		return fmt.Errorf(`this is no hostwire snapshot: it is JSON, but has no member "hostwire"`)
	default:
		return fmt.Errorf("this snapshot is damaged: %w", err)
	}
}

func newer(version int) error {
	return fmt.Errorf("this snapshot has schema version %d, this hostwire reads up to %d: update hostwire", version, Version)
}

// readAll takes the whole text.
func (d *decoder) readAll() error {
	seen := map[string]bool{}
	err := d.object(func(member []byte) error {
		name := string(member)
		read, ok := sections[name]
		if !ok {
			return d.fail("unknown member %q", clip(member))
		}
		if seen[name] {
			return d.fail("member %q is there twice", name)
		}
		seen[name] = true
		return within(name, read(d))
	})
	if err != nil {
		return err
	}
	if d.next(); d.pos < len(d.data) {
		return d.fail("expected the end of the text, found %s", d.describe())
	}
	if !seen["hostwire"] {
		return d.fail(`member "hostwire" is missing`)
	}
	return d.link()
}

// sections are the members of a snapshot.
var sections = map[string]func(*decoder) error{
	"hostwire": func(d *decoder) error {
		at := d.pos
		if err := d.book.header.read(d, reflect.ValueOf(&d.header).Elem()); err != nil {
			return err
		}
		switch {
		case d.header.Schema > Version:
			return newer(d.header.Schema)
		case d.header.Schema < 1:
			return d.failAt(at, "there is no schema version %d", d.header.Schema)
		}
		return nil
	},
	"host": func(d *decoder) error { return d.book.host.read(d, reflect.ValueOf(&d.d.Host).Elem()) },
	"netns": func(d *decoder) error {
		d.d.Netns = network.NetworkNamespaces{}
		return readPointers(d, d.book.netns, nil, func(ns *network.NetworkNamespace) error {
			if !d.named {
				ns.NamedNifs = namedNifs(ns.Nifs)
			}
			d.netns = append(d.netns, ns)
			d.nifLists = append(d.nifLists, d.lists)
			d.named, d.lists = false, nil
			return nil
		})
	},
	"networks": func(d *decoder) error { return readValues(d, d.book.network, &d.d.Networks) },
	"findings": func(d *decoder) error { return readValues(d, d.book.finding, &d.d.Findings) },
	"processes": func(d *decoder) error {
		d.d.Processes = model.ProcessTable{}
		return readPointers(d, d.book.process, nil, func(p *model.Process) error {
			d.d.Processes[p.PID] = p
			return d.addProcess(p)
		})
	},
	"other-processes": func(d *decoder) error { return readPointers(d, d.book.process, nil, d.addProcess) },
	"containers": func(d *decoder) error {
		d.d.Containers = model.Containers{}
		return readPointers(d, d.book.container, &d.containers, nil)
	},
	"listed-containers": func(d *decoder) error {
		n, err := d.uint(31)
		d.listed = int(n)
		return err
	},
	"engines":    func(d *decoder) error { return readPointers(d, d.book.engine, &d.engines, nil) },
	"groups":     func(d *decoder) error { return readPointers(d, d.book.group, &d.groups, nil) },
	"namespaces": func(d *decoder) error { return readPointers(d, d.book.namespace, &d.records, nil) },
}

func (d *decoder) addProcess(p *model.Process) error {
	if p.PID < 1 {
		return d.fail("%d is no PID", p.PID)
	}
	if d.processes[p.PID] != nil {
		return d.fail("process %d is there twice", p.PID)
	}
	d.processes[p.PID] = p
	for _, t := range p.Tasks {
		if t == nil {
			return d.fail("process %d has no task where there should be one", p.PID)
		}
		t.Process = p
	}
	return nil
}

// readValues takes a list of structs.
func readValues[T any](d *decoder, c *structCodec, into *[]T) error {
	elem := c.codec
	s := sliceCodec(reflect.TypeFor[[]T](), &elem)
	return s.read(d, reflect.ValueOf(into).Elem())
}

// readPointers takes a list of structs that are referred to, each in a place of its own.
func readPointers[T any](d *decoder, c *structCodec, into *[]*T, done func(*T) error) error {
	if into != nil {
		*into = []*T{}
	}
	return d.array(func(int) error {
		if err := d.spend(int(c.typ.Size()) + mapEntrySize); err != nil {
			return err
		}
		v := new(T)
		if err := c.read(d, reflect.ValueOf(v).Elem()); err != nil {
			return err
		}
		if into != nil {
			*into = append(*into, v)
		}
		if done != nil {
			return done(v)
		}
		return nil
	})
}

// link fills in the references, and checks what must not go round in circles.
func (d *decoder) link() error {
	for _, r := range d.records {
		plain := plainns.Namespace{
			NSID: species.NamespaceID{Dev: r.Dev, Ino: r.Ino}, NSType: r.Type, Path: r.Ref,
		}
		if r.Type == species.CLONE_NEWUSER {
			user := &plainns.User{Namespace: plain}
			if r.UID != nil {
				user.Creator = *r.UID
			}
			d.namespaces = append(d.namespaces, user)
		} else {
			d.namespaces = append(d.namespaces, &plain)
		}
	}
	for _, p := range d.pending {
		if err := p.resolve(d); err != nil {
			return err
		}
	}
	if err := d.linkNamespaces(); err != nil {
		return err
	}
	if err := d.linkProcesses(); err != nil {
		return err
	}
	if err := d.linkContainers(); err != nil {
		return err
	}
	return checkNifs(d.netns)
}

// linkNamespaces completes the namespaces, and lists the network namespaces by identifier.
func (d *decoder) linkNamespaces() error {
	for i, r := range d.records {
		var plain *plainns.Namespace
		switch ns := d.namespaces[i].(type) {
		case *plainns.User:
			plain = &ns.Namespace
		case *plainns.Namespace:
			plain = ns
		}
		plain.Seniors = r.Leaders
		if slices.Contains(r.Leaders, nil) {
			return d.fail("namespace %d has no process where a leader should be", i)
		}
		if r.LooseThreads != nil {
			plain.Threads = make([]*model.Task, len(r.LooseThreads))
		}
		for j := range r.LooseThreads {
			plain.Threads[j] = r.LooseThreads[j].task()
		}
		if r.Owner != nil {
			user, ok := r.Owner.(*plainns.User)
			if !ok {
				return d.fail("namespace %d is owned by one that is no user namespace", i)
			}
			plain.User = user
		}
	}
	for i, ns := range d.netns {
		if ns.Namespace == nil || ns.Type() != species.CLONE_NEWNET {
			return d.fail("netns[%d] is no network namespace", i)
		}
		if d.d.Netns[ns.ID()] != nil {
			return d.fail("netns[%d] is there twice", i)
		}
		d.d.Netns[ns.ID()] = ns
		if slices.Contains(ns.Tenants, nil) {
			return d.fail("netns[%d] has no tenant where there should be one", i)
		}
	}
	return nil
}

// task returns the thread as its process lists it, else as one of its own.
func (l *looseThread) task() *model.Task {
	if l.Process != nil {
		for _, t := range l.Process.Tasks {
			if t.TID == l.Task.TID {
				return t
			}
		}
	}
	l.Task.Process = l.Process
	return &l.Task
}

// linkProcesses makes the tree of processes.
func (d *decoder) linkProcesses() error {
	for _, p := range d.processes {
		if parent := d.processes[p.PPID]; parent != nil {
			p.Parent = parent
			parent.Children = append(parent.Children, p)
		}
	}
	for _, p := range d.processes {
		slices.SortFunc(p.Children, func(a, b *model.Process) int { return cmp.Compare(a.PID, b.PID) })
	}
	acyclic := newAcyclic(func(p *model.Process) *model.Process { return p.Parent })
	for pid, p := range d.processes {
		if !acyclic.check(p) {
			return d.fail("process %d is an ancestor of itself", pid)
		}
	}
	return nil
}

// linkContainers lists the containers.
func (d *decoder) linkContainers() error {
	if d.listed < 0 {
		d.listed = len(d.containers)
	}
	if d.listed > len(d.containers) {
		return d.fail("there are %d containers, but %d are listed", len(d.containers), d.listed)
	}
	if d.d.Containers != nil {
		d.d.Containers = append(d.d.Containers, d.containers[:d.listed]...)
	}
	for i, c := range d.containers {
		if slices.Contains(c.Groups, nil) {
			return d.fail("containers[%d] has no group where there should be one", i)
		}
	}
	for i, e := range d.engines {
		if slices.Contains(e.Containers, nil) {
			return d.fail("engines[%d] has no container where there should be one", i)
		}
	}
	for i, g := range d.groups {
		if slices.Contains(g.Containers, nil) {
			return d.fail("groups[%d] has no container where there should be one", i)
		}
	}
	return nil
}

// checkNifs refuses interfaces that stand on themselves, or are members of themselves.
func checkNifs(all []*network.NetworkNamespace) error {
	lower := newAcyclic(func(n *network.NifAttrs) *network.NifAttrs { return attrsOf(n.Lower) })
	controller := newAcyclic(func(n *network.NifAttrs) *network.NifAttrs { return attrsOf(n.Controller) })
	for i, ns := range all {
		for index, nif := range ns.Nifs {
			if attrs := nif.Nif(); !lower.check(attrs) || !controller.check(attrs) {
				return fmt.Errorf("interface %d#%d stands on itself", i, index)
			}
		}
	}
	return nil
}

func attrsOf(nif network.Interface) *network.NifAttrs {
	if nif == nil {
		return nil
	}
	return nif.Nif()
}

// acyclic checks that chains of successors end.
type acyclic[T comparable] struct {
	next func(T) T
	good map[T]bool
}

func newAcyclic[T comparable](next func(T) T) *acyclic[T] {
	return &acyclic[T]{next: next, good: map[T]bool{}}
}

// check follows a chain until its end or until something that was checked before.
func (a *acyclic[T]) check(from T) bool {
	var none T
	for x := from; x != none; x = a.next(x) {
		good, seen := a.good[x]
		if good {
			break
		}
		if seen {
			return false
		}
		a.good[x] = false // on the way.
	}
	for x := from; x != none && !a.good[x]; x = a.next(x) {
		a.good[x] = true
	}
	return true
}
