package snapshot

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/hostwire/hostwire/network"
	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
)

// The model is full of pointers to and fro. In a snapshot each thing stands once, and everything
// else refers to it:
//
//	network namespace   its position in "netns"
//	interface           "N#I": the namespace's position and the interface's index
//	process             its PID
//	namespace           its position in "namespaces" (of all types)
//	container, engine, group   the position in the list of that name
//
// References may come before what they refer to: they are noted while reading and filled in at the
// end.

// pending is a reference that waits for what it refers to.
type pending struct {
	at      int // where it stands, in bytes.
	resolve func(d *decoder) error
}

// refCodec is the codec of a type that is written as a number. number registers the thing with the
// encoder; find looks it up with the decoder and returns false if it is not there.
func refCodec[T comparable](what string, number func(e *encoder, to T) int, find func(d *decoder, n int) (T, bool)) *codec {
	var none T
	return &codec{
		write: func(e *encoder, v reflect.Value) {
			to := v.Interface()
			if to == nil || to.(T) == none {
				e.raw("null")
				return
			}
			e.int(int64(number(e, to.(T))))
		},
		read: func(d *decoder, v reflect.Value) error {
			if d.null() {
				return nil
			}
			at := d.pos
			n, err := d.int(32)
			if err != nil {
				return err
			}
			into := v.Addr().Interface().(*T)
			return d.later(at, func(d *decoder) error {
				to, ok := find(d, int(n))
				if !ok {
					return d.failAt(at, "there is no %s %d", what, n)
				}
				*into = to
				return nil
			})
		},
		schema: func(*schemaMaker) object {
			return object{"type": "integer", "minimum": 0, "description": what + ", by number"}
		},
	}
}

// later notes a reference.
func (d *decoder) later(at int, resolve func(*decoder) error) error {
	d.pending = append(d.pending, pending{at, resolve})
	return d.spend(pendingSize)
}

// pendingSize is about what a noted reference costs, in bytes.
const pendingSize = 96

// at returns the element of a list, or false if the number is not of the list.
func at[T any](list []T, n int) (T, bool) {
	if n < 0 || n >= len(list) {
		var none T
		return none, false
	}
	return list[n], true
}

// refForms returns the codecs of the types that are references.
func refForms() map[reflect.Type]*codec {
	return map[reflect.Type]*codec{
		reflect.TypeFor[*network.NetworkNamespace](): refCodec("network namespace",
			(*encoder).netnsNumber,
			func(d *decoder, n int) (*network.NetworkNamespace, bool) { return at(d.netns, n) }),
		reflect.TypeFor[*model.Process](): refCodec("process",
			func(e *encoder, p *model.Process) int { return e.processNumber(p) },
			func(d *decoder, n int) (*model.Process, bool) {
				p, ok := d.processes[model.PIDType(n)]
				return p, ok
			}),
		reflect.TypeFor[*model.Container](): refCodec("container",
			func(e *encoder, c *model.Container) int { return e.containers.number(c) },
			func(d *decoder, n int) (*model.Container, bool) { return at(d.containers, n) }),
		reflect.TypeFor[*model.ContainerEngine](): refCodec("engine",
			func(e *encoder, x *model.ContainerEngine) int { return e.engines.number(x) },
			func(d *decoder, n int) (*model.ContainerEngine, bool) { return at(d.engines, n) }),
		reflect.TypeFor[*model.Group](): refCodec("group",
			func(e *encoder, g *model.Group) int { return e.groups.number(g) },
			func(d *decoder, n int) (*model.Group, bool) { return at(d.groups, n) }),
		reflect.TypeFor[model.Namespace](): refCodec("namespace",
			(*encoder).namespaceNumber,
			func(d *decoder, n int) (model.Namespace, bool) { return at(d.namespaces, n) }),
		reflect.TypeFor[model.NamespacesSet](): namespacesSet,
		reflect.TypeFor[network.Interface]():   nifRef,
	}
}

// patternNif is what a reference to an interface looks like.
const patternNif = `^[0-9]+#[0-9]+$`

// nifRef is the codec of a reference to an interface.
var nifRef = &codec{
	write: func(e *encoder, v reflect.Value) {
		nif, _ := v.Interface().(network.Interface)
		e.nif(nif)
	},
	read: func(d *decoder, v reflect.Value) error {
		return d.nif(v.Addr().Interface().(*network.Interface))
	},
	schema: func(*schemaMaker) object {
		return object{"type": "string", "pattern": patternNif, "description": "interface: number of its network namespace, and its index there"}
	},
}

