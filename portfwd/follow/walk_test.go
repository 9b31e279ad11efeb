package follow

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/hostwire/hostwire/portfwd/nftget"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// ruleset makes an IPv4 table with a base chain and further ones.
func ruleset(base []*nftget.Rule, more map[string][]*nftget.Rule) *nftget.Ruleset {
	table := &nftget.Table{Family: nftables.TableFamilyIPv4, Name: "t", Chains: map[string]*nftget.Chain{
		"in": {Name: "in", Base: true, Type: nftables.ChainTypeNAT, Hook: unix.NF_INET_PRE_ROUTING, Rules: base},
	}, Sets: map[string]*nftget.Set{}}
	for name, rules := range more {
		table.Chains[name] = &nftget.Chain{Name: name, Rules: rules}
	}
	return &nftget.Ruleset{Tables: []*nftget.Table{table}}
}

func jump(to string) *nftget.Rule {
	return &nftget.Rule{Exprs: []any{&nftget.Verdict{Kind: expr.VerdictJump, Chain: to}}}
}

// dnat rewrites TCP to a port.
func dnat(port uint16) *nftget.Rule {
	return &nftget.Rule{Exprs: []any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{unix.IPPROTO_TCP}},
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{byte(port >> 8), byte(port)}},
		&expr.Immediate{Register: 1, Data: []byte{10, 0, 0, 1}},
		&expr.NAT{Type: expr.NATTypeDestNAT, Family: unix.NFPROTO_IPV4, RegAddrMin: 1},
	}}
}

func TestRulesThatAreMadeToHaveNoEndAreGivenUp(t *testing.T) {
	more := map[string][]*nftget.Rule{}
	for level := range 15 {
		for range 16 {
			name := fmt.Sprintf("c%d", level)
			more[name] = append(more[name], jump(fmt.Sprintf("c%d", level+1)))
		}
	}
	more["c15"] = []*nftget.Rule{{Exprs: []any{&expr.Counter{}}}}
	start := time.Now()
	_, problems := Ruleset(ruleset([]*nftget.Rule{jump("c0")}, more))
	require.Less(t, time.Since(start), 20*time.Second)
	require.NotEmpty(t, problems)
	require.Contains(t, problems[0].Text, "more ways through the rules")
}

func TestJumpsInCirclesAndIntoNowhereAreProblems(t *testing.T) {
	paths, problems := Ruleset(ruleset([]*nftget.Rule{jump("a"), jump("nowhere"), dnat(80)}, map[string][]*nftget.Rule{"a": {jump("a")}}))
	require.Len(t, paths, 1)
	require.Len(t, problems, 2)
}

func TestThousandsOfRulesAreFollowedInGoodTime(t *testing.T) {
	var rules []*nftget.Rule
	for port := range 5000 {
		rules = append(rules, dnat(uint16(port+1)))
	}
	start := time.Now()
	paths, problems := Ruleset(ruleset(rules, nil))
	t.Logf("%d rules in %v", len(rules), time.Since(start))
	require.Len(t, paths, 5000)
	require.Empty(t, problems)
	require.Less(t, time.Since(start), 10*time.Second)
}

func TestSpans(t *testing.T) {
	s := func(pairs ...uint64) spans {
		r := []span{}
		for i := 0; i < len(pairs); i += 2 {
			r = append(r, span{u128{lo: pairs[i]}, u128{lo: pairs[i+1]}})
		}
		return normal(r)
	}
	most := u128{lo: 100}
	require.Equal(t, s(1, 5), s(3, 5, 1, 2), "neighbours are joined")
	require.Equal(t, s(0, 0, 6, 100), s(1, 5).complement(most))
	require.Equal(t, s(), s(0, 100).complement(most))
	require.Equal(t, s(0, 100), s().complement(most))
	require.Equal(t, s(3, 4, 8, 8), s(1, 4, 7, 8).intersect(s(3, 5, 8, 20)))
	require.Equal(t, s(3, 4), spans(nil).intersect(s(3, 4)))
	require.True(t, s(1, 10).covers(s(2, 3, 7, 10)))
	require.False(t, s(1, 10).covers(s(2, 3, 7, 11)))
	require.False(t, s(0, 100).covers(nil))
	require.True(t, s(1, 3, 9, 9).overlaps(s(4, 9)))
	require.False(t, s(1, 3, 9, 9).overlaps(s(4, 8)))
	full := u128{^uint64(0), ^uint64(0)}
	require.Equal(t, spans{{u128{}, full}}, spans{}.complement(full))
	require.Equal(t, u128{hi: 1}, u128{lo: ^uint64(0)}.next())
	require.Equal(t, u128{lo: ^uint64(0)}, u128{hi: 1}.prev())
}

// FuzzRuleset follows packets through whatever can be made of damaged dumps.
func FuzzRuleset(f *testing.F) {
	files, err := filepath.Glob("../testdata/rules/*/nft-netlink-dump.bin")
	require.NoError(f, err)
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, dump []byte) {
		paths, _ := Ruleset(nftget.Replay(dump))
		for _, p := range paths {
			require.NotEmpty(t, p.Steps)
			require.LessOrEqual(t, p.PortLo, p.PortHi)
			require.NotZero(t, p.PortLo)
			require.Greater(t, p.Share, 0.0)
		}
	})
}
