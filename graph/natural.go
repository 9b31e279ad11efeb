package graph

import "strings"

// compareNatural orders names as people do: runs of digits count by their value, so that eth2 comes
// before eth10. Names that differ in leading zeros only are ordered by bytes, so that only equal
// names compare equal.
func compareNatural(a, b string) int {
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		if isDigit(a[i]) && isDigit(b[j]) {
			di, dj := digits(a[i:]), digits(b[j:])
			x, y := strings.TrimLeft(a[i:i+di], "0"), strings.TrimLeft(b[j:j+dj], "0")
			if len(x) != len(y) {
				return sign(len(x) - len(y))
			}
			if c := strings.Compare(x, y); c != 0 {
				return c
			}
			i, j = i+di, j+dj
			continue
		}
		if a[i] != b[j] {
			return sign(int(a[i]) - int(b[j]))
		}
		i, j = i+1, j+1
	}
	if c := sign((len(a) - i) - (len(b) - j)); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}
