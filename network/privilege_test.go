package network

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"golang.org/x/sys/unix"
)

func TestPrivilegeSaysWhatIsMissing(t *testing.T) {
	const whole = "         0          0 4294967295\n"
	set := func(capabilities ...int) (bits uint64) {
		for _, c := range capabilities {
			bits |= 1 << c
		}
		return bits
	}
	all := set(unix.CAP_SYS_ADMIN, unix.CAP_SYS_PTRACE, unix.CAP_DAC_READ_SEARCH, unix.CAP_NET_ADMIN)
	for _, tt := range []struct {
		name      string
		effective uint64
		uidMap    string
		known     bool
		denied    int
		full      bool
		says      string
	}{
		{"root", 1<<41 - 1, whole, true, 0, true, "is not shown completely, though root asks"},
		{"just what it takes", all, whole, true, 0, true, "is not shown completely, though root asks"},
		{"root of which something is forbidden", 1<<41 - 1, whole, true, 2, true,
			"is not shown completely, though root asks: 2 network namespaces could not be looked into"},
		{"an ordinary user", 0, whole, true, 3, false,
			"is shown only as far as an ordinary user may see it: 3 network namespaces could not be looked into"},
		{"an ordinary user without procfs", 0, "", false, 0, false, "is shown only as far as an ordinary user may see it"},
		{"no packet filter", all &^ set(unix.CAP_NET_ADMIN), whole, true, 0, false,
			"is not shown completely, without CAP_NET_ADMIN (packet filter rules, and so forwarded ports)"},
		{"overriding instead of reading", all&^set(unix.CAP_DAC_READ_SEARCH) | set(unix.CAP_DAC_OVERRIDE), whole, true, 0, true,
			"is not shown completely, though root asks"},
		{"root of a user namespace", 1<<41 - 1, "0 1000 1\n", true, 1, false,
			"is shown only as far as may be seen from within a user namespace: 1 network namespace could not be looked into"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := privilegeOf(tt.effective, tt.uidMap, tt.known)
			assert.Equal(t, tt.full, p.full())
			assert.Equal(t, tt.says, p.finding(tt.denied).Message)
		})
	}
}
