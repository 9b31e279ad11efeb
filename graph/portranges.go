package graph

import (
	"slices"

	"github.com/hostwire/hostwire/network"
)

// joinRanges makes ranges of ports that follow each other and are passed on in step, as engines
// write a rule for each port of a range that was published. Only what is the same in all else is
// joined, and only ports with one destination; forwards are of one namespace, and are not changed.
func joinRanges(forwards []*network.ForwardedPort) []*network.ForwardedPort {
	accepted := map[string]int{}
	for _, f := range forwards {
		accepted[portName(f)]++
	}
	var joined []*network.ForwardedPort
	last := map[string]*network.ForwardedPort{} // what might be continued, by protocol and addresses.
	for _, f := range slices.SortedStableFunc(slices.Values(forwards), comparePorts) {
		if accepted[portName(f)] > 1 || f.ToOne || len(f.ForwardIP) == 0 {
			joined = append(joined, f)
			continue
		}
		key := protocolName(f) + " " + string(f.IP.To16()) + " " + string(f.ForwardIP.To16())
		if before := last[key]; before != nil && continues(before, f) {
			before.PortMax = f.PortMax
			continue
		}
		wider := *f
		joined, last[key] = append(joined, &wider), &wider
	}
	return joined
}

// continues tells whether a forward takes up, port by port, where another one ends. Both have the
// same protocol and addresses.
func continues(before, f *network.ForwardedPort) bool {
	further := int(before.PortMax) - int(before.PortMin)
	return int(f.PortMin) == int(before.PortMax)+1 &&
		int(f.ForwardPortMin) == int(before.ForwardPortMin)+further+1 &&
		f.Source == before.Source && f.Service == before.Service && f.Share == before.Share &&
		f.DestinationNetns == before.DestinationNetns && slices.Equal(f.PIDs, before.PIDs) &&
		len(f.Nifs) == len(before.Nifs) && slices.Equal(f.Nifs, before.Nifs)
}
