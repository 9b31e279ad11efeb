package trace

import "github.com/hostwire/hostwire/network"

// down tells whether an interface carries nothing: switched off, or what it stands on or leads to
// is. A driver that says nothing is taken for up unless the interface is switched off.
func down(nif network.Interface) bool {
	a := nif.Nif()
	switch a.State {
	case network.Down, network.LowerLayerDown, network.NotPresent:
		return true
	case network.Unknown:
		return !a.AdminUp
	}
	return false
}

// peer returns the other end of a veth or netkit pair; ok is false for other kinds.
func peer(nif network.Interface) (other network.Interface, ok bool) {
	switch nif := nif.(type) {
	case network.Veth:
		other = nif.Veth().Peer
	case network.Netkit:
		other = nif.Netkit().Peer
	default:
		return nil, false
	}
	if other != nil {
		other = other.Interface()
	}
	return other, true
}

// addressless tells whether packets leave by an interface without anybody being asked for a
// hardware address: what goes in comes out at the other end.
func addressless(nif network.Interface) bool {
	switch nif := nif.(type) {
	case network.TunTap:
		return nif.TunTap().Mode == network.TunTapModeTun
	case network.Wireguard:
		return true
	case network.Tunnel:
		switch nif.Nif().Kind {
		case "gretap", "ip6gretap", "erspan", "ip6erspan":
			return false
		}
		return true
	}
	return nif.Nif().Kind == "xfrm"
}
