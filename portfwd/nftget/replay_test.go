package nftget

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/nftables/expr"
	"github.com/stretchr/testify/require"
)

// recordings returns the recorded netlink dumps.
func recordings(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("../testdata/rules/*/nft-netlink-dump.bin")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	dumps := map[string][]byte{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		dumps[filepath.Base(filepath.Dir(file))] = b
	}
	return dumps
}

func TestReplayedDumpsHoldTheNATTables(t *testing.T) {
	tables := map[string][]string{
		"docker-28.5.2-iptables":   {"nat", "nat"},
		"docker-29.7-dev-iptables": {"nat", "nat"},
		"docker-29.7-dev-nftables": {"docker-bridges", "docker-bridges"},
	}
	for name, dump := range recordings(t) {
		t.Run(name, func(t *testing.T) {
			rs := Replay(dump)
			var names []string
			translations := 0
			for _, table := range rs.Tables {
				names = append(names, table.Name)
				for _, chain := range table.Chains {
					for _, rule := range chain.Rules {
						require.NotZero(t, rule.Handle)
						for _, e := range rule.Exprs {
							switch e := e.(type) {
							case *Target:
								if r, ok := e.NATRange(byte(table.Family)); ok {
									require.True(t, r.MinIP.IsValid())
									require.NotZero(t, r.MinPort)
									translations++
								}
							case *expr.NAT:
								translations++
							case *Opaque:
								t.Errorf("expression %s was not decoded", e.Name)
							}
						}
					}
				}
			}
			require.Equal(t, tables[name], names)
			require.Equal(t, 12, translations)
		})
	}
}

func TestDamagedDumpsAreReadAsFarAsTheyGo(t *testing.T) {
	for name, dump := range recordings(t) {
		t.Run(name, func(t *testing.T) {
			for cut := 0; cut < len(dump); cut += 97 {
				require.NotNil(t, Replay(dump[:cut]))
			}
		})
	}
}

func FuzzReplay(f *testing.F) {
	for _, dump := range recordings(f) {
		f.Add(dump)
		f.Add(dump[:min(len(dump), 2000)])
	}
	f.Fuzz(func(t *testing.T, dump []byte) {
		for _, table := range Replay(dump).Tables {
			for _, chain := range table.Chains {
				for _, rule := range chain.Rules {
					for _, e := range rule.Exprs {
						take(e, byte(table.Family))
					}
				}
			}
		}
	})
}

// take calls everything that takes an expression further apart.
func take(e any, family byte) {
	switch e := e.(type) {
	case *Match:
		e.PortMatch()
		e.Multiport()
		e.AddrType()
		e.Statistic()
		e.Comment()
		e.IPRange(family)
		e.OriginalDestination()
		e.RecordsOnly()
	case *Target:
		e.NATRange(family)
	}
}

// FuzzRule decodes the attributes of one rule.
func FuzzRule(f *testing.F) {
	for _, dump := range recordings(f) {
		eachMessage(dump, func(kind, _ uint16, payload []byte) bool {
			if m, ok := parseMessage(kind, payload); ok && m.kind == 6 {
				f.Add(m.attrs)
			}
			return true
		})
	}
	f.Fuzz(func(t *testing.T, attrs []byte) {
		for _, family := range []byte{2, 10} {
			for _, e := range decodeRule(family, attrs).Exprs {
				take(e, family)
			}
		}
	})
}

func TestMatchesAndTargetsOfAnyLength(t *testing.T) {
	for _, name := range []string{"tcp", "udp", "sctp", "multiport", "addrtype", "statistic", "comment", "iprange", "conntrack", "recent"} {
		for rev := range uint32(4) {
			for length := range 300 {
				info := make([]byte, length)
				for i := range info {
					info[i] = 0xff
				}
				take(&Match{Name: name, Rev: rev, Info: info}, 2)
				take(&Target{Name: "DNAT", Rev: rev, Info: info}, 10)
				take(&Target{Name: "REDIRECT", Rev: rev, Info: info}, 2)
			}
		}
	}
}

// TestStatistic checks the shares of both modes of the match.
func TestStatistic(t *testing.T) {
	info := func(mode, flags uint16, value uint32) []byte {
		b := binary.NativeEndian.AppendUint16(nil, mode)
		b = binary.NativeEndian.AppendUint16(b, flags)
		return append(binary.NativeEndian.AppendUint32(b, value), make([]byte, 16)...)
	}
	tests := map[string]struct {
		info  []byte
		share float64
		ok    bool
	}{
		"a quarter by chance":       {info(0, 0, 1<<29), 0.25, true},
		"all but a quarter":         {info(0, 1, 1<<29), 0.75, true},
		"every third":               {info(1, 0, 2), 1.0 / 3, true},
		"a mode nobody knows":       {info(7, 0, 2), 0, false},
		"fewer bytes than it takes": {[]byte{0, 0}, 0, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			share, ok := (&Match{Name: "statistic", Info: test.info}).Statistic()
			require.Equal(t, test.ok, ok)
			require.InDelta(t, test.share, share, 1e-9)
		})
	}
}
