package snapshot

import (
	"bytes"
	"cmp"
	"context"
	"reflect"
	"slices"
	"testing"
	"unsafe"

	"github.com/hostwire/hostwire/internal/plainns"
	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/hostwire/hostwire/network"
	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
)

// TestThisHostSurvives takes a snapshot of the machine that runs the tests, with a topology of the
// test's own on it.
func TestThisHostSurvives(t *testing.T) {
	left, right := testkit.Netns(t, "left"), testkit.Netns(t, "right")
	testkit.IP(t, left, "link", "add", "br0", "type", "bridge")
	testkit.IP(t, left, "link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns", right)
	testkit.IP(t, left, "link", "set", "v0", "master", "br0", "up", "alias", "a \"<b>&\x01")
	testkit.IP(t, right, "link", "set", "v1", "up")
	testkit.IP(t, left, "link", "add", "vx7", "type", "vxlan", "id", "7", "dstport", "4789", "group", "239.0.0.7", "dev", "v0")
	testkit.IP(t, right, "address", "add", "192.0.2.7/24", "dev", "v1")
	testkit.IP(t, right, "route", "add", "default", "via", "192.0.2.1")
	testkit.Start(t, right, "sleep", "300")

	d, err := network.Discover(context.Background(), network.Options{})
	require.NoError(t, err)
	text := encoded(t, d)
	validate(t, compiled(t), text)
	back, err := Decode(bytes.NewReader(text))
	require.NoError(t, err)
	require.Equal(t, string(text), string(encoded(t, back)))

	// What is not carried, or comes back in its normal form, is brought into it here as well.
	for _, d := range []*network.Discovery{d, back} {
		n := normalizer{seen: map[unsafe.Pointer]bool{}, namespaces: map[namespaceKey]model.Namespace{}}
		n.visit(reflect.ValueOf(d))
	}
	requireEqual(t, exported(d), exported(back))
}

// exported returns a discovery with nothing but its exported fields.
func exported(d *network.Discovery) *network.Discovery {
	e := &network.Discovery{}
	for i := range reflect.TypeFor[network.Discovery]().NumField() {
		if to := reflect.ValueOf(e).Elem().Field(i); to.CanSet() {
			to.Set(reflect.ValueOf(d).Elem().Field(i))
		}
	}
	return e
}

// normalizer brings a discovery into the form in which it comes back from a snapshot.
type normalizer struct {
	seen       map[unsafe.Pointer]bool
	namespaces map[namespaceKey]model.Namespace
}

func (n *normalizer) visit(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || n.seen[v.UnsafePointer()] {
			return
		}
		n.seen[v.UnsafePointer()] = true
		if p, ok := v.Interface().(*model.Process); ok {
			p.Parent, p.Children = nil, nil // they follow from the PIDs.
		}
		n.visit(v.Elem())
	case reflect.Interface:
		n.visit(v.Elem())
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			n.element(v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			n.visit(v.MapIndex(key))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.Name == "Link" && v.Type() == reflect.TypeFor[network.NifAttrs]() {
				v.Field(i).SetZero()
			} else if f.IsExported() {
				n.element(v.Field(i))
			}
		}
	}
}

// element visits something that can be replaced.
func (n *normalizer) element(v reflect.Value) {
	if v.Type() == reflect.TypeFor[model.Namespace]() && !v.IsNil() && v.CanSet() {
		v.Set(reflect.ValueOf(n.plain(v.Interface().(model.Namespace))))
		return
	}
	n.visit(v)
}

// plain returns the namespace as plain data.
func (n *normalizer) plain(ns model.Namespace) model.Namespace {
	key := namespaceKey{ns.ID(), ns.Type()}
	if known := n.namespaces[key]; known != nil {
		return known
	}
	p := &plainns.Namespace{NSID: ns.ID(), NSType: ns.Type(), Path: ns.Ref(), Seniors: slices.Clone(ns.Leaders()), Threads: ns.LooseThreads()}
	result := model.Namespace(p)
	if owner, ok := ns.(model.Ownership); ok && ns.Type() == species.CLONE_NEWUSER {
		u := &plainns.User{Namespace: *p, Creator: owner.UID()}
		p, result = &u.Namespace, u
	}
	n.namespaces[key] = result
	slices.SortFunc(p.Seniors, func(a, b *model.Process) int { return cmp.Compare(a.PID, b.PID) })
	for _, leader := range p.Seniors {
		n.visit(reflect.ValueOf(leader))
	}
	if owner, ok := ns.Owner().(model.Namespace); ok {
		p.User = n.plain(owner).(*plainns.User)
	}
	return result
}
