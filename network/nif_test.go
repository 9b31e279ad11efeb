package network

import (
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/thediveo/lxkns/model"
	"golang.org/x/sys/unix"
)

func TestAddressesAreDecoded(t *testing.T) {
	message := func(family, prefix, scope uint8, attrs ...[]byte) []byte {
		b := []byte{family, prefix, 0, scope, 3, 0, 0, 0}
		for _, a := range attrs {
			b = append(b, a...)
		}
		return b
	}
	v4, peer4, v6 := net.IPv4(10, 0, 0, 1).To4(), net.IPv4(10, 0, 0, 2).To4(), net.ParseIP("fe80::1")
	lifetimes := attr(unix.IFA_CACHEINFO, uint32(100), uint32(200), uint32(0), uint32(0))
	for _, test := range []struct {
		name    string
		message []byte
		want    Address
		ok      bool
	}{
		{"IPv4", message(unix.AF_INET, 24, 0, attr(unix.IFA_ADDRESS, v4), attr(unix.IFA_LOCAL, v4)),
			Address{Family: unix.AF_INET, Address: v4, PrefixLength: 24, Index: 3, PreferredLifetime: ^uint32(0), ValidLifetime: ^uint32(0)}, true},
		{"point to point", message(unix.AF_INET, 32, 0, attr(unix.IFA_ADDRESS, peer4), attr(unix.IFA_LOCAL, v4)),
			Address{Family: unix.AF_INET, Address: v4, PrefixLength: 32, Index: 3, PreferredLifetime: ^uint32(0), ValidLifetime: ^uint32(0)}, true},
		{"IPv6 with lifetimes", message(unix.AF_INET6, 64, 253, attr(unix.IFA_ADDRESS, v6), lifetimes),
			Address{Family: unix.AF_INET6, Address: v6, PrefixLength: 64, Scope: 253, Index: 3, PreferredLifetime: 100, ValidLifetime: 200}, true},
		{"another family", message(unix.AF_BRIDGE, 0, 0, attr(unix.IFA_ADDRESS, v4)), Address{}, false},
		{"no address", message(unix.AF_INET, 8, 0), Address{}, false},
		{"an impossible prefix", message(unix.AF_INET, 33, 0, attr(unix.IFA_ADDRESS, v4)), Address{}, false},
		{"an address of the wrong size", message(unix.AF_INET, 8, 0, attr(unix.IFA_ADDRESS, v6)), Address{}, false},
		{"cut short", []byte{2, 8, 0}, Address{}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, ok := parseAddressMessage(test.message)
			assert.Equal(t, test.ok, ok)
			if ok {
				assert.Equal(t, test.want, a)
			}
		})
	}
}

func TestExplodedAddresses(t *testing.T) {
	for ip, want := range map[string]string{
		"0.0.0.0":          "000.000.000.000",
		"10.0.0.1":         "010.000.000.001",
		"::ffff:10.20.0.1": "010.020.000.001",
		"::":               "0000:0000:0000:0000:0000:0000:0000:0000",
		"fe80::dead:1":     "fe80:0000:0000:0000:0000:0000:dead:0001",
	} {
		assert.Equal(t, want, Exploded(net.ParseIP(ip)))
		assert.Equal(t, want, Address{Address: net.ParseIP(ip)}.Exploded())
	}
	assert.Empty(t, Exploded(nil))
	assert.Empty(t, Exploded(net.IP{1, 2, 3}))
}

func TestAddressesSort(t *testing.T) {
	var addresses Addresses
	for _, cidr := range []string{"fe80::1/64", "10.0.0.10/8", "::1/128", "10.0.0.9/24", "192.168.0.1/16", "10.0.0.9/8", "2001:db8::2/64"} {
		ip, ipnet, err := net.ParseCIDR(cidr)
		assert.NoError(t, err)
		ones, _ := ipnet.Mask.Size()
		addresses = append(addresses, newAddress(ip, uint(ones), 0, 0, 0, 0))
	}
	addresses.Sort()
	var sorted []string
	for _, a := range addresses {
		sorted = append(sorted, (&net.IPNet{IP: a.Address, Mask: net.CIDRMask(int(a.PrefixLength), 8*len(a.Address))}).String())
	}
	assert.Equal(t, []string{"10.0.0.9/8", "10.0.0.9/24", "10.0.0.10/8", "192.168.0.1/16", "::1/128", "2001:db8::2/64", "fe80::1/64"}, sorted)
}

