package follow

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/hostwire/hostwire/portfwd/nftget"
	"golang.org/x/sys/unix"
)

// Bounds of one walk. The kernel follows jumps 16 deep; a rule set can still be made so that there
// are more ways through it than anybody can go.
const (
	maxDepth    = 20
	maxWork     = 1 << 19 // rules and branches looked at.
	maxPaths    = 1 << 16
	maxProblems = 256
)

// Family tells which packets were followed.
type Family byte

// The families.
const (
	IPv4 Family = unix.NFPROTO_IPV4
	IPv6 Family = unix.NFPROTO_IPV6
)

// Step is a rule that a packet went through because it matched.
type Step struct {
	Table    *nftget.Table
	Chain    *nftget.Chain
	Rule     *nftget.Rule
	Comments []string // of the rule, its matches and the set element that matched.
	BySource bool     // the rule is only for packets from some sources.
	XTables  bool     // the rule has parts of xtables, or lies in one of its tables.
}

// Path is one way of a packet from a hook to a rule that rewrites its destination.
type Path struct {
	Family Family
	Hook   uint32 // unix.NF_INET_PRE_ROUTING or unix.NF_INET_LOCAL_OUT.

	Proto    uint8      // unix.IPPROTO_TCP, …
	AddrLo   netip.Addr // first address that packets are accepted at; not valid for any.
	AddrHi   netip.Addr // last one.
	Local    bool       // only addresses of the host itself.
	PortLo   uint16     // first port that packets are accepted at.
	PortHi   uint16     // last one.
	To       netip.Addr // new destination; not valid if the address stays or becomes the host's own.
	Redirect bool       // the address becomes the host's own.
	ToPort   uint16     // what PortLo becomes.
	ToOne    bool       // all ports become ToPort; else they move in step.
	Share    float64    // share of the packets accepted that get here.
	Limited  bool       // for some of the packets only, by something else than the above.
	Steps    []Step     // from the base chain to the rule that rewrites.
}

// Problem is a rule that leads to a rewritten destination, or rewrites, in a way not understood.
type Problem struct {
	Family Family
	Table  string
	Chain  string
	Handle uint64 // 0 if it is not one rule's.
	Text   string
}

// Ruleset follows packets of both families through a rule set. Paths come in the order in which
// the kernel would try them, IPv4 first.
func Ruleset(rs *nftget.Ruleset) ([]Path, []Problem) {
	var (
		paths    []Path
		problems []Problem
	)
	for _, family := range []Family{IPv4, IPv6} {
		for _, hook := range []uint32{unix.NF_INET_PRE_ROUTING, unix.NF_INET_LOCAL_OUT} {
			w := &walker{family: family, hook: hook, addrLen: 4, work: maxWork}
			if family == IPv6 {
				w.addrLen = 16
			}
			w.run(rs)
			paths = append(paths, w.paths...)
			problems = append(problems, w.problems...)
		}
	}
	return paths, problems
}

// walker follows packets of one family from one hook.
type walker struct {
	family   Family
	hook     uint32
	addrLen  int
	start    box // packets to follow; the zero value is all.
	work     int
	stops    stops
	frames   int
	paths    []Path
	problems []Problem
	overrun  bool
}

// split is a point at which only a share of the packets goes on.
type split struct {
	share float64
	from  int // stops that were there when packets parted.
	to    int // stops from this one on came after.
}

// packet is what is known about a packet.
type packet struct {
	box    box
	regs   registers
	draw   span // what a drawn number can be.
	splits []split
	limits int // how many conditions it met that say nothing of where it goes, or are not understood.
	marked bool
	source bool     // in the present rule.
	unsure *Problem // why it is not known whether packets get here; nil if it is.
	steps  []Step
	hint   string // comment of the set element that matched in the present rule.
}

// place is where the walk is.
type place struct {
	table *nftget.Table
	chain *nftget.Chain
	rule  *nftget.Rule
	frame int
	base  int // frame of the base chain.
	depth int
}

// run follows packets through all base chains at the hook, in the order of their priorities.
func (w *walker) run(rs *nftget.Ruleset) {
	type base struct {
		table *nftget.Table
		chain *nftget.Chain
	}
	var bases []base
	for _, table := range rs.Tables {
		if table.Family != nftables.TableFamilyINet && byte(table.Family) != byte(w.family) {
			continue
		}
		names := make([]string, 0, len(table.Chains))
		for name := range table.Chains {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			if chain := table.Chains[name]; chain.TranslatesDestinations() && chain.Hook == w.hook {
				bases = append(bases, base{table, chain})
			}
		}
	}
	slices.SortStableFunc(bases, func(a, b base) int { return cmp.Compare(a.chain.Priority, b.chain.Priority) })
	for _, b := range bases {
		w.frames++
		at := place{table: b.table, chain: b.chain, frame: w.frames, base: w.frames}
		w.visit(at, packet{box: w.start})
	}
}

