package snapshot

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/internal/plainns"
	"github.com/hostwire/hostwire/network"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
)

// filler puts something into every field of everything.
type filler struct {
	t      testing.TB
	serial int
	empty  bool // slices and maps are empty instead of nil or filled.
	pools  map[reflect.Type]reflect.Value
}

// leave are fields that the test sets up itself.
var leave = map[string]bool{
	"NetworkNamespace.Namespace": true, "NetworkNamespace.Nifs": true, "NetworkNamespace.NamedNifs": true,
	"NifAttrs.Netns": true, "NifAttrs.Index": true, "NifAttrs.Link": true,
	"Process.PID": true, "Process.PPID": true, "Process.Parent": true, "Process.Children": true,
	"Task.Process": true,
}

func (f *filler) fill(v reflect.Value, path string) {
	if from, ok := f.pools[v.Type()]; ok {
		v.Set(from)
		return
	}
	f.serial++
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n := int64(f.serial)
		if v.OverflowInt(n) {
			n = n&63 + 1
		}
		v.SetInt(n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n := uint64(f.serial)
		if v.OverflowUint(n) {
			n = n&127 + 1
		}
		v.SetUint(n)
	case reflect.Float64:
		v.SetFloat(1 / float64(f.serial))
	case reflect.String:
		v.SetString(fmt.Sprintf("%d \"<\\>\u2028\x1b[31m\x00ü😀\xff\xed\xa0\x80", f.serial))
	case reflect.Slice:
		n := 2
		if v.Type().Elem().Kind() == reflect.Uint8 {
			n = 4 // an address, if it is one.
		}
		if f.empty {
			n = 0
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			f.fill(v.Index(i), path)
		}
	case reflect.Array:
		for i := range v.Len() {
			f.fill(v.Index(i), path)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			if f.empty {
				break
			}
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(key, path)
			f.fill(value, path)
			v.SetMapIndex(key, value)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), path)
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			name := v.Type().Name() + "." + field.Name
			if !field.IsExported() || leave[name] {
				continue
			}
			f.fill(v.Field(i), name)
			if v.Field(i).IsZero() {
				f.t.Errorf("%s was not filled", name)
			}
		}
	default:
		f.t.Errorf("no way to fill %s, a %v", path, v.Type())
	}
}

