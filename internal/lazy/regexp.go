// Package lazy makes what packages need only at times when it is needed first, and not at every
// start of the program.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp returns what returns the compiled regular expression, the same one every time. It panics
// when that is first called if the expression is none.
func Regexp(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
