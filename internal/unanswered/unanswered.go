// Package unanswered counts threads that wait in the kernel for somebody who may never answer, such
// as the server of a file system. Neither giving up privileges nor ending is possible before they
// come back: both concern all threads.
package unanswered

import "sync/atomic"

var threads atomic.Int32

// Asking counts the calling thread until it calls the result, once.
func Asking() (answered func()) {
	threads.Add(1)
	return func() { threads.Add(-1) }
}

// Threads tells how many threads are waiting.
func Threads() int { return int(threads.Load()) }
