package snapshot

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"unsafe"

	"github.com/hostwire/hostwire/network"
)

// nifTypes are the Go types of interfaces, by the word that tells them in a snapshot. A plain
// NifAttrs goes without a word.
var nifTypes = map[string]reflect.Type{
	"":          reflect.TypeFor[network.NifAttrs](),
	"bond":      reflect.TypeFor[network.BondAttrs](),
	"bridge":    reflect.TypeFor[network.BridgeAttrs](),
	"geneve":    reflect.TypeFor[network.GeneveAttrs](),
	"hsr":       reflect.TypeFor[network.HsrAttrs](),
	"ipvlan":    reflect.TypeFor[network.IpvlanAttrs](),
	"macsec":    reflect.TypeFor[network.MacsecAttrs](),
	"macvlan":   reflect.TypeFor[network.MacvlanAttrs](),
	"netkit":    reflect.TypeFor[network.NetkitAttrs](),
	"ovs":       reflect.TypeFor[network.OvsAttrs](),
	"team":      reflect.TypeFor[network.TeamAttrs](),
	"tunnel":    reflect.TypeFor[network.TunnelAttrs](),
	"tuntap":    reflect.TypeFor[network.TunTapAttrs](),
	"veth":      reflect.TypeFor[network.VethAttrs](),
	"vlan":      reflect.TypeFor[network.VlanAttrs](),
	"vrf":       reflect.TypeFor[network.VrfAttrs](),
	"vxlan":     reflect.TypeFor[network.VxlanAttrs](),
	"wireguard": reflect.TypeFor[network.WireguardAttrs](),
}

// nifCodecs are the codecs of the types of interfaces.
type nifCodecs struct {
	byWord map[string]*structCodec
	words  map[reflect.Type]string
}

func newNifCodecs(b *book) *nifCodecs {
	n := &nifCodecs{byWord: map[string]*structCodec{}, words: map[reflect.Type]string{}}
	for word, t := range nifTypes {
		s := b.structOf(t)
		s.virtual["type"] = &codec{read: func(d *decoder, _ reflect.Value) error { _, err := d.stringBytes(); return err }}
		n.byWord[word] = s
		n.words[t] = word
	}
	return n
}

// writeNifs writes a namespace's interfaces by index.
func (e *encoder) writeNifs(ns *network.NetworkNamespace) {
	e.raw(`"nifs":[`)
	for i, index := range slices.Sorted(maps.Keys(ns.Nifs)) {
		if i > 0 {
			e.raw(",")
		}
		e.raw("\n   ")
		nif := ns.Nifs[index]
		if isNil(nif) || nif.Nif().Index != index || nif.Nif().Netns != ns {
			e.fail("network namespace %s lists an interface %d that is not its own", describe(ns), index)
			return
		}
		v := reflect.ValueOf(nif).Elem()
		word, ok := e.book.nifs.words[v.Type()]
		if !ok {
			e.fail("interface %q is of type %v, which snapshots do not know", nif.Nif().Name, v.Type())
			return
		}
		e.raw("{")
		if word != "" {
			e.raw(`"type":"`)
			e.raw(word)
			e.raw(`"`)
		}
		e.book.nifs.byWord[word].writeMembers(e, v, word == "")
		e.raw("}")
		e.flush(flushAt)
	}
	e.raw("]")
}

// readNifs takes a namespace's interfaces.
func (d *decoder) readNifs(ns *network.NetworkNamespace) error {
	ns.Nifs = map[int]network.Interface{}
	return d.array(func(int) error {
		at := d.pos
		word, err := d.memberAhead("type")
		if err != nil {
			return err
		}
		s, ok := d.book.nifs.byWord[word]
		if !ok {
			return d.failAt(at, "unknown type of interface %q", clip([]byte(word)))
		}
		if err := d.spend(int(s.typ.Size()) + 2*mapEntrySize); err != nil {
			return err
		}
		v := reflect.New(s.typ)
		if err := s.readObject(d, v.Elem()); err != nil {
			return err
		}
		nif := v.Interface().(network.Interface)
		attrs := nif.Nif()
		if _, twice := ns.Nifs[attrs.Index]; twice || attrs.Index < 0 {
			return d.failAt(at, "interface index %d is there twice, or impossible", attrs.Index)
		}
		attrs.Netns = ns
		ns.Nifs[attrs.Index] = nif
		return nil
	})
}