// visit sends a packet through the chain, and on to where it jumps.
func (w *walker) visit(at place, pk packet) {
	start := w.stops.len()
	for _, rule := range at.chain.Rules {
		if w.exhausted(at) {
			break
		}
		at.rule = rule
		pk := pk
		pk.regs = unset
		pk.source, pk.hint = false, ""
		w.within(pk, &pk, func() { w.evaluate(at, &pk, 0) })
	}
	if at.frame == at.base && at.chain.Drops {
		w.stop(at, pk, 0)
	}
	w.stops.leave(start, at.frame)
}

// unset are registers that nothing was loaded into.
var unset = func() (r registers) {
	for i := range r {
		r[i].field = fieldUnclear
	}
	return r
}()

// exhausted tells whether the walk has become too long, and says so once.
func (w *walker) exhausted(at place) bool {
	w.work--
	if w.work > 0 && len(w.paths) < maxPaths {
		return false
	}
	if !w.overrun {
		w.overrun = true
		w.problems = append(w.problems, Problem{Family: w.family, Table: at.table.Name, Chain: at.chain.Name,
			Text: "there are more ways through the rules than are followed"})
	}
	return true
}

// within does something with a packet that was as before at the point where ways part. What stops
// under a limitation that came up since does not stop the packets on other ways.
func (w *walker) within(before packet, pk *packet, do func()) {
	start := w.stops.len()
	do()
	if pk.limits > before.limits {
		w.stops.soften(start)
	}
}

// demand narrows the packet to those that meet the condition; false if there are none.
func (w *walker) demand(at place, pk *packet, c condition, what string) bool {
	if c.never {
		return false
	}
	if c.drawn {
		if !w.drawn(pk, c.draw, w.stops.len()) {
			return false
		}
	}
	var some bool
	if pk.box, some = pk.box.intersect(c.box); !some {
		return false
	}
	if c.limited {
		pk.limits++
	}
	pk.source = pk.source || c.source
	pk.marked = pk.marked || c.marked
	if c.unclear {
		w.doubt(at, pk, what)
	}
	return true
}

// drawn lets the share of packets go on for which one of the numbers is drawn.
func (w *walker) drawn(pk *packet, numbers spans, from int) bool {
	share := 1.0
	if numbers != nil {
		share = 0
		for _, r := range numbers.intersect(spans{pk.draw}) {
			share += r.count()
		}
		share /= pk.draw.count()
	}
	return w.split(pk, share, from)
}

// split lets a share of the packets go on; from is the number of stops when they parted.
func (w *walker) split(pk *packet, share float64, from int) bool {
	if share <= 0 {
		return false
	}
	pk.splits = append(slices.Clip(pk.splits), split{share: share, from: from, to: w.stops.len()})
	return true
}

// doubt notes that it is not known whether the packet gets further.
func (w *walker) doubt(at place, pk *packet, what string) {
	pk.limits++
	if pk.unsure == nil {
		pk.unsure = &Problem{Family: w.family, Table: at.table.Name, Chain: at.chain.Name, Handle: at.rule.Handle, Text: what}
	}
}

// problem reports a problem once.
func (w *walker) problem(p Problem) {
	if len(w.problems) < maxProblems && !slices.Contains(w.problems, p) {
		w.problems = append(w.problems, p)
	}
}

// verdict ends the rule.
func (w *walker) verdict(at place, pk *packet, kind expr.VerdictKind, chain string) {
	switch kind {
	case expr.VerdictContinue, expr.VerdictBreak: // on to the next rule.
	case expr.VerdictReturn:
		w.stop(at, *pk, at.frame)
	case expr.VerdictAccept:
		w.stop(at, *pk, at.base) // the next base chain is still asked.
	case expr.VerdictJump, expr.VerdictGoto:
		to := at.table.Chains[chain]
		if to == nil || at.depth >= maxDepth {
			w.problem(Problem{Family: w.family, Table: at.table.Name, Chain: at.chain.Name, Handle: at.rule.Handle,
				Text: fmt.Sprintf("leads to chain %q, which can't be followed", chain)})
			return
		}
		if w.remaining(pk) < tiny {
			return // earlier rules take all of these packets.
		}
		next := *pk
		next.steps = append(slices.Clip(pk.steps), w.step(at, pk))
		w.frames++
		w.visit(place{table: at.table, chain: to, frame: w.frames, base: at.base, depth: at.depth + 1}, next)
		if kind == expr.VerdictGoto {
			w.stop(at, *pk, at.frame)
		}
	default: // drop, queue, stolen, …
		w.stop(at, *pk, 0)
	}
}