func TestAddressesInPrint(t *testing.T) {
	assert.Equal(t, "10.0.0.1", IP(net.ParseIP("10.0.0.1")).String())
	assert.Equal(t, "[::1]", IP(net.ParseIP("::1")).String())
	assert.Equal(t, "10.0.0.1", IP(net.ParseIP("::ffff:10.0.0.1")).String())
	assert.Equal(t, "<nil>", IP(nil).String())
	assert.Equal(t, "IPv4", AddressFamily(unix.AF_INET).String())
	assert.Equal(t, "IPv6", AddressFamily(unix.AF_INET6).String())
	assert.Equal(t, "AddressFamily(1)", AddressFamily(unix.AF_UNIX).String())
}

func TestOperationalStatesHaveNames(t *testing.T) {
	icons := map[string]bool{}
	for state, name := range map[OperState]string{
		Unknown: "unknown", NotPresent: "notpresent", Down: "down", LowerLayerDown: "lowerlayerdown",
		Testing: "testing", Dormant: "dormant", Up: "up",
	} {
		assert.Equal(t, name, state.Name())
		assert.Len(t, []rune(state.TerminalIcon()), 1)
		icons[state.TerminalIcon()] = true
	}
	assert.Len(t, icons, 7, "states can be told apart")
	assert.Equal(t, "unknown", OperState(99).Name())
	assert.Equal(t, Unknown.TerminalIcon(), OperState(99).TerminalIcon())
}

func TestLabelsAreMerged(t *testing.T) {
	nif := &NifAttrs{}
	nif.AddLabels(nil)
	assert.Nil(t, nif.Labels)
	added := model.Labels{"a": "1", "b": "2"}
	nif.AddLabels(added)
	nif.AddLabels(model.Labels{"b": "3", "c": "4"})
	assert.Equal(t, model.Labels{"a": "1", "b": "3", "c": "4"}, nif.Labels)
	assert.Equal(t, model.Labels{"a": "1", "b": "2"}, added, "the caller's labels stay its own")
}

func TestInterfaceHasAddress(t *testing.T) {
	nif := &NifAttrs{
		Addrsv4: Addresses{{Address: net.IPv4(10, 0, 0, 1).To4()}},
		Addrsv6: Addresses{{Address: net.ParseIP("fe80::1")}},
	}
	assert.True(t, nif.HasAddress(net.IPv4(10, 0, 0, 1).To4()))
	assert.True(t, nif.HasAddress(net.IPv4(10, 0, 0, 1)), "IPv4-mapped")
	assert.True(t, nif.HasAddress(net.ParseIP("fe80::1")))
	assert.False(t, nif.HasAddress(net.IPv4(10, 0, 0, 2)))
	assert.False(t, nif.HasAddress(nil))
}

func TestInterfacesSortAndPick(t *testing.T) {
	nif := func(name, kind string, index int) Interface {
		return &NifAttrs{Name: name, Kind: kind, Index: index}
	}
	b1, a3, a2, c := nif("b", "veth", 1), nif("a", "bridge", 3), nif("a", "veth", 2), nif("c", "veth", 4)
	nifs := Interfaces{c, b1, a3, a2}
	nifs.Sort()
	assert.Equal(t, Interfaces{a2, a3, b1, c}, nifs)
	assert.Equal(t, Interfaces{a2, b1, c}, nifs.OfKind("veth"))
	assert.Nil(t, nifs.OfKind("vlan"))
}
