package trace

import (
	"fmt"
	"slices"

	"github.com/hostwire/hostwire/network"
	"github.com/vishvananda/netlink"
)

// bridge follows a frame through a bridge: in by a port, or by the bridge itself if in is nil, and
// out by all others.
func (f *flood) bridge(at int, bridge network.Bridge, in network.Interface, tg tags) {
	name := bridge.Nif().Name
	if down(bridge) && in != nil {
		f.block(bridge, "%s is down", f.t.full(bridge))
		return
	}
	if in != nil && !forwarding(in) {
		f.block(in, "%s is a port of %s that is %s", f.t.full(in), name, in.Nif().BridgePort.State)
		return
	}
	frame, ok := inFrame(bridge, in, tg)
	if !ok {
		f.block(in, "%s does not let this VLAN into %s", f.t.full(in), name)
		return
	}
	from := ""
	if in != nil {
		from = ", in by " + in.Nif().Name
	}
	for _, port := range bridge.Bridge().Ports {
		if !f.t.spend(1) {
			return
		}
		port = port.Interface()
		if in != nil && port.Nif() == in.Nif() {
			continue
		}
		if !forwarding(port) {
			f.block(port, "%s is a port of %s that is %s", f.t.full(port), name, port.Nif().BridgePort.State)
			continue
		}
		out, ok := outFrame(bridge, port, frame)
		if !ok {
			f.block(port, "%s does not let VLAN %d out of %s", f.t.full(port), frame.vid, name)
			continue
		}
		f.bridged(at, port, out, sending, fmt.Sprintf("bridge %s%s, out by %s", name, from, port.Nif().Name), bridge, in, frame)
	}
	if in != nil {
		out, _ := outFrame(bridge, nil, frame)
		f.bridged(at, bridge, out, received, fmt.Sprintf("bridge %s%s, to its own namespace", name, from), bridge, in, frame)
	}
}

// bridged continues behind a bridge, and remembers what is not known of its VLANs.
func (f *flood) bridged(at int, to network.Interface, tg tags, st stage, text string, bridge network.Bridge, in network.Interface, frame bridgeFrame) {
	count := len(f.visits)
	if st == sending && in != nil {
		f.next(at, to, tg, st, text, bridge)
	} else {
		f.next(at, to, tg, st, text)
	}
	if len(f.visits) == count || !bridge.Bridge().VlanFiltering {
		return
	}
	v := &f.visits[count]
	if in == nil || st == received {
		v.doubts = append(v.doubts, fmt.Sprintf("%s filters VLANs, and of which ones it is a member itself is not known: taken for VLAN 1, untagged", f.t.full(bridge)))
	}
	for _, port := range []network.Interface{in, to} {
		if port != nil && port.Nif() != bridge.Nif() && (port.Nif().BridgePort == nil || port.Nif().BridgePort.VLANs == nil) {
			v.doubts = append(v.doubts, fmt.Sprintf("%s filters VLANs, and those of its port %s are not known", f.t.full(bridge), port.Nif().Name))
		}
	}
}

// forwarding tells whether a port passes frames, as far as is known.
func forwarding(port network.Interface) bool {
	p := port.Nif().BridgePort
	return p == nil || p.State == "" || p.State == "forwarding"
}

// bridgeFrame is a frame inside a bridge.
type bridgeFrame struct {
	vid  uint16 // VLAN that it belongs to; 0 where the bridge does not filter, or it is not known.
	tags tags   // tags other than that of the VLAN; all of them where the bridge does not filter.
}

// inFrame is a frame as it enters a bridge by a port, nil for the bridge itself; ok is false if the
// port does not let it in.
func inFrame(bridge network.Bridge, port network.Interface, tg tags) (frame bridgeFrame, ok bool) {
	if !bridge.Bridge().VlanFiltering {
		return bridgeFrame{tags: tg}, true
	}
	vid := tg.outer.vid
	if tg.outer.protocol == netlink.VLAN_PROTOCOL_8021Q {
		tg = tg.pop()
	} else {
		vid = 0
	}
	vlans := vlansOf(port)
	if vlans == nil { // not known, or the bridge itself.
		if vid == 0 && port == nil {
			vid = 1
		}
		return bridgeFrame{vid, tg}, true
	}
	i := slices.IndexFunc(vlans, func(v network.PortVLAN) bool { return vid != 0 && v.VID == vid || vid == 0 && v.PVID })
	if i < 0 {
		return bridgeFrame{}, false
	}
	return bridgeFrame{vlans[i].VID, tg}, true
}

// outFrame is the tags of a frame as it leaves a bridge by a port, nil for the bridge itself; ok is
// false if the port does not let it out.
func outFrame(bridge network.Bridge, port network.Interface, frame bridgeFrame) (tg tags, ok bool) {
	if !bridge.Bridge().VlanFiltering || frame.vid == 0 {
		return frame.tags, true
	}
	tagged, fits := frame.tags.push(vlanTag{netlink.VLAN_PROTOCOL_8021Q, frame.vid})
	vlans := vlansOf(port)
	if vlans == nil {
		if frame.vid == 1 {
			return frame.tags, true
		}
		return tagged, fits
	}
	i := slices.IndexFunc(vlans, func(v network.PortVLAN) bool { return v.VID == frame.vid })
	switch {
	case i < 0:
		return tg, false
	case vlans[i].Untagged:
		return frame.tags, true
	}
	return tagged, fits
}

// vlansOf returns the VLANs of a bridge's port; nil if they are not known, or port is.
func vlansOf(port network.Interface) []network.PortVLAN {
	if port == nil || port.Nif().BridgePort == nil {
		return nil
	}
	return port.Nif().BridgePort.VLANs
}
