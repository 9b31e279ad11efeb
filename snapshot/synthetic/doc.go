// Package synthetic makes up hosts of any size from a line of words, such as
// "bridge:4 tenant:250 vxlan:2": for tests, benchmarks, and for a look at what a big picture will
// be like.
//
// The same words give the same host, on every machine. It never looks at the machine it runs on.
package synthetic
