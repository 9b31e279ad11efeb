package network

import (
	"encoding/json"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ipLink is an interface as ip(8) shows it.
type ipLink struct {
	Index     int      `json:"ifindex"`
	Name      string   `json:"ifname"`
	Link      *string  `json:"link"`
	LinkIndex int      `json:"link_index"`
	NetnsID   *int     `json:"link_netnsid"`
	Flags     []string `json:"flags"`
	MTU       int      `json:"mtu"`
	Master    string   `json:"master"`
	State     string   `json:"operstate"`
	Type      string   `json:"link_type"`
	Address   string   `json:"address"`
	Alias     string   `json:"ifalias"`
	Promisc   int      `json:"promiscuity"`
	Info      struct {
		Kind string         `json:"info_kind"`
		Data map[string]any `json:"info_data"`
	} `json:"linkinfo"`
	Addresses []struct {
		Family    string `json:"family"`
		Local     string `json:"local"`
		Prefix    uint   `json:"prefixlen"`
		Valid     uint32 `json:"valid_life_time"`
		Preferred uint32 `json:"preferred_life_time"`
	} `json:"addr_info"`
}

// ipJSON runs ip(8) in a namespace and decodes what it shows. Entries can be empty, where ip left
// out what it did not want to show.
func ipJSON(t *testing.T, netns string, args ...string) (links []ipLink) {
	t.Helper()
	out := testkit.Run(t, "ip", append([]string{"-n", netns, "-j"}, args...)...)
	require.NoError(t, json.Unmarshal([]byte(out), &links))
	return slices.DeleteFunc(links, func(l ipLink) bool { return l.Index == 0 })
}

// compareWithIP compares a namespace with what ip(8) shows of it, and returns the number of
// compared items.
func compareWithIP(t *testing.T, name string, n *NetworkNamespace) (items int) {
	t.Helper()
	links := ipJSON(t, name, "-d", "link")
	addresses := ipJSON(t, name, "addr")
	assert.Len(t, n.Nifs, len(links), name)
	for _, link := range links {
		nif := n.Nifs[link.Index]
		if !assert.NotNil(t, nif, "%s %s", name, link.Name) {
			continue
		}
		items++
		about := fmt.Sprintf("%s of %s", link.Name, name)
		a := nif.Nif()
		assert.Same(t, nif, n.NamedNifs[link.Name], about)
		assert.Equal(t, link.Name, a.Name, about)
		assert.Equal(t, link.Alias, a.Alias, about)
		assert.Equal(t, link.Info.Kind, a.Kind, about)
		assert.Equal(t, link.MTU, a.MTU, about)
		assert.Equal(t, strings.ToLower(link.State), a.State.Name(), about)
		assert.Equal(t, slices.Contains(link.Flags, "UP"), a.AdminUp, about)
		assert.Equal(t, slices.Contains(link.Flags, "LOOPBACK"), a.Loopback, about)
		assert.Equal(t, link.Promisc > 0 || slices.Contains(link.Flags, "PROMISC"), a.Promiscuous, about)
		if address := strings.Trim(link.Address, "0:"); address != "" && link.Type == "ether" {
			assert.Equal(t, link.Address, a.L2Addr.String(), about)
		}
		master := ""
		if a.Controller != nil {
			master = a.Controller.Nif().Name
		}
		assert.Equal(t, link.Master, master, about)
		compareLinkWithIP(t, about, link, nif)
		compareDataWithIP(t, about, link, nif)
	}
	for _, link := range addresses {
		nif := n.Nifs[link.Index]
		if nif == nil {
			continue
		}
		var want, got []string
		for _, a := range link.Addresses {
			want = append(want, fmt.Sprintf("%s/%d", a.Local, a.Prefix))
		}
		for _, a := range slices.Concat(nif.Nif().Addrsv4, nif.Nif().Addrsv6) {
			got = append(got, fmt.Sprintf("%s/%d", a.Address, a.PrefixLength))
			assert.Equal(t, link.Index, a.Index)
		}
		assert.ElementsMatch(t, want, got, "%s of %s", link.Name, name)
		items += len(want)
	}
	return items
}

// compareLinkWithIP compares the other end, or what the interface stands on.
func compareLinkWithIP(t *testing.T, about string, link ipLink, nif Interface) {
	t.Helper()
	related := nif.Nif().Lower
	if veth, ok := nif.(Veth); ok {
		related = veth.Veth().Peer
	}
	switch {
	case nif.Nif().Kind == "vxlan":
		// ip guesses from what the kernel leaves out; it is told in the data.
	case link.LinkIndex > 0:
		if assert.NotNil(t, related, about) {
			assert.Equal(t, link.LinkIndex, related.Nif().Index, about)
			assert.NotSame(t, nif.Nif().Netns, related.Nif().Netns, about)
		}
	case link.Link != nil:
		if assert.NotNil(t, related, about) {
			assert.Equal(t, *link.Link, related.Nif().Name, about)
			assert.Same(t, nif.Nif().Netns, related.Nif().Netns, about)
		}
	default:
		assert.Nil(t, related, about)
	}
}

// compareDataWithIP compares what some kinds have of their own.
func compareDataWithIP(t *testing.T, about string, link ipLink, nif Interface) {
	t.Helper()
	data := link.Info.Data
	text := func(key string) string {
		s, _ := data[key].(string)
		return s
	}
	number := func(key string) float64 {
		n, _ := data[key].(float64)
		return n
	}
	first := func(ips ...net.IP) string {
		for _, ip := range ips {
			if ip != nil {
				return ip.String()
			}
		}
		return ""
	}
	switch kind := nif.(type) {
	case Macvlan:
		assert.Equal(t, text("mode"), kind.Macvlan().Mode.String(), about)
	case Vxlan:
		v := kind.Vxlan()
		assert.EqualValues(t, number("id"), v.VID, about)
		assert.EqualValues(t, number("port"), v.DestinationPort, about)
		assert.Equal(t, data["learning"] != false, v.Learning, about)
		group := text("group") + text("group6") + text("remote") + text("remote6")
		assert.Equal(t, group, first(v.Groupv4, v.Groupv6), about)
		assert.Equal(t, text("local")+text("local6"), first(v.Sourcev4, v.Sourcev6), about)
	case Bridge:
		assert.Equal(t, number("stp_state") != 0, kind.Bridge().STPState != "disabled", about)
		assert.Equal(t, number("vlan_filtering") != 0, kind.Bridge().VlanFiltering, about)
	case TunTap:
		assert.Equal(t, text("type"), kind.TunTap().Mode.String(), about)
	}
}

func TestDiscoveryAgreesWithIP(t *testing.T) {
	hub := testkit.Netns(t, "hub")
	var batch strings.Builder
	names := []string{hub}
	for _, line := range []string{
		"link add br0 type bridge stp_state 1", "link add br1 type bridge",
		"addr add 10.1.0.1/16 dev br0", "addr add 2001:db8:1::1/64 dev br0 nodad", "link set br0 up alias 'x|{y} <b>'",
		"tuntap add tap0 mode tap", "tuntap add tun0 mode tun user 1000",
		"link add vx0 type vxlan id 100 dstport 4789 dev br1 group 239.1.1.1",
		"link add vx1 type vxlan id 101 dstport 4790 remote 2001:db8::9 local 2001:db8::1 nolearning",
		"link add ifbx type ifb",
	} {
		fmt.Fprintln(&batch, line)
	}
	const leaves = 32
	for i := range leaves {
		leaf := testkit.Netns(t, "leaf")
		names = append(names, leaf)
		fmt.Fprintf(&batch, "link add p%d type veth peer name eth0 index 700 netns %s\n", i, leaf)
		fmt.Fprintf(&batch, "link set p%d up mtu %d master br%d\n", i, 1400+i, i%2)
		fmt.Fprintf(&batch, "link add low%d type veth peer name lowpeer%d\n", i, i)
		fmt.Fprintf(&batch, "link add link low%d name mv%d type macvlan mode %s\n", i, i, []string{"bridge", "private", "vepa"}[i%3])
		fmt.Fprintf(&batch, "link set mv%d netns %s name mv0\n", i, leaf)
	}
	cmd := exec.Command("ip", "-n", hub, "-batch", "-")
	cmd.Stdin = strings.NewReader(batch.String())
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	for i, leaf := range names[1:] {
		testkit.IP(t, leaf, "link", "set", "eth0", "up")
		testkit.IP(t, leaf, "link", "set", "lo", "up")
		testkit.IP(t, leaf, "addr", "add", fmt.Sprintf("10.1.0.%d/16", i+10), "dev", "eth0")
		testkit.IP(t, leaf, "addr", "add", fmt.Sprintf("2001:db8:1::%d/64", i+10), "dev", "eth0", "nodad")
	}

	d := discoverLab(t)
	items := 0
	for _, name := range names {
		items += compareWithIP(t, name, named(t, d.Netns, name))
	}
	assert.Greater(t, items, 300)
	t.Logf("%d items agree", items)
	requireMutualPeers(t, d)
}
