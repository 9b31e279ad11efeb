package graph

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNamesAreOrderedAsPeopleDo(t *testing.T) {
	want := []string{"", "eth0", "eth1", "eth02", "eth2", "eth2.5", "eth10", "eth10.1", "lo", "veth9", "veth99999999999999999999999", "veth100000000000000000000000000"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, compareNatural)
	assert.Equal(t, want, got)
}

func FuzzCompareNaturalIsAnOrder(f *testing.F) {
	f.Add("eth2", "eth10", "eth02")
	f.Add("a1b", "a01b", "a1")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if compareNatural(a, b) != -compareNatural(b, a) {
			t.Fatalf("%q and %q are not compared alike both ways", a, b)
		}
		if (compareNatural(a, b) == 0) != (a == b) {
			t.Fatalf("%q and %q: only equal names are equal", a, b)
		}
		if compareNatural(a, b) < 0 && compareNatural(b, c) < 0 && compareNatural(a, c) >= 0 {
			t.Fatalf("%q < %q < %q but not %q < %q", a, b, c, a, c)
		}
	})
}
