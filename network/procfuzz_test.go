package network

import (
	"testing"
)

// FuzzProcTexts takes apart the small texts of procfs and of files in containers.
func FuzzProcTexts(f *testing.F) {
	f.Add("7 (a) b) S 1 7 7 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 12345 0\n")
	f.Add("Name:\tsh\nNSpid:\t4711\t12\t1\nCapBnd:\t000001ffffffffff\n")
	f.Add("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n")
	f.Add("/proc/12/fd/3")
	f.Add("socket:[12345]")
	f.Add("         0       1000          1\n")
	f.Fuzz(func(t *testing.T, text string) {
		parseStartTime(text)
		if caps := parseBoundingCaps(text); len(caps) > len(text) {
			t.Errorf("%d bytes of capabilities", len(caps))
		}
		for _, pid := range parseNSpid(text) {
			if pid <= 0 {
				t.Errorf("PID %d", pid)
			}
		}
		if name := parseOSRelease(text); len(name) > len(text) {
			t.Errorf("%q", name)
		}
		if pid, number, ok := parseFdPath(text); ok && (pid <= 0 || number < 0) {
			t.Errorf("descriptor %d of %d", number, pid)
		}
		if pid, ok := pidOfProcPath(text); ok && pid <= 0 {
			t.Errorf("PID %d", pid)
		}
		parseSocketLink(text)
		parseMountedNamespace("0:4", text)
		parseTunInfo(text)
		privilegeOf(0, text, true)
	})
}

// FuzzRouteMessages decodes what else should come from the kernel.
func FuzzRouteMessages(f *testing.F) {
	f.Add(make([]byte, 8))
	f.Add(append(make([]byte, 8), 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0))
	f.Fuzz(func(t *testing.T, payload []byte) {
		parseForwarding(payload)
		parseNextHopObject(payload)
		parseNextHops(payload, 4)
		parseNextHops(payload, 16)
		parseSockaddr(payload)
	})
}
