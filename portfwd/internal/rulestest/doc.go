// Package rulestest gives tests of the detectors network namespaces with packet filter rules in
// them, so that the kernel answers and no mock. It is imported by tests only.
package rulestest
