package snapshot

import (
	"fmt"
	"reflect"
	"testing"
	"unsafe"
)

// requireEqual fails the test where two values differ, and says at which path: reflect.DeepEqual,
// which decides, does not.
func requireEqual(t testing.TB, want, got any) {
	t.Helper()
	if reflect.DeepEqual(want, got) {
		return
	}
	d := differ{seen: map[[2]unsafe.Pointer]bool{}}
	d.compare(reflect.ValueOf(want), reflect.ValueOf(got), "")
	t.Fatalf("not equal: %s", d.found)
}

type differ struct {
	seen  map[[2]unsafe.Pointer]bool
	found string
}

func (d *differ) compare(a, b reflect.Value, path string) {
	if d.found != "" {
		return
	}
	if a.IsValid() != b.IsValid() || a.IsValid() && a.Type() != b.Type() {
		d.found = fmt.Sprintf("%s: %v, %v", path, a, b)
		return
	}
	if !a.IsValid() {
		return
	}
	switch a.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map:
		if a.IsNil() != b.IsNil() {
			d.found = fmt.Sprintf("%s: nil %v, nil %v", path, a.IsNil(), b.IsNil())
			return
		}
		if a.IsNil() {
			return
		}
	}
	switch a.Kind() {
	case reflect.Pointer:
		pair := [2]unsafe.Pointer{a.UnsafePointer(), b.UnsafePointer()}
		if !d.seen[pair] {
			d.seen[pair] = true
			d.compare(a.Elem(), b.Elem(), path)
		}
	case reflect.Interface:
		d.compare(a.Elem(), b.Elem(), path)
	case reflect.Struct:
		for i := range a.NumField() {
			d.compare(a.Field(i), b.Field(i), path+"."+a.Type().Field(i).Name)
		}
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() {
			d.found = fmt.Sprintf("%s: %d elements, %d elements", path, a.Len(), b.Len())
			return
		}
		for i := range a.Len() {
			d.compare(a.Index(i), b.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
	case reflect.Map:
		if a.Len() != b.Len() {
			d.found = fmt.Sprintf("%s: %d entries, %d entries", path, a.Len(), b.Len())
			return
		}
		for _, key := range a.MapKeys() {
			d.compare(a.MapIndex(key), b.MapIndex(key), fmt.Sprintf("%s[%v]", path, key))
		}
	default:
		if !a.Equal(b) {
			d.found = fmt.Sprintf("%s: %v, %v", path, a, b)
		}
	}
}