// nif writes a reference to an interface.
func (e *encoder) nif(nif network.Interface) {
	if isNil(nif) {
		e.raw("null")
		return
	}
	attrs := nif.Nif()
	number, ok := -1, false
	if attrs.Netns != nil {
		number, ok = e.netns[attrs.Netns]
	}
	if !ok || attrs.Netns.Nifs[attrs.Index] != nif {
		e.fail("interface %q is referred to, but is in no network namespace of the discovery", attrs.Name)
		return
	}
	b := append(e.buf, '"')
	b = strconv.AppendInt(b, int64(number), 10)
	b = append(b, '#')
	b = strconv.AppendInt(b, int64(attrs.Index), 10)
	e.buf = append(b, '"')
}

// isNil tells that there is no interface, also where a typed nil pointer pretends so.
func isNil(nif network.Interface) bool {
	if nif == nil {
		return true
	}
	v := reflect.ValueOf(nif)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// nif takes a reference to an interface.
func (d *decoder) nif(into *network.Interface) error {
	if d.null() {
		return nil
	}
	at := d.pos
	text, err := d.stringBytes()
	if err != nil {
		return err
	}
	netns, index, ok := strings.Cut(string(text), "#")
	n, err1 := strconv.ParseUint(netns, 10, 31)
	i, err2 := strconv.ParseUint(index, 10, 31)
	if !ok || err1 != nil || err2 != nil {
		return d.failAt(at, `%q refers to no interface: expected "NAMESPACE#INDEX"`, clip(text))
	}
	return d.later(at, func(d *decoder) error {
		if int(n) < len(d.netns) {
			if nif, ok := d.netns[n].Nifs[int(i)]; ok {
				*into = nif
				return nil
			}
		}
		return d.failAt(at, "there is no interface %d#%d", n, i)
	})
}

// namespacesSet is the codec of the namespaces that a process is joined to: an object by type.
var namespacesSet = &codec{
	write: func(e *encoder, v reflect.Value) {
		e.raw("{")
		first := true
		for _, t := range model.TypeIndexLexicalOrder {
			ns := v.Interface().(model.NamespacesSet)[t]
			if ns == nil {
				continue
			}
			if !first {
				e.raw(",")
			}
			first = false
			e.string(model.TypesByIndex[t].Name())
			e.raw(":")
			e.int(int64(e.namespaceNumber(ns)))
		}
		e.raw("}")
	},
	read: func(d *decoder, v reflect.Value) error {
		set := v.Addr().Interface().(*model.NamespacesSet)
		return d.object(func(name []byte) error {
			t, ok := model.NamespaceTypeIndexByName(string(name))
			if !ok {
				return d.fail("unknown type of namespace %q", clip(name))
			}
			at := d.pos
			n, err := d.int(32)
			if err != nil {
				return err
			}
			return d.later(at, func(d *decoder) error {
				if n < 0 || int(n) >= len(d.namespaces) || d.namespaces[n].Type() != model.TypesByIndex[t] {
					return d.failAt(at, "there is no %s namespace %d", model.TypesByIndex[t].Name(), n)
				}
				set[t] = d.namespaces[n]
				return nil
			})
		})
	},
	schema: func(*schemaMaker) object {
		properties := object{}
		for _, t := range model.TypesByIndex {
			properties[t.Name()] = object{"type": "integer", "minimum": 0, "description": "namespace, by number"}
		}
		return object{"type": "object", "properties": properties, "additionalProperties": false}
	},
}

// numbered is a list in the making: things get numbers in the order in which they are first
// referred to.
type numbered[T comparable] struct {
	list    []T
	numbers map[T]int
}

func (n *numbered[T]) number(of T) int {
	if i, ok := n.numbers[of]; ok {
		return i
	}
	if n.numbers == nil {
		n.numbers = map[T]int{}
	}
	i := len(n.list)
	n.numbers[of] = i
	n.list = append(n.list, of)
	return i
}

// namespaceKey is the identity of a namespace: the same one may be told about by several objects.
type namespaceKey struct {
	id   species.NamespaceID
	kind species.NamespaceType
}

func (e *encoder) netnsNumber(ns *network.NetworkNamespace) int {
	n, ok := e.netns[ns]
	if !ok {
		e.fail("network namespace %s is referred to, but is not in the discovery", describe(ns))
	}
	return n
}

func describe(ns *network.NetworkNamespace) string {
	if ns.Namespace == nil {
		return "without identity"
	}
	return fmt.Sprintf("net:[%d]", ns.ID().Ino)
}

func (e *encoder) processNumber(p *model.Process) int {
	if _, known := e.processes[p.PID]; !known {
		e.processes[p.PID] = p
		e.otherProcesses = append(e.otherProcesses, p)
	}
	return int(p.PID)
}

func (e *encoder) namespaceNumber(ns model.Namespace) int {
	if of, ok := ns.(*network.NetworkNamespace); ok && of != nil && of.Namespace != nil {
		ns = of.Namespace
	}
	key := namespaceKey{ns.ID(), ns.Type()}
	n, known := e.namespaces[key]
	if !known {
		n = len(e.namespaceList)
		e.namespaces[key] = n
		e.namespaceList = append(e.namespaceList, ns)
	}
	return n
}