// memberAhead returns the string value of a member of the object that comes next, and takes
// nothing. It is empty if there is no such member or it is no string.
func (d *decoder) memberAhead(name string) (string, error) {
	start := d.next()
	from := d.pos
	if start != '{' {
		return "", d.fail("expected an object, found %s", d.describe())
	}
	defer func() { d.pos = from }()
	word := ""
	found := d.fail("") // any error ends the look ahead.
	err := d.object(func(member []byte) error {
		if string(member) == name {
			if d.next() == '"' {
				b, err := d.stringBytes()
				if err != nil {
					return err
				}
				word = string(b)
			}
			return found
		}
		return d.skip()
	})
	if err == found {
		err = nil
	}
	return word, err
}

// namedNifs returns the interfaces by name, as follows from those by index; nil for nil.
func namedNifs(nifs map[int]network.Interface) map[string]network.Interface {
	if nifs == nil {
		return nil
	}
	named := make(map[string]network.Interface, len(nifs))
	for _, nif := range nifs {
		named[nif.Nif().Name] = nif
	}
	return named
}

// sharedNifs is the codec of lists of interfaces that many sockets have in common: all that listen
// at any address are served by the same ones. Such a list stands once in the namespace's
// "nif-lists", and its number where it is used.
var sharedNifs = &codec{
	write: func(e *encoder, v reflect.Value) {
		if v.IsNil() {
			e.raw("null")
			return
		}
		nifs := v.Interface().(network.Interfaces)
		if n, ok := e.lists.numbers[identity(nifs)]; ok {
			e.int(int64(n))
			return
		}
		e.nifList(nifs)
	},
	read: func(d *decoder, v reflect.Value) error {
		into := v.Addr().Interface().(*network.Interfaces)
		if c := d.next(); c == '[' || c == 'n' {
			return d.nifList(into)
		}
		at := d.pos
		n, err := d.int(32)
		if err != nil {
			return err
		}
		ns := len(d.netns) // the one that is being read.
		return d.later(at, func(d *decoder) error {
			lists := d.nifLists[ns]
			if n < 0 || int(n) >= len(lists) {
				return d.failAt(at, "there is no list of interfaces %d", n)
			}
			*into = lists[n]
			return nil
		})
	},
	schema: func(s *schemaMaker) object {
		return object{"anyOf": []any{
			object{"type": "array", "items": nullable(nifType, nifRef.schema(s))},
			object{"type": "integer", "minimum": 0, "description": "position in the namespace's nif-lists"},
		}}
	},
}

var nifType = reflect.TypeFor[network.Interface]()

// sharedFrom is the length from which on a list of interfaces is worth sharing.
const sharedFrom = 4

// listID tells slices apart by where they are in memory.
type listID struct {
	first *network.Interface
	n     int
}

func identity(nifs network.Interfaces) listID { return listID{unsafe.SliceData(nifs), len(nifs)} }

// nifListTable are the shared lists of a namespace.
type nifListTable struct {
	lists   []network.Interfaces
	numbers map[listID]int
}

// collect finds the lists of interfaces that stand more than once among a namespace's sockets and
// forwarded ports.
func (e *encoder) collectLists(ns *network.NetworkNamespace) {
	e.lists = nifListTable{numbers: map[listID]int{}}
	uses := map[listID]int{}
	var order []network.Interfaces
	note := func(nifs network.Interfaces) {
		if len(nifs) < sharedFrom {
			return
		}
		id := identity(nifs)
		if uses[id]++; uses[id] == 1 {
			order = append(order, nifs)
		}
	}
	for _, sockets := range [][]network.ProcessSocket{ns.Portsv4, ns.Portsv6} {
		for i := range sockets {
			note(sockets[i].Nifs)
		}
	}
	for _, ports := range [][]network.ForwardedPort{ns.ForwardedPortsv4, ns.ForwardedPortsv6} {
		for i := range ports {
			note(ports[i].Nifs)
		}
	}
	// Equal lists in different places are the same list, and count together.
	byContent := map[string][]network.Interfaces{}
	var contents []string
	for _, nifs := range order {
		key := contentKey(nifs)
		if _, known := byContent[key]; !known {
			contents = append(contents, key)
		}
		byContent[key] = append(byContent[key], nifs)
	}
	for _, key := range contents {
		same := byContent[key]
		if len(same) == 1 && uses[identity(same[0])] == 1 {
			continue
		}
		for _, nifs := range same {
			e.lists.numbers[identity(nifs)] = len(e.lists.lists)
		}
		e.lists.lists = append(e.lists.lists, same[0])
	}
}