// filledDiscovery has every type of everything, with something in every field.
func filledDiscovery(t testing.TB, empty bool) *network.Discovery {
	f := &filler{t: t, empty: empty}
	d := &network.Discovery{Netns: network.NetworkNamespaces{}, Processes: model.ProcessTable{}}

	user := &plainns.User{Namespace: plainns.Namespace{NSID: species.NamespaceID{Dev: 4, Ino: 1}, NSType: species.CLONE_NEWUSER}, Creator: 1000}
	space := func(ino uint64, kind species.NamespaceType) *plainns.Namespace {
		return &plainns.Namespace{NSID: species.NamespaceID{Dev: 4, Ino: ino}, NSType: kind, Path: model.NamespaceRef{"/proc/1/ns/mnt", "/x\xff"}, User: user}
	}
	here, there := space(40, species.CLONE_NEWNET), space(1<<63+1, species.CLONE_NEWNET)
	leaf := &network.NifAttrs{Index: 1, Name: "leaf"}
	netns := &network.NetworkNamespace{Namespace: there, Nifs: map[int]network.Interface{1: leaf}}
	leaf.Netns = netns

	parent, child := &model.Process{PID: 1}, &model.Process{PID: 7, PPID: 1}
	other := &model.Process{PID: 9} // not listed by the discovery.
	child.Parent, parent.Children = parent, []*model.Process{child}
	engine, group, container := &model.ContainerEngine{}, &model.Group{}, &model.Container{}
	var set model.NamespacesSet
	for i, kind := range model.TypesByIndex {
		set[i] = space(100+uint64(i), kind)
	}
	set[model.NetNS], set[model.UserNS] = here, user

	f.pools = map[reflect.Type]reflect.Value{
		reflect.TypeFor[network.Interface]():         reflect.ValueOf(leaf),
		reflect.TypeFor[*network.NetworkNamespace](): reflect.ValueOf(netns),
		reflect.TypeFor[*model.Process]():            reflect.ValueOf(child),
		reflect.TypeFor[*model.Container]():          reflect.ValueOf(container),
		reflect.TypeFor[*model.ContainerEngine]():    reflect.ValueOf(engine),
		reflect.TypeFor[*model.Group]():              reflect.ValueOf(group),
		reflect.TypeFor[model.NamespacesSet]():       reflect.ValueOf(set),
	}
	for _, thing := range []any{engine, group, container, child, other} {
		f.fill(reflect.ValueOf(thing).Elem(), "")
	}
	for _, p := range []*model.Process{child, other} {
		for i, task := range p.Tasks {
			task.Process, task.TID = p, p.PID+model.PIDType(i)
		}
	}
	here.Seniors = []*model.Process{parent, child, other}
	if !empty {
		here.Threads = []*model.Task{child.Tasks[1], {TID: 99, Process: other}, {TID: 100}}
	}

	full := &network.NetworkNamespace{Namespace: here, Nifs: map[int]network.Interface{}}
	f.fill(reflect.ValueOf(full).Elem(), "")
	for i, word := range slices.Sorted(maps.Keys(nifTypes)) {
		nif := reflect.New(nifTypes[word]).Interface().(network.Interface)
		nif.Nif().Netns, nif.Nif().Index = full, i+1
		f.fill(reflect.ValueOf(nif).Elem(), "")
		full.Nifs[i+1] = nif
	}
	for _, ns := range []*network.NetworkNamespace{full, netns} {
		ns.NamedNifs = namedNifs(ns.Nifs)
		d.Netns[ns.ID()] = ns
	}
	full.NamedNifs["another name"] = full.Nifs[3]
	for _, p := range []*model.Process{parent, child} {
		d.Processes[p.PID] = p
	}
	d.Containers = model.Containers{container}
	if !empty {
		engine.Containers = []*model.Container{{ID: "not listed by the discovery"}, container}
	}
	for i := range reflect.TypeFor[network.Discovery]().NumField() {
		if field := reflect.ValueOf(d).Elem().Field(i); field.CanSet() && field.IsZero() {
			f.fill(field, "Discovery")
		}
	}
	return d
}

func TestEveryFieldSurvives(t *testing.T) {
	schema := compiled(t)
	for name, empty := range map[string]bool{"filled": false, "empty": true} {
		t.Run(name, func(t *testing.T) {
			d := filledDiscovery(t, empty)
			text := encoded(t, d)
			validate(t, schema, text)
			back, err := Decode(bytes.NewReader(text))
			require.NoError(t, err)
			requireEqual(t, d, back)
			require.Equal(t, string(text), string(encoded(t, back)))
		})
	}
}

func TestNilAndEmptyAreToldApart(t *testing.T) {
	for name, d := range map[string]*network.Discovery{
		"nil": {},
		"empty": {
			Netns: network.NetworkNamespaces{}, Processes: model.ProcessTable{}, Containers: model.Containers{},
			Networks: []network.EngineNetwork{}, Findings: []network.Finding{},
		},
	} {
		back, err := Decode(bytes.NewReader(encoded(t, d)))
		require.NoError(t, err, name)
		requireEqual(t, d, back)
	}
}

// TestEveryTypeOfInterfaceIsKnown looks for the types in the source, since Go has no list of them.
func TestEveryTypeOfInterfaceIsKnown(t *testing.T) {
	known := map[string]bool{}
	for _, typ := range nifTypes {
		known[typ.Name()] = true
	}
	files, err := filepath.Glob("../network/*.go")
	require.NoError(t, err)
	found := map[string]bool{"NifAttrs": true}
	look := func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		if structure, ok := spec.Type.(*ast.StructType); ok {
			for _, field := range structure.Fields.List {
				if embedded, ok := field.Type.(*ast.Ident); ok && len(field.Names) == 0 && embedded.Name == "NifAttrs" {
					found[spec.Name.Name] = true
				}
			}
		}
		return true
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(file, look)
	}
	assert.Equal(t, found, known)
}
