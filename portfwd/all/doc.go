// Package all imports all detectors of forwarded ports, so that they are registered. It does
// nothing else.
package all