// contentKey is the same for lists of the same interfaces in the same order.
func contentKey(nifs network.Interfaces) string {
	var b strings.Builder
	for _, nif := range nifs {
		var address uintptr
		if nif != nil {
			address = reflect.ValueOf(nif).Pointer()
		}
		b.Write(unsafe.Slice((*byte)(unsafe.Pointer(&address)), unsafe.Sizeof(address)))
	}
	return b.String()
}

// nifList writes a list of references.
func (e *encoder) nifList(nifs network.Interfaces) {
	e.raw("[")
	for i, nif := range nifs {
		if i > 0 {
			e.raw(",")
		}
		e.nif(nif)
	}
	e.raw("]")
}

// nifList takes a list of references.
func (d *decoder) nifList(into *network.Interfaces) error {
	if d.null() {
		return nil
	}
	n := d.count()
	if err := d.spend(n * int(nifType.Size())); err != nil {
		return err
	}
	*into = make(network.Interfaces, n)
	return d.array(func(i int) error {
		if i >= n {
			return d.fail("an array is not written as JSON demands")
		}
		return d.nif(&(*into)[i])
	})
}

// writeNetnsMembers writes the members of a network namespace that no codec writes.
func (e *encoder) writeNetnsMembers(ns *network.NetworkNamespace) {
	if len(e.lists.lists) > 0 {
		e.raw(`,"nif-lists":[`)
		for i, nifs := range e.lists.lists {
			if i > 0 {
				e.raw(",")
			}
			e.nifList(nifs)
		}
		e.raw("]")
	}
	if !maps.Equal(ns.NamedNifs, namedNifs(ns.Nifs)) || (ns.NamedNifs == nil) != (ns.Nifs == nil) {
		e.raw(`,"named-nifs":`)
		if ns.NamedNifs == nil {
			e.raw("null")
		} else {
			e.raw("{")
			for i, name := range slices.Sorted(maps.Keys(ns.NamedNifs)) {
				if i > 0 {
					e.raw(",")
				}
				e.string(name)
				e.raw(":")
				e.nif(ns.NamedNifs[name])
			}
			e.raw("}")
		}
	}
	if ns.Nifs != nil {
		e.raw(",")
		e.writeNifs(ns)
	}
}

// netnsMembers are the members that writeNetnsMembers writes.
var netnsMembers = map[string]*codec{
	"nifs": {
		read: func(d *decoder, v reflect.Value) error {
			return d.readNifs(v.Addr().Interface().(*network.NetworkNamespace))
		},
		schema: func(s *schemaMaker) object {
			return object{"type": "array", "items": s.nif(), "description": "interfaces, by index"}
		},
	},
	"named-nifs": {
		read: func(d *decoder, v reflect.Value) error {
			d.named = true
			if d.null() {
				return nil
			}
			ns := v.Addr().Interface().(*network.NetworkNamespace)
			ns.NamedNifs = map[string]network.Interface{}
			return d.object(func(member []byte) error {
				name, at := string(member), d.pos
				if _, twice := ns.NamedNifs[name]; twice {
					return d.fail("member %q is there twice", clip(member))
				}
				ns.NamedNifs[name] = nil
				nif := new(network.Interface)
				if err := d.nif(nif); err != nil {
					return err
				}
				return d.later(at, func(*decoder) error {
					ns.NamedNifs[name] = *nif
					return d.spend(mapEntrySize)
				})
			})
		},
		schema: func(s *schemaMaker) object {
			return object{
				"type": []string{"object", "null"}, "additionalProperties": nullable(nifType, nifRef.schema(s)),
				"description": "interfaces by name, where they are not simply those of nifs",
			}
		},
	},
	"nif-lists": {
		read: func(d *decoder, _ reflect.Value) error {
			n := d.count()
			if err := d.spend(n * 24); err != nil {
				return err
			}
			lists := make([]network.Interfaces, n)
			d.lists = lists
			return d.array(func(i int) error {
				if i >= n {
					return d.fail("an array is not written as JSON demands")
				}
				return d.nifList(&lists[i])
			})
		},
		schema: func(s *schemaMaker) object {
			return object{
				"type":        "array",
				"items":       object{"type": "array", "items": nullable(nifType, nifRef.schema(s))},
				"description": "lists of interfaces that several sockets or forwarded ports have in common",
			}
		},
	},
}
