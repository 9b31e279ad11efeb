package graph

import (
	"net"
	"testing"

	"github.com/hostwire/hostwire/network"
	"github.com/hostwire/hostwire/portfwd"
	"github.com/stretchr/testify/assert"
	"github.com/thediveo/lxkns/model"
)

func TestPortsThatFollowEachOtherBecomeARange(t *testing.T) {
	forward := func(port, to uint16, change ...func(*network.ForwardedPort)) *network.ForwardedPort {
		f := &network.ForwardedPort{
			ForwardedPortRange: portfwd.ForwardedPortRange{
				Protocol: "tcp", IP: net.IPv4zero, PortMin: port, PortMax: port,
				ForwardIP: net.IPv4(172, 18, 0, 2), ForwardPortMin: to,
			},
			Protocol: 6, Share: 1, Source: "docker", PIDs: []model.PIDType{42},
		}
		for _, c := range change {
			c(f)
		}
		return f
	}
	elsewhere := func(f *network.ForwardedPort) { f.ForwardIP = net.IPv4(172, 18, 0, 3) }
	tests := map[string]struct {
		forwards []*network.ForwardedPort
		want     []string
	}{
		"in step":     {[]*network.ForwardedPort{forward(9001, 81), forward(9000, 80), forward(9002, 82)}, []string{"tcp 0.0.0.0:9000-9002 172.18.0.2:80-82"}},
		"out of step": {[]*network.ForwardedPort{forward(9000, 80), forward(9001, 80)}, []string{"tcp 0.0.0.0:9000 172.18.0.2:80", "tcp 0.0.0.0:9001 172.18.0.2:80"}},
		"with a gap":  {[]*network.ForwardedPort{forward(9000, 80), forward(9002, 82)}, []string{"tcp 0.0.0.0:9000 172.18.0.2:80", "tcp 0.0.0.0:9002 172.18.0.2:82"}},
		"ranges": {
			[]*network.ForwardedPort{forward(9000, 80, func(f *network.ForwardedPort) { f.PortMax = 9003 }), forward(9004, 84)},
			[]string{"tcp 0.0.0.0:9000-9004 172.18.0.2:80-84"},
		},
		"to others in turn": {
			[]*network.ForwardedPort{forward(9000, 80), forward(9001, 81, elsewhere), forward(9002, 82)},
			[]string{"tcp 0.0.0.0:9000 172.18.0.2:80", "tcp 0.0.0.0:9001 172.18.0.3:81", "tcp 0.0.0.0:9002 172.18.0.2:82"},
		},
		"several destinations": {
			[]*network.ForwardedPort{forward(9000, 80), forward(9001, 81), forward(9001, 81, elsewhere)},
			[]string{"tcp 0.0.0.0:9000 172.18.0.2:80", "tcp 0.0.0.0:9001 172.18.0.2:81", "tcp 0.0.0.0:9001 172.18.0.3:81"},
		},
		"served by others": {
			[]*network.ForwardedPort{forward(9000, 80), forward(9001, 81, func(f *network.ForwardedPort) { f.PIDs = nil })},
			[]string{"tcp 0.0.0.0:9000 172.18.0.2:80", "tcp 0.0.0.0:9001 172.18.0.2:81"},
		},
		"all to one": {
			[]*network.ForwardedPort{forward(9000, 80), forward(9001, 81, func(f *network.ForwardedPort) { f.PortMax, f.ToOne = 9005, true })},
			[]string{"tcp 0.0.0.0:9000 172.18.0.2:80", "tcp 0.0.0.0:9001-9005 172.18.0.2:81"},
		},
		"the last ports there are": {
			[]*network.ForwardedPort{forward(65534, 65534), forward(65535, 65535)},
			[]string{"tcp 0.0.0.0:65534-65535 172.18.0.2:65534-65535"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			first := *test.forwards[0]
			var got []string
			for _, f := range joinRanges(test.forwards) {
				got = append(got, portName(f)+" "+target(f))
			}
			assert.Equal(t, test.want, got)
			assert.Equal(t, first, *test.forwards[0], "what was discovered stays as it is")
		})
	}
}
