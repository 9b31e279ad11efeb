package nftget

import (
	"encoding/binary"
	"fmt"

	"github.com/google/nftables"
	"golang.org/x/sys/unix"
)

// Bounds of what is read from one namespace. Anybody who may make a user namespace can fill its
// network namespaces with rules.
const (
	maxChains   = 1 << 17
	maxRules    = 1 << 17
	maxElements = 1 << 18
)

// tableID identifies a table in a namespace.
type tableID struct {
	family nftables.TableFamily
	name   string
}

// builder puts a ruleset together from nfnetlink messages. It is given chains first, then rules
// and sets, then elements, and looks at nothing but the messages.
type builder struct {
	ruleset  Ruleset
	tables   map[tableID]*Table
	chains   int
	rules    int
	elements int
}

func newBuilder() *builder { return &builder{tables: map[tableID]*Table{}} }

// nfMessage is an nfnetlink message without its headers.
type nfMessage struct {
	kind   uint16 // unix.NFT_MSG_NEWCHAIN, …
	family nftables.TableFamily
	attrs  []byte
}

// parseMessage splits off the nfnetlink header; false for messages of other subsystems.
func parseMessage(kind uint16, payload []byte) (nfMessage, bool) {
	if kind>>8 != unix.NFNL_SUBSYS_NFTABLES || len(payload) < 4 {
		return nfMessage{}, false
	}
	return nfMessage{kind: kind & 0xff, family: nftables.TableFamily(payload[0]), attrs: payload[4:]}, true
}

// add takes one message in.
func (b *builder) add(m nfMessage) {
	switch m.family {
	case nftables.TableFamilyIPv4, nftables.TableFamilyIPv6, nftables.TableFamilyINet:
	default:
		return // ports are forwarded in these families only.
	}
	switch m.kind {
	case unix.NFT_MSG_NEWCHAIN:
		b.addChain(m)
	case unix.NFT_MSG_NEWRULE:
		b.addRule(m)
	case unix.NFT_MSG_NEWSET:
		b.addSet(m)
	case unix.NFT_MSG_NEWSETELEM:
		b.addElements(m)
	}
}

// excess notes once that something was too large.
func (b *builder) excess(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for _, known := range b.ruleset.Excess {
		if known == text {
			return
		}
	}
	b.ruleset.Excess = append(b.ruleset.Excess, text)
}

func (b *builder) addChain(m nfMessage) {
	if b.chains++; b.chains > maxChains {
		b.excess("more than %d chains", maxChains)
		return
	}
	id := tableID{m.family, text(attribute(m.attrs, unix.NFTA_CHAIN_TABLE))}
	table := b.tables[id]
	if table == nil {
		table = &Table{Family: id.family, Name: id.name, Chains: map[string]*Chain{}, Sets: map[string]*Set{}}
		b.tables[id] = table
		b.ruleset.Tables = append(b.ruleset.Tables, table)
	}
	chain := &Chain{Name: text(attribute(m.attrs, unix.NFTA_CHAIN_NAME))}
	if hook := attribute(m.attrs, unix.NFTA_CHAIN_HOOK); hook != nil {
		chain.Base = true
		chain.Hook = be32(attribute(hook, unix.NFTA_HOOK_HOOKNUM))
		chain.Priority = int32(be32(attribute(hook, unix.NFTA_HOOK_PRIORITY)))
		chain.Type = nftables.ChainType(text(attribute(m.attrs, unix.NFTA_CHAIN_TYPE)))
		policy := attribute(m.attrs, unix.NFTA_CHAIN_POLICY)
		chain.Drops = policy != nil && be32(policy) == 0 // NF_DROP
	}
	table.Chains[chain.Name] = chain
}

// natTables returns the tables that have a chain of type nat where destinations are translated.
func (b *builder) natTables() []*Table {
	var nat []*Table
	for _, table := range b.ruleset.Tables {
		for _, chain := range table.Chains {
			if chain.TranslatesDestinations() {
				nat = append(nat, table)
				break
			}
		}
	}
	return nat
}

// TranslatesDestinations tells whether the chain is one at which the kernel asks for new
// destinations: of type nat, where packets come in or are sent by the host itself.
func (c *Chain) TranslatesDestinations() bool {
	return c.Base && c.Type == nftables.ChainTypeNAT &&
		(c.Hook == unix.NF_INET_PRE_ROUTING || c.Hook == unix.NF_INET_LOCAL_OUT)
}

func (b *builder) addRule(m nfMessage) {
	table := b.tables[tableID{m.family, text(attribute(m.attrs, unix.NFTA_RULE_TABLE))}]
	if table == nil {
		return
	}
	chain := table.Chains[text(attribute(m.attrs, unix.NFTA_RULE_CHAIN))]
	if chain == nil {
		return
	}
	if b.rules++; b.rules > maxRules {
		b.excess("more than %d rules", maxRules)
		return
	}
	chain.Rules = append(chain.Rules, decodeRule(byte(m.family), m.attrs))
}

