package network

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseServedMounts(t *testing.T) {
	for name, test := range map[string]struct {
		text   string
		served servedMounts
	}{
		"none":                      {"22 28 0:21 / /proc rw - proc proc rw\n28 1 254:0 / / rw,noatime shared:1 - ext4 /dev/vda1 rw\n", nil},
		"FUSE":                      {"90 28 0:50 / /mnt/a\\040b rw shared:7 master:2 - fuse.sshfs me@there: rw\n91 28 0:51 / / rw - fuse dead rw\n", servedMounts{90: true, 91: true}},
		"of another machine":        {"92 28 0:52 / /home rw - nfs4 server:/home rw\n93 1 0:53 / / rw - nfs server:/root rw\n", servedMounts{92: true}},
		"a source that looks so":    {"94 28 0:54 / /mnt rw - tmpfs fuse rw\n95 28 0:55 /-\\040fuse /mnt rw - tmpfs - fuse\n", nil},
		"nothing that is mountinfo": {"\n - \n - fuse\nx y z / /a rw - fuse f rw\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			served, err := parseServedMounts(strings.NewReader(test.text))
			require.NoError(t, err)
			require.Equal(t, test.served, served)
		})
	}
	_, err := parseServedMounts(strings.NewReader(strings.Repeat("22 28 0:21 / /proc rw - proc proc rw\n", maxMounts+1)))
	require.ErrorIs(t, err, errServed, "who hides a mount behind many others is not trusted")
	_, err = parseServedMounts(strings.NewReader(fmt.Sprintf("22 28 0:21 / /%s rw - proc proc rw\n", strings.Repeat("x", 300<<10))))
	require.ErrorIs(t, err, errServed)
}
