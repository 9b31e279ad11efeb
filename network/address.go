package network

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Address is an IP address assigned to an interface.
type Address struct {
	Family            int    `json:"family"`             // AF_INET or AF_INET6.
	Address           net.IP `json:"address"`            // 4 bytes for IPv4, 16 bytes for IPv6.
	PrefixLength      uint   `json:"prefixlen"`          // length of the network prefix, in bits.
	PreferredLifetime uint32 `json:"preferred-lifetime"` // seconds; all ones for forever.
	ValidLifetime     uint32 `json:"valid-lifetime"`     // seconds; all ones for forever.
	Scope             int    `json:"scope"`              // RT_SCOPE_… of rtnetlink(7): 0 global, 253 link, 254 host.
	Index             int    `json:"index"`              // index of the interface it is assigned to.
}

// Addresses is a list of addresses that can be sorted in place.
type Addresses []Address

// IP is a net.IP that writes IPv6 addresses in square brackets, ready for a ":port" to follow.
type IP net.IP

// AddressFamily is an AF_… number: AF_INET or AF_INET6.
type AddressFamily int

func newAddress(ip net.IP, prefix uint, preferred, valid uint32, scope, index int) Address {
	a := Address{
		Family: unix.AF_INET6, Address: ip, PrefixLength: prefix,
		PreferredLifetime: preferred, ValidLifetime: valid, Scope: scope, Index: index,
	}
	if v4 := ip.To4(); v4 != nil {
		a.Family, a.Address = unix.AF_INET, v4
	}
	return a
}

// Attributes of addresses (include/uapi/linux/if_addr.h) as far as they are needed.
const ifaddrmsgLen = 8

// foreverLifetime is the lifetime of addresses that do not expire.
const foreverLifetime = ^uint32(0)

// parseAddressMessage decodes the payload of an RTM_NEWADDR message; ok is false if it is none. The
// result does not refer to the payload.
func parseAddressMessage(payload []byte) (a Address, ok bool) {
	if len(payload) < ifaddrmsgLen {
		return a, false
	}
	a = Address{
		Family:            int(payload[0]),
		PrefixLength:      uint(payload[1]),
		Scope:             int(payload[3]),
		Index:             int(int32(binary.NativeEndian.Uint32(payload[4:]))),
		PreferredLifetime: foreverLifetime,
		ValidLifetime:     foreverLifetime,
	}
	size := net.IPv4len
	switch a.Family {
	case unix.AF_INET:
	case unix.AF_INET6:
		size = net.IPv6len
	default:
		return a, false
	}
	netlinkAttributes(payload[ifaddrmsgLen:], func(kind uint16, value []byte) {
		switch kind {
		case unix.IFA_LOCAL:
			// With a point-to-point link IFA_ADDRESS is the other end's.
			if len(value) == size {
				a.Address = bytes.Clone(value)
			}
		case unix.IFA_ADDRESS:
			if len(value) == size && a.Address == nil {
				a.Address = bytes.Clone(value)
			}
		case unix.IFA_CACHEINFO:
			if len(value) >= 8 {
				a.PreferredLifetime, a.ValidLifetime = u32(value), u32(value[4:])
			}
		}
	})
	return a, a.Address != nil && a.PrefixLength <= uint(8*size)
}

// Exploded returns the address in the form of [Exploded].
func (a Address) Exploded() string { return Exploded(a.Address) }

// Exploded returns the textual form of an IP address with all its zeros, such as "010.000.000.001"
// and "fe80:0000:0000:0000:0000:0000:0000:0001", so that addresses sort as texts. It is empty if
// there is no address.
func Exploded(ip net.IP) string {
	if v4 := ip.To4(); v4 != nil {
		return fmt.Sprintf("%03d.%03d.%03d.%03d", v4[0], v4[1], v4[2], v4[3])
	}
	if len(ip) != net.IPv6len {
		return ""
	}
	groups := make([]string, 0, net.IPv6len/2)
	for i := 0; i < net.IPv6len; i += 2 {
		groups = append(groups, fmt.Sprintf("%02x%02x", ip[i], ip[i+1]))
	}
	return strings.Join(groups, ":")
}

// Sort sorts the addresses in place: IPv4 before IPv6, then by address, then the shorter prefix
// first.
func (as Addresses) Sort() { slices.SortStableFunc(as, compareAddresses) }

func compareAddresses(a, b Address) int {
	return cmp.Or(compareIPs(a.Address, b.Address), cmp.Compare(a.PrefixLength, b.PrefixLength))
}

// compareIPs orders IPv4 before IPv6, and addresses of one family by their bytes, which is the same
// as by their exploded form.
func compareIPs(a, b net.IP) int {
	a, b = canonicalIP(a), canonicalIP(b)
	return cmp.Or(cmp.Compare(len(a), len(b)), bytes.Compare(a, b))
}

// canonicalIP returns IPv4 addresses in 4 bytes.
func canonicalIP(ip net.IP) net.IP {
	if v4 := ip.To4(); v4 != nil {
		return v4
	}
	return ip
}

// String returns the address as net.IP writes it, but in square brackets if it is an IPv6 one.
func (i IP) String() string {
	ip := net.IP(i)
	if ip.To4() == nil && len(ip) == net.IPv6len {
		return "[" + ip.String() + "]"
	}
	return ip.String()
}

// String returns "IPv4" or "IPv6", or the number of any other family.
func (af AddressFamily) String() string {
	switch af {
	case unix.AF_INET:
		return "IPv4"
	case unix.AF_INET6:
		return "IPv6"
	default:
		return fmt.Sprintf("AddressFamily(%d)", int(af))
	}
}
