package wiring

import "testing"

func TestClassesOfNumbers(t *testing.T) {
	end := 0
	for _, from := range []int{0, 1, 2, 3, 4, 5, 6, 8, 11, 15, 23, 31, 47, 63, 95, 127} {
		if from != end {
			t.Errorf("a class begins at %d and not %d", end, from)
		}
		for n := from; n < end; n++ {
			if a, b := class(n); a != from || b != end {
				t.Errorf("%d is in the class from %d to %d", n, a, b)
			}
		}
		_, end = class(from)
	}
}
