package render

import (
	"math"
	"strconv"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// An icon is drawn with a pen and may have filled spots. Its data are SVG path commands, relative
// throughout so that an icon is put in its place by the move in front of it.
type icon struct{ line, dots string }

// clusterIcons show what a namespace is, in a box of 18 by 18.
var clusterIcons = map[graph.ClusterKind]icon{
	// two units of a rack, with their lamps
	graph.Host: {"m2 2.5h14v5.5h-14zm0 7.5h14v5.5h-14zm6.5-4.7h5m-5 7.5h5", spot(5, 5.25, 1) + spot(0, 7.5, 1)},
	// a box, seen from a corner
	graph.Container: {"m2 5.2 7-3.7 7 3.7v7.6l-7 3.7-7-3.7zm0 0 7 3.8 7-3.8m-7 3.8v7.5", ""},
	// boxes in a common hull
	graph.Pod: {"m9 1.2 6.9 3.9v7.8l-6.9 3.9-6.9-3.9v-7.8zm-3.6 6.1h3v3.4h-3zm4.3 0h3v3.4h-3z", ""},
	// a prompt
	graph.Process: {"m1.8 3h14.4v12h-14.4zm3 3.4 2.6 2.6-2.6 2.6m4.8 0.4h3.8", ""},
	// a name tag
	graph.Bound: {"m5.8 2.5h-3.3v13h3.3m6.4-13h3.3v13h-3.3", spot(9, 9, 1.7)},
	// two links of a chain
	graph.Held: {"m7.6 10.4c1.3 1.3 3.1 1.3 4.4 0l2.9-2.9c1.3-1.3 1.3-3.1 0-4.4s-3.1-1.3-4.4 0l-1.4 1.4m1.3 3.1c-1.3-1.3-3.1-1.3-4.4 0l-2.9 2.9c-1.3 1.3-1.3 3.1 0 4.4s3.1 1.3 4.4 0l1.4-1.4", ""},
	// a stack of cards
	graph.Folded: {"m2 6.5 7-4 7 4-7 4zm0 3.2 7 4 7-4m-14 3.2 7 4 7-4", ""},
}

// kindIcons show what an interface is, in a box of 14 by 14. Kinds that are variations of one thing
// share its icon.
var kindIcons = map[string]icon{
	// a cord with a plug at either end
	"veth": {ring(3, 11, 2) + "m2 0c4.6 0-0.6-8 4-8" + ring(2, 0, 2), ""},
	// a bridge: deck, arch, piers
	"bridge": {"m1 5.5h12m-11 6v-6m10 6v-6m-8 6c0-4.4 6-4.4 6 0", ""},
	// a jack
	"hardware": {"m1.5 2h11v10h-11zm2.2 7.6v-3.4h1.8v-1.8h3v1.8h1.8v3.4z", ""},
	// out and back
	"loopback": {"m11.6 8.6a4.8 4.8 0 1 1-0.6-4.2m0.4-3v3.2h-3.2", ""},
	// a tag on a string
	"vlan": {"m1.8 1.8h5l5.6 5.6-5 5-5.6-5.6z", spot(4.6, 4.6, 1.1)},
	// a way above the way
	"vxlan": {ring(2.7, 10.7, 1.6) + "m1.6 0h5.4" + ring(1.6, 0, 1.6) + "m-8.6-2c0.8-8.6 7.8-8.6 8.6 0", ""},
	// one becomes several
	"macvlan": {"m7 12.5v-5m0 0-4.5-3.2v-2.8m4.5 6 4.5-3.2v-2.8m-4.5 6v-6", ""},
	"ipvlan":  {"m7 12.5v-5m0 0-4.5-3.2v-1m4.5 4.2 4.5-3.2v-1", spot(2.5, 2, 1.4) + spot(9, 0, 1.4)},
	// into a box: what a program reads
	"tun": {"m7.5 2h5v10h-5m-6.5-5h7.5m-2.6-2.6 2.6 2.6-2.6 2.6", ""},
	// several become one
	"bond": {"m1 3h2.5l3.5 4 h6m-12 4h2.5l3.5-4", ""},
	// a star of routes
	"vrf": {"m1.5 1.5h11v11h-11zm2.4 7.6 5.4-5.2m-2.4 0h2.6v2.6m-5.8-2.4 5.4 5.2", ""},
	// a switch: both ways across
	"openvswitch": {"m1.5 2h11v10h-11zm2.2 3.4h6.6m-1.8-1.6 1.8 1.6-1.8 1.6m1.8 1.8h-6.6m1.8-1.6-1.8 1.6 1.8 1.6", ""},
	// a lock
	"wireguard": {"m2.8 6.3h8.4v6.2h-8.4zm1.6 0v-1.8c0-3.7 5.2-3.7 5.2 0v1.8", spot(7, 9.4, 1.1)},
	// a tunnel's mouth
	"tunnel": {"m1.5 12.2v-4.7c0-7.4 11-7.4 11 0v4.7m-8 0v-4.4c0-3.6 5-3.6 5 0v4.4m-9 0h13", ""},
	// a box with nothing in it
	"dummy": {"m2 4.6v-2.6h2.6m4.8 0h2.6v2.6m0 4.8v2.6h-2.6m-4.8 0h-2.6v-2.6m3-1 4-4", ""},
	// a funnel
	"ifb": {"m1.8 2h10.4l-4 5.2v3.8l-2.4 1.6v-5.4z", ""},
	// a group around its members
	"group": {"m7 1.5 5 2.8v5.4l-5 2.8-5-2.8v-5.4z", ""},
	// a forwarded port: in through a gate
	"port": {"m1 7h8m-3-3 3 3-3 3m3-8.5h3.5v11h-3.5", ""},
	// a process
	"process": {"m1.2 2h11.6v10h-11.6zm2.3 2.8 2.1 2.2-2.1 2.2m3.7 0.3h3.2", ""},
	// anything else: a port seen from the front
	"": {ring(7, 7, 5.2), spot(7, 7, 1.6)},
}

// kindLike says which kind's icon stands for kinds without one of their own.
var kindLike = map[string]string{
	"macvtap": "macvlan", "ipvtap": "ipvlan", "tap": "tun", "tuntap": "tun", "team": "bond",
	"ovs": "openvswitch", "gre": "tunnel", "gretap": "tunnel", "erspan": "tunnel", "ip6gre": "tunnel",
	"ip6gretap": "tunnel", "ip6erspan": "tunnel", "ipip": "tunnel", "sit": "tunnel", "ip6tnl": "tunnel",
	"vti": "tunnel", "vti6": "tunnel", "xfrm": "tunnel", "geneve": "tunnel", "gtp": "tunnel",
	"bareudp": "tunnel", "ipoib": "hardware", "device": "hardware", "wlan": "hardware", "vcan": "dummy",
	"nlmon": "dummy", "netdevsim": "dummy", "netkit": "veth",
}

// stateIcons tell states apart by shape, in a box of 10 by 10; colour only helps.
var stateIcons = map[graph.State]struct {
	look Look
	data string
}{
	graph.StateUp:      {lookUp, "m5 0.9 4.6 8.1h-9.2z"},
	graph.StateDown:    {lookDown, "m5 9.1-4.6-8.1h9.2z"},
	graph.StateDormant: {lookDormant, "m5 0.2 4.8 4.8-4.8 4.8-4.8-4.8z"},
	graph.StateUnknown: {lookUnknown, ring(5, 5, 3.4)},
}

// parts are the icon's parts, moved by x and y.
func (i icon) parts(x, y float64) []IconPart {
	var out []IconPart
	if i.line != "" {
		out = append(out, IconPart{lookIcon, x, y, i.line})
	}
	if i.dots != "" {
		out = append(out, IconPart{lookIconDot, x, y, i.dots})
	}
	return out
}

func kindIcon(kind string) (name string, i icon) {
	if like, ok := kindLike[kind]; ok {
		kind = like
	}
	if i, ok := kindIcons[kind]; ok {
		return kind, i
	}
	return "other", kindIcons[""]
}

func clusterIcon(kind graph.ClusterKind) (name string, i icon) {
	if i, ok := clusterIcons[kind]; ok {
		return "netns-" + string(kind), i
	}
	return "netns-" + string(graph.Bound), clusterIcons[graph.Bound]
}

// ring moves by x, y from the pen's place, draws a circle around there, and leaves the pen in its
// centre.
func ring(x, y, r float64) string {
	b := append(num(append(num([]byte{'m'}, x-r), ' '), y), 'a')
	b = append(num(append(num(b, r), ' '), r), " 0 1 0 "...)
	b = append(append(num(b, 2*r), " 0a"...), num(append(num(nil, r), ' '), r)...)
	b = append(num(append(b, " 0 1 0 "...), -2*r), " 0zm"...)
	return string(append(num(b, r), " 0"...))
}

// spot is a ring to be filled.
func spot(x, y, r float64) string { return ring(x, y, r) }

// iconPath reads an icon's data into a path whose origin is x, y. It takes the commands m l h v c s a
// z, all relative; the table's test sees that every icon keeps to them.
func iconPath(data string, x, y float64) Path {
	p, _ := parsePath(data, x, y)
	return p
}

// parsePath returns false where data are not what iconPath takes.
func parsePath(data string, x, y float64) (Path, bool) {
	var p Path
	at := layout.Point{X: x, Y: y}
	start, control := at, at
	var command byte
	s := pathScanner{data: data}
	for {
		if c, ok := s.command(); ok {
			command = c
		} else if s.done() {
			return p, true
		}
		if command == 'z' {
			p.close()
			at, control = start, start
			command = 0
			continue
		}
		var v [7]float64
		n := 0
		switch command {
		case 'h', 'v':
			n = 1
		case 'm', 'l':
			n = 2
		case 's':
			n = 4
		case 'c':
			n = 6
		case 'a':
			n = 7
		default:
			return p, false
		}
		for i := range n {
			var ok bool
			if v[i], ok = s.number(); !ok {
				return p, false
			}
		}
		rel := func(i int) layout.Point { return layout.Point{X: at.X + v[i], Y: at.Y + v[i+1]} }
		next := at
		mirrored := layout.Point{X: 2*at.X - control.X, Y: 2*at.Y - control.Y}
		switch command {
		case 'm':
			next = rel(0)
			start = next
			p.add(moveTo, next)
			command = 'l'
		case 'l':
			next = rel(0)
			p.add(lineTo, next)
		case 'h':
			next.X += v[0]
			p.add(lineTo, next)
		case 'v':
			next.Y += v[0]
			p.add(lineTo, next)
		case 'c':
			next = rel(4)
			control = rel(2)
			p.add(cubicTo, rel(0), control, next)
		case 's':
			next = rel(2)
			control = rel(0)
			p.add(cubicTo, mirrored, control, next)
		case 'a':
			next = rel(5)
			arc(&p, at, next, v[0], v[3] != 0, v[4] != 0)
		}
		if command != 'c' && command != 's' {
			control = next
		}
		at = next
	}
}

// arc adds a piece of a circle from a to b as cubic curves of at most a quarter each.
func arc(p *Path, a, b layout.Point, r float64, large, sweep bool) {
	half := dist(a, b) / 2
	if half == 0 {
		return
	}
	r = math.Max(r, half)
	mid := layout.Point{X: (a.X + b.X) / 2, Y: (a.Y + b.Y) / 2}
	off := math.Sqrt(math.Max(0, r*r-half*half)) / (2 * half)
	if large == sweep {
		off = -off
	}
	c := layout.Point{X: mid.X - off*(b.Y-a.Y), Y: mid.Y + off*(b.X-a.X)}
	from, to := math.Atan2(a.Y-c.Y, a.X-c.X), math.Atan2(b.Y-c.Y, b.X-c.X)
	if sweep && to <= from {
		to += 2 * math.Pi
	} else if !sweep && to >= from {
		to -= 2 * math.Pi
	}
	n := int(math.Ceil(math.Abs(to-from)/(math.Pi/2) - 1e-9))
	step := (to - from) / float64(n)
	k := 4.0 / 3 * math.Tan(step/4) * r
	for i := 0; i < n; i++ {
		s, e := from+step*float64(i), from+step*float64(i+1)
		end := layout.Point{X: c.X + r*math.Cos(e), Y: c.Y + r*math.Sin(e)}
		if i == n-1 {
			end = b
		}
		p.add(cubicTo,
			layout.Point{X: c.X + r*math.Cos(s) - k*math.Sin(s), Y: c.Y + r*math.Sin(s) + k*math.Cos(s)},
			layout.Point{X: end.X + k*math.Sin(e), Y: end.Y - k*math.Cos(e)}, end)
	}
}

// pathScanner cuts path data into commands and numbers.
type pathScanner struct {
	data string
	i    int
}

func (s *pathScanner) skip() {
	for s.i < len(s.data) && (s.data[s.i] == ' ' || s.data[s.i] == ',') {
		s.i++
	}
}

func (s *pathScanner) done() bool { s.skip(); return s.i >= len(s.data) }

func (s *pathScanner) command() (byte, bool) {
	s.skip()
	if s.i < len(s.data) && s.data[s.i] >= 'a' && s.data[s.i] <= 'z' {
		s.i++
		return s.data[s.i-1], true
	}
	return 0, false
}

func (s *pathScanner) number() (float64, bool) {
	s.skip()
	start := s.i
	dot := false
	for ; s.i < len(s.data); s.i++ {
		c := s.data[s.i]
		if c >= '0' && c <= '9' || c == '-' && s.i == start {
			continue
		}
		if c == '.' && !dot {
			dot = true
			continue
		}
		break
	}
	v, err := strconv.ParseFloat(s.data[start:s.i], 64)
	return v, err == nil
}