// decodeRule decodes the attributes of a rule.
func decodeRule(family byte, attrs []byte) *Rule {
	rule := &Rule{
		Handle:  be64(attribute(attrs, unix.NFTA_RULE_HANDLE)),
		Comment: comment(attribute(attrs, unix.NFTA_RULE_USERDATA)),
	}
	for kind, element := range attributes(attribute(attrs, unix.NFTA_RULE_EXPRESSIONS)) {
		if kind != unix.NFTA_LIST_ELEM {
			continue
		}
		name := text(attribute(element, unix.NFTA_EXPR_NAME))
		rule.Exprs = append(rule.Exprs, decodeExpr(family, name, attribute(element, unix.NFTA_EXPR_DATA)))
	}
	return rule
}

func (b *builder) addSet(m nfMessage) {
	table := b.tables[tableID{m.family, text(attribute(m.attrs, unix.NFTA_SET_TABLE))}]
	if table == nil {
		return
	}
	set := &Set{
		Name:   text(attribute(m.attrs, unix.NFTA_SET_NAME)),
		Flags:  be32(attribute(m.attrs, unix.NFTA_SET_FLAGS)),
		KeyLen: be32(attribute(m.attrs, unix.NFTA_SET_KEY_LEN)),
	}
	set.Verdicts = set.Map() && be32(attribute(m.attrs, unix.NFTA_SET_DATA_TYPE)) == 0xffffff00 // NFT_DATA_VERDICT
	table.Sets[set.Name] = set
}

func (b *builder) addElements(m nfMessage) {
	table := b.tables[tableID{m.family, text(attribute(m.attrs, unix.NFTA_SET_ELEM_LIST_TABLE))}]
	if table == nil {
		return
	}
	set := table.Sets[text(attribute(m.attrs, unix.NFTA_SET_ELEM_LIST_SET))]
	if set == nil {
		return
	}
	for kind, element := range attributes(attribute(m.attrs, unix.NFTA_SET_ELEM_LIST_ELEMENTS)) {
		if kind != unix.NFTA_LIST_ELEM {
			continue
		}
		if b.elements++; b.elements > maxElements {
			set.Partial = true
			b.excess("more than %d elements of sets", maxElements)
			return
		}
		set.Elements = append(set.Elements, decodeElement(set, element))
	}
}

// decodeElement decodes the attributes of a set's element.
func decodeElement(set *Set, attrs []byte) Element {
	const (
		keyEnd   = 10 // NFTA_SET_ELEM_KEY_END
		catchAll = 2  // NFT_SET_ELEM_CATCHALL
	)
	flags := be32(attribute(attrs, unix.NFTA_SET_ELEM_FLAGS))
	element := Element{
		RangeEnd: flags&unix.NFT_SET_ELEM_INTERVAL_END != 0,
		Comment:  comment(attribute(attrs, unix.NFTA_SET_ELEM_USERDATA)),
	}
	if flags&catchAll == 0 {
		element.Key = attribute(attribute(attrs, unix.NFTA_SET_ELEM_KEY), unix.NFTA_DATA_VALUE)
		if element.Key == nil {
			element.Key = []byte{} // a key that nothing equals, rather than one that catches all.
		}
	}
	element.KeyEnd = attribute(attribute(attrs, keyEnd), unix.NFTA_DATA_VALUE)
	data := attribute(attrs, unix.NFTA_SET_ELEM_DATA)
	if set.Verdicts {
		element.Verdict = decodeVerdict(data)
	} else {
		element.Data = attribute(data, unix.NFTA_DATA_VALUE)
	}
	return element
}

// Replay builds the ruleset from recorded netlink messages, as they came from the kernel, one
// after the other. It reads no more of a damaged recording than can be made sense of.
func Replay(recorded []byte) *Ruleset {
	b := newBuilder()
	eachMessage(recorded, func(kind, _ uint16, payload []byte) bool {
		if m, ok := parseMessage(kind, payload); ok {
			b.add(m)
		}
		return true
	})
	return b.finish()
}

// finish drops the tables without address translation.
func (b *builder) finish() *Ruleset {
	b.ruleset.Tables = b.natTables()
	return &b.ruleset
}

// eachMessage calls fn with type, flags and payload of each netlink message in the bytes, until
// it returns false.
func eachMessage(b []byte, fn func(kind, flags uint16, payload []byte) bool) {
	for len(b) >= unix.NLMSG_HDRLEN {
		length := int(binary.NativeEndian.Uint32(b))
		if length < unix.NLMSG_HDRLEN || length > len(b) {
			return
		}
		if !fn(binary.NativeEndian.Uint16(b[4:]), binary.NativeEndian.Uint16(b[6:]), b[unix.NLMSG_HDRLEN:length]) {
			return
		}
		b = b[min((length+3)&^3, len(b)):]
	}
}
