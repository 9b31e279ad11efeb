package nftget

import (
	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// Ruleset is what one network namespace's packet filter held, as far as address translation needs
// it: the tables that have chains of type nat, for IPv4, IPv6 and both.
type Ruleset struct {
	Tables []*Table // in the kernel's order.
	Excess []string // what was larger than is read, for people; nil if nothing.
}

// Table is one table with all of its chains, and the sets that its rules look things up in.
type Table struct {
	Family nftables.TableFamily
	Name   string
	Chains map[string]*Chain
	Sets   map[string]*Set
}

// Chain is one chain.
type Chain struct {
	Name     string
	Type     nftables.ChainType // "nat", "filter", "route"; empty unless Base.
	Base     bool               // hooked into the packets' way.
	Hook     uint32             // where: unix.NF_INET_PRE_ROUTING, …; only if Base.
	Priority int32              // order among the base chains at a hook, lowest first.
	Drops    bool               // the policy for packets that no rule decides on is to drop them.
	Rules    []*Rule            // in their order.
}

// Rule is one rule.
type Rule struct {
	Handle  uint64
	Comment string // nft's own comment, empty if none. See Comment for that of xtables.
	Exprs   []any  // *expr.Meta and the like, or this package's Verdict, Shift, Byteorder, Match, Target, Opaque.
}

// Set is a set, map or verdict map.
type Set struct {
	Name     string
	Flags    uint32 // unix.NFT_SET_MAP, NFT_SET_INTERVAL, NFT_SET_EVAL, …
	KeyLen   uint32 // bytes.
	Verdicts bool   // a map to verdicts.
	Elements []Element
	Partial  bool // not all elements were read.
}

// Map tells whether elements have data.
func (s *Set) Map() bool { return s.Flags&unix.NFT_SET_MAP != 0 }

// Interval tells whether elements stand for ranges of keys.
func (s *Set) Interval() bool { return s.Flags&unix.NFT_SET_INTERVAL != 0 }

// Changing tells whether rules or time add and remove elements, so that the ones which are there
// now say little.
func (s *Set) Changing() bool { return s.Flags&(unix.NFT_SET_EVAL|unix.NFT_SET_TIMEOUT) != 0 }

// Element is an element of a set.
type Element struct {
	Key      []byte   // nil for the element that catches all other keys.
	KeyEnd   []byte   // last key of the range for concatenated ranges; nil otherwise.
	Data     []byte   // value in a map.
	Verdict  *Verdict // value in a verdict map.
	RangeEnd bool     // in sets of plain intervals: the first key that is no longer in.
	Comment  string
}

// Verdict ends a rule.
type Verdict struct {
	Kind  expr.VerdictKind
	Chain string // where to, for jump and goto.
}

// Shift is a bitwise expression that is not a mask and an exclusive or.
type Shift struct {
	Source, Dest uint32 // registers.
	Len          uint32 // bytes.
}

// Byteorder turns bytes around between host and network order.
type Byteorder struct {
	Source, Dest uint32 // registers.
	Len, Size    uint32 // bytes in all, and bytes in each number.
}

// Match is an xtables match.
type Match struct {
	Name string
	Rev  uint32
	Info []byte // as the kernel defines it for name and revision; see the functions that decode it.
}

// Target is an xtables target.
type Target struct {
	Name string
	Rev  uint32
	Info []byte
}

// Opaque is an expression that this package has no decoding for, or that did not decode.
type Opaque struct {
	Name string
}
