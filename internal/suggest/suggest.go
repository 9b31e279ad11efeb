// Package suggest finds what somebody probably meant by a mistyped word.
//
// It is pure: words in, a word out. It never prints.
package suggest

import "strings"

// Closest returns the candidate that word most likely stands for, or "" if none is near. Case does
// not count. Near means: at most a third of the letters differ (one of three, two of six, …), or
// word is an unambiguous beginning. Of equally near candidates the first wins.
func Closest(word string, candidates []string) string {
	if len(word) > 64 { // nobody mistypes that much; keeps the distance cheap.
		return ""
	}
	word = strings.ToLower(word)
	best, bestDistance := "", 1+max(1, len(word)/3)
	prefixed, prefixes := "", 0
	for _, c := range candidates {
		lower := strings.ToLower(c)
		if word != "" && strings.HasPrefix(lower, word) {
			prefixed = c
			prefixes++
		}
		if d := distance(word, lower); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	if best == "" && prefixes == 1 {
		return prefixed
	}
	return best
}

// DidYouMean is the remark to append to an error about word: "; did you mean …?" or "".
func DidYouMean(word string, candidates []string) string {
	if c := Closest(word, candidates); c != "" {
		return "; did you mean " + c + "?"
	}
	return ""
}

// distance counts the insertions, deletions, replacements and swaps of neighbours between two words.
func distance(a, b string) int {
	before, prev := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev = prev, row
	}
	return prev[len(b)]
}