// step describes the present rule as part of a path.
func (w *walker) step(at place, pk *packet) Step {
	s := Step{Table: at.table, Chain: at.chain, Rule: at.rule, BySource: pk.source}
	if at.rule.Comment != "" {
		s.Comments = append(s.Comments, at.rule.Comment)
	}
	for _, e := range at.rule.Exprs {
		switch e := e.(type) {
		case *nftget.Match:
			s.XTables = true
			if text, ok := e.Comment(); ok {
				s.Comments = append(s.Comments, text)
			}
		case *nftget.Target:
			s.XTables = true
		}
	}
	if pk.hint != "" {
		s.Comments = append(s.Comments, pk.hint)
	}
	return s
}

// tiny is less than any share that counts; shares are computed in floating point.
const tiny = 1e-6

// stop notes that the packet goes no further in the frame; 0 stands for all. Packets that may have
// left a chain further in are not among them: they go on after that chain.
func (w *walker) stop(_ place, pk packet, frame int) {
	if w.remaining(&pk) < tiny {
		return // nothing gets here.
	}
	one := stop{box: w.withoutLeft(pk.box, frame), may: pk.box, hull: hullOf(&pk.box), frame: frame}
	if !one.box.empty() {
		pk.box = one.box
		one.share = w.remaining(&pk)
	}
	if one.share >= tiny || frame != 0 {
		w.stops.add(one)
	}
}

// withoutLeft takes all packets away that may have left a chain further in than the frame, and more
// where those can't be told as a box.
func (w *walker) withoutLeft(b box, frame int) box {
	var left box
	w.stops.meeting(&b, func(_ int, s *stop) {
		if s.frame <= frame || !s.may.overlaps(&b) || s.share >= tiny && s.covers(&b) {
			return // of the last, the share is taken into account.
		}
		at := field(0)
		for f := fields - 1; f > 0; f-- { // the address comes last, and is taken rather than others.
			if !s.may[f].covers(b[f]) {
				at = f
			}
		}
		if !s.may[fieldAddr].covers(b[fieldAddr]) {
			at = fieldAddr
		}
		if s.may[at] == nil {
			left[at] = spans{{u128{}, w.most(at)}}
			return
		}
		left[at] = append(left[at], s.may[at]...)
	})
	return w.minus(b, &left)
}

// minus takes away what is left of each field.
func (w *walker) minus(b box, taken *box) box {
	for f, s := range taken {
		if s != nil {
			b[f] = b[f].intersect(normal(s).complement(w.most(field(f))))
		}
	}
	return b
}

// remaining returns the share of packets that get here, of all that are in the packet's box:
// earlier rules stop some, and at splits only some go on.
func (w *walker) remaining(pk *packet) float64 {
	type taken struct {
		at    int
		share float64
	}
	var all []taken
	w.stops.meeting(&pk.box, func(at int, s *stop) {
		if s.covers(&pk.box) {
			all = append(all, taken{at, s.share})
		}
	})
	share, from := 1.0, 0
	take := func(to int) {
		for _, t := range all {
			if from <= t.at && t.at < to {
				share -= t.share
			}
		}
	}
	for _, s := range pk.splits {
		take(s.from)
		share = max(share, 0) * s.share
		from = s.to
	}
	take(w.stops.len())
	return max(share, 0)
}

// without takes packets away that earlier rules stop for certain. What they take of several fields
// at once can't be told as a box, and is left in.
func (w *walker) without(b box) box {
	for range 3 { // what one takes can make it simpler what another one does.
		var taken box
		before := b
		w.stops.meeting(&before, func(_ int, s *stop) {
			if s.share < 1-tiny || !s.box.overlaps(&before) {
				return
			}
			differs, n := field(0), 0
			for f := range fields {
				if !s.box[f].covers(before[f]) {
					differs = f
					n++
				}
			}
			switch n {
			case 0:
				taken[0] = spans{{u128{}, w.most(0)}}
			case 1:
				taken[differs] = append(taken[differs], s.box[differs]...)
			}
		})
		if taken.unset() {
			break
		}
		if b = w.minus(b, &taken); b.empty() {
			break
		}
	}
	return b
}
