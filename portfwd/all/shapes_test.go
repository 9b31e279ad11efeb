package all_test

import (
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
	"github.com/hostwire/hostwire/portfwd"
	"github.com/hostwire/hostwire/portfwd/internal/rulestest"
	"github.com/stretchr/testify/require"
)

// shape is a small rule set, and what it forwards.
type shape struct {
	name     string
	kind     string // "iptables", "ip6tables" or "nft".
	rules    string
	forwards []string
	findings []string
	addrs    []string // addresses of the namespace.
}

// run loads each shape into a fresh network namespace and has the kernel tell it.
func run(t *testing.T, shapes []shape) {
	t.Helper()
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			netns := testkit.Netns(t, "shape")
			rules := s.rules
			if s.kind != "nft" {
				rules = "*nat\n" + rules + "\nCOMMIT\n"
			}
			rulestest.Restore(t, netns, s.kind, rules)
			forwards, findings := portfwd.Detect(&portfwd.System{
				Rules: rulestest.Rules(t, netns),
				Addrs: rulestest.Addrs(s.addrs...),
			})
			require.Equal(t, s.forwards, rulestest.Lines(forwards), "forwards")
			require.Equal(t, s.findings, rulestest.FindingLines(findings), "findings")
		})
	}
}

func TestHandWrittenIptablesRules(t *testing.T) {
	run(t, []shape{
		{
			name: "a port that goes elsewhere", kind: "iptables",
			rules:    `-A PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.0.0.5:80`,
			forwards: []string{"tcp 0.0.0.0:8080 -> 10.0.0.5:80 iptables"},
		},
		{
			name: "limited to an interface, a source, a state and an address", kind: "iptables",
			rules:    `-A PREROUTING -s 192.0.2.0/24 -d 198.51.100.1/32 -i eth0 -p udp -m conntrack --ctstate NEW -m udp --dport 53 -j DNAT --to-destination 10.0.0.53`,
			forwards: []string{"udp 198.51.100.1:53 -> 10.0.0.53:53 iptables"},
		},
		{
			name: "sctp", kind: "iptables",
			rules:    `-A PREROUTING -p sctp -m sctp --dport 3868 -j DNAT --to-destination 10.0.0.9:3869`,
			forwards: []string{"sctp 0.0.0.0:3868 -> 10.0.0.9:3869 iptables"},
		},
		{
			name: "a range that stays, one that is shifted, and one onto one port", kind: "iptables",
			rules: `-A PREROUTING -p tcp -m tcp --dport 9000:9010 -j DNAT --to-destination 10.0.0.5
-A PREROUTING -p tcp -m tcp --dport 7000:7010 -j DNAT --to-destination 10.0.0.5:8000-8010/7000
-A PREROUTING -p tcp -m tcp --dport 6000:6002 -j DNAT --to-destination 10.0.0.5:80
-A PREROUTING -p udp -m udp --dport 9000:9010 -j DNAT --to-destination 10.0.0.5:9000-9010`,
			forwards: []string{
				"tcp 0.0.0.0:6000 -> 10.0.0.5:80 iptables",
				"tcp 0.0.0.0:6001 -> 10.0.0.5:80 iptables",
				"tcp 0.0.0.0:6002 -> 10.0.0.5:80 iptables",
				"tcp 0.0.0.0:7000-7010 -> 10.0.0.5:8000 iptables",
				"tcp 0.0.0.0:9000-9010 -> 10.0.0.5:9000 iptables",
				"udp 0.0.0.0:9000-9010 -> 10.0.0.5:9000 iptables",
			},
		},
		{
			name: "several ports in one rule", kind: "iptables",
			rules: `-A PREROUTING -p tcp -m multiport --dports 80,443,8000:8010 -j DNAT --to-destination 10.0.0.5`,
			forwards: []string{
				"tcp 0.0.0.0:443 -> 10.0.0.5:443 iptables",
				"tcp 0.0.0.0:80 -> 10.0.0.5:80 iptables",
				"tcp 0.0.0.0:8000-8010 -> 10.0.0.5:8000 iptables",
			},
		},
		{
			name: "redirects, of all ports as well", kind: "iptables",
			rules: `-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080
-A OUTPUT -d 127.0.0.1/32 -p udp -m udp --dport 53 -j REDIRECT --to-ports 5353
-A PREROUTING -p tcp -j REDIRECT --to-ports 15001`,
			forwards: []string{
				"tcp 0.0.0.0:1-79 -> self:15001 iptables to-one",
				"tcp 0.0.0.0:80 -> self:8080 iptables",
				"tcp 0.0.0.0:81-65535 -> self:15001 iptables to-one",
				"udp 127.0.0.1:53 -> self:5353 iptables",
			},
		},
		{
			name: "earlier rules win, and unreached chains forward nothing", kind: "iptables",
			rules: `:STALE - [0:0]
:WEB - [0:0]
-A PREROUTING -p tcp -m tcp --dport 22 -j ACCEPT
-A PREROUTING -p tcp -m tcp --dport 20:23 -j DNAT --to-destination 10.0.0.5
-A PREROUTING -p tcp -m tcp --dport 80 -g WEB
-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.6:80
-A PREROUTING -p tcp -m tcp --dport 21 -j DNAT --to-destination 10.0.0.7:21
-A WEB -s 192.0.2.1/32 -j RETURN
-A WEB -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.8:80
-A STALE -p tcp -m tcp --dport 99 -j DNAT --to-destination 10.0.0.9:99`,
			forwards: []string{
				"tcp 0.0.0.0:20-21 -> 10.0.0.5:20 iptables",
				"tcp 0.0.0.0:23 -> 10.0.0.5:23 iptables",
				"tcp 0.0.0.0:80 -> 10.0.0.8:80 iptables",
			},
		},
		{
			name: "shares by chance and in turn, and a pool of addresses", kind: "iptables",
			rules: `-A PREROUTING -p tcp -m tcp --dport 80 -m statistic --mode random --probability 0.25 -j DNAT --to-destination 10.0.0.1:80
-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.2:80
-A PREROUTING -p tcp -m tcp --dport 81 -m statistic --mode nth --every 3 --packet 0 -j DNAT --to-destination 10.0.0.1:81
-A PREROUTING -p tcp -m tcp --dport 81 -m statistic --mode nth --every 2 --packet 0 -j DNAT --to-destination 10.0.0.2:81
-A PREROUTING -p tcp -m tcp --dport 81 -j DNAT --to-destination 10.0.0.3:81
-A PREROUTING -p tcp -m tcp --dport 82 -j DNAT --to-destination 10.0.0.1-10.0.0.2`,
			forwards: []string{
				"tcp 0.0.0.0:80 -> 10.0.0.1:80 iptables share=0.25",
				"tcp 0.0.0.0:80 -> 10.0.0.2:80 iptables share=0.75",
				"tcp 0.0.0.0:81 -> 10.0.0.1:81 iptables share=0.33",
				"tcp 0.0.0.0:81 -> 10.0.0.2:81 iptables share=0.33",
				"tcp 0.0.0.0:81 -> 10.0.0.3:81 iptables share=0.33",
				"tcp 0.0.0.0:82 -> 10.0.0.1:82 iptables share=0.50",
				"tcp 0.0.0.0:82 -> 10.0.0.2:82 iptables share=0.50",
			},
		},
		{
			name: "a whole network counts by the addresses that are here", kind: "iptables",
			rules: `-A PREROUTING -d 192.0.2.0/24 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.5:8080
-A PREROUTING -p tcp -m iprange --dst-range 198.51.100.1-198.51.100.2 -m tcp --dport 81 -j DNAT --to-destination 10.0.0.5:8081
-A PREROUTING -d 203.0.113.0/24 -p tcp -m tcp --dport 82 -j DNAT --to-destination 10.0.0.5:8082`,
			addrs: []string{"192.0.2.7", "10.0.0.1"},
			forwards: []string{
				"tcp 192.0.2.7:80 -> 10.0.0.5:8080 iptables",
				"tcp 198.51.100.1:81 -> 10.0.0.5:8081 iptables",
				"tcp 198.51.100.2:81 -> 10.0.0.5:8081 iptables",
			},
			findings: []string{"IPv4 nat PREROUTING #: forwards tcp to port 82 of all addresses from 203.0.113.0 to 203.0.113.255, which is not shown"},
		},
		{
			name: "what is not understood is a finding", kind: "iptables",
			rules: `:WEB - [0:0]
-A PREROUTING -p tcp -m tcp --dport 80 -m bpf --bytecode "1,6 0 0 65535" -j WEB
-A PREROUTING -m mark --mark 0x1 -j DNAT --to-destination 10.0.0.9
-A PREROUTING -d 192.0.2.0/24 -j NETMAP --to 10.9.9.0/24
-A PREROUTING -p tcp -m u32 --u32 "0x0=0x0" -j ACCEPT
-A WEB -p tcp -j DNAT --to-destination 10.0.0.5:8080`,
			findings: []string{
				"IPv4 nat PREROUTING #: match \"bpf\" is not understood",
				"IPv4 nat PREROUTING #: rewrites packets that other rules have marked, so that their ports can't be told",
				"IPv4 nat PREROUTING #: target \"NETMAP\" is not understood",
			},
		},
		{
			name: "IPv6", kind: "ip6tables",
			rules: `-A PREROUTING -d 2001:db8::1/128 ! -s fe80::/10 -p tcp -m tcp --dport 443 -j DNAT --to-destination [fd00::5]:8443
-A PREROUTING -p tcp -m tcp ! --dport 443 -m addrtype --dst-type LOCAL -m multiport --dports 80,443 -j DNAT --to-destination fd00::6`,
			forwards: []string{
				"tcp [2001:db8::1]:443 -> [fd00::5]:8443 iptables",
				"tcp [::]:80 -> [fd00::6]:80 iptables",
			},
		},
	})
}

func TestHandWrittenNftablesRules(t *testing.T) {
	run(t, []shape{
		{
			name: "dnat and redirect for both families", kind: "nft",
			rules: `table inet edge {
	chain in { type nat hook prerouting priority dstnat; policy accept;
		iifname "eth0" tcp dport 8080 dnat ip to 10.0.0.5:80
		ip6 daddr 2001:db8::1 tcp dport 8080 dnat ip6 to [fd00::5]:80
		meta l4proto { tcp, udp } th dport 53 redirect to :5353
		tcp dport 2000-2010 dnat ip to 10.0.0.6
	}
}`,
			forwards: []string{
				"tcp 0.0.0.0:2000-2010 -> 10.0.0.6:2000 nftables",
				"tcp 0.0.0.0:53 -> self:5353 nftables",
				"tcp 0.0.0.0:8080 -> 10.0.0.5:80 nftables",
				"tcp [2001:db8::1]:8080 -> [fd00::5]:80 nftables",
				"tcp [::]:53 -> self:5353 nftables",
				"udp 0.0.0.0:53 -> self:5353 nftables",
				"udp [::]:53 -> self:5353 nftables",
			},
		},
		{
			name: "sets, maps and concatenations", kind: "nft",
			rules: `table ip edge {
	set web { type inet_service; flags interval; elements = { 80, 443, 8000-8003 } }
	map hosts { type inet_service : ipv4_addr . inet_service; elements = { 2201 : 10.0.0.1 . 22, 2202 : 10.0.0.2 . 22 } }
	map both { type ipv4_addr . inet_service : ipv4_addr . inet_service; flags interval; elements = { 192.0.2.1 . 25 : 10.0.1.1 . 2525, 192.0.2.2-192.0.2.3 . 110-111 : 10.0.1.2 . 1110 } }
	map jumps { type inet_proto . inet_service : verdict; elements = { tcp . 5000 : jump five, udp . 5001 : goto six } }
	chain in { type nat hook prerouting priority -100;
		tcp dport @web dnat to 10.0.0.5
		dnat ip to tcp dport map @hosts
		dnat ip to ip daddr . tcp dport map @both
		meta l4proto . th dport vmap @jumps
		tcp dport vmap { 6000-6001 : jump five }
		udp dport 7000-7002 dnat ip to udp dport map { 7000 : 10.0.0.7 . 70, 7001 : 10.0.0.7 . 71, 7002 : 10.0.0.7 . 72 }
	}
	chain five { dnat to 10.0.0.55; }
	chain six { meta l4proto udp dnat to 10.0.0.66:66; }
}`,
			forwards: []string{
				"tcp 0.0.0.0:2201 -> 10.0.0.1:22 nftables",
				"tcp 0.0.0.0:2202 -> 10.0.0.2:22 nftables",
				"tcp 0.0.0.0:443 -> 10.0.0.5:443 nftables",
				"tcp 0.0.0.0:5000 -> 10.0.0.55:5000 nftables",
				"tcp 0.0.0.0:6000-6001 -> 10.0.0.55:6000 nftables",
				"tcp 0.0.0.0:80 -> 10.0.0.5:80 nftables",
				"tcp 0.0.0.0:8000-8003 -> 10.0.0.5:8000 nftables",
				"tcp 192.0.2.1:25 -> 10.0.1.1:2525 nftables",
				"tcp 192.0.2.2:110 -> 10.0.1.2:1110 nftables",
				"tcp 192.0.2.2:111 -> 10.0.1.2:1110 nftables",
				"tcp 192.0.2.3:110 -> 10.0.1.2:1110 nftables",
				"tcp 192.0.2.3:111 -> 10.0.1.2:1110 nftables",
				"udp 0.0.0.0:5001 -> 10.0.0.66:66 nftables",
				"udp 0.0.0.0:7000-7002 -> 10.0.0.7:70 nftables",
			},
		},
		{
			name: "negations take away", kind: "nft",
			rules: `table ip edge {
	chain in { type nat hook prerouting priority -100;
		ip daddr != { 10.0.0.0/8 } tcp dport != 22 redirect to :3128
		udp dport != { 53, 123 } udp dport 50-60 dnat to 10.0.0.5
		sctp dport < 20 dnat to 10.0.0.6
	}
}`,
			forwards: []string{
				"sctp 0.0.0.0:1-19 -> 10.0.0.6:1 nftables",
				"tcp 0.0.0.0:1-21 -> self:3128 nftables to-one",
				"tcp 0.0.0.0:23-65535 -> self:3128 nftables to-one",
				"udp 0.0.0.0:50-52 -> 10.0.0.5:50 nftables",
				"udp 0.0.0.0:54-60 -> 10.0.0.5:54 nftables",
			},
		},
		{
			name: "shares by numgen and jhash", kind: "nft",
			rules: `table ip edge {
	chain in { type nat hook prerouting priority -100;
		tcp dport 80 dnat to numgen inc mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }
		tcp dport 81 numgen random mod 10 vmap { 0-6 : jump a, 7-9 : jump b }
		tcp dport 82 dnat to jhash ip saddr mod 2 seed 0x1 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }
		tcp dport 83 numgen random mod 100 < 30 dnat to 10.0.0.1
		tcp dport 83 dnat to 10.0.0.2
	}
	chain a { meta l4proto tcp dnat to 10.0.0.3:8081; }
	chain b { meta l4proto tcp dnat to 10.0.0.4:8081; }
}`,
			forwards: []string{
				"tcp 0.0.0.0:80 -> 10.0.0.1:80 nftables share=0.50",
				"tcp 0.0.0.0:80 -> 10.0.0.2:80 nftables share=0.50",
				"tcp 0.0.0.0:81 -> 10.0.0.3:8081 nftables share=0.70",
				"tcp 0.0.0.0:81 -> 10.0.0.4:8081 nftables share=0.30",
				"tcp 0.0.0.0:82 -> 10.0.0.1:82 nftables share=0.50",
				"tcp 0.0.0.0:82 -> 10.0.0.2:82 nftables share=0.50",
				"tcp 0.0.0.0:83 -> 10.0.0.1:83 nftables share=0.30",
				"tcp 0.0.0.0:83 -> 10.0.0.2:83 nftables share=0.70",
			},
		},
		{
			name: "hooks, priorities and policies decide who comes first", kind: "nft",
			rules: `table ip late {
	chain in { type nat hook prerouting priority -90;
		tcp dport 80 dnat to 10.0.0.2
		tcp dport 81 dnat to 10.0.0.3
		tcp dport 82 dnat to 10.0.0.6
	}
}
table ip early {
	chain in { type nat hook prerouting priority -110;
		tcp dport 80 dnat to 10.0.0.1
		tcp dport 81 accept
		tcp dport 82 drop
	}
}
table ip after {
	chain post { type nat hook postrouting priority 100;
		tcp dport 83 snat to 10.0.0.4
	}
	chain unhooked {
		tcp dport 84 dnat to 10.0.0.5
	}
}`,
			forwards: []string{
				"tcp 0.0.0.0:80 -> 10.0.0.1:80 nftables",
				"tcp 0.0.0.0:81 -> 10.0.0.3:81 nftables",
			},
		},
		{
			name: "what is not understood is a finding", kind: "nft",
			rules: `table ip edge {
	chain in { type nat hook prerouting priority -100;
		tcp dport & 1 == 1 dnat to 10.0.0.1
		dnat ip prefix to ip daddr map { 192.0.2.0/24 : 10.9.9.0/24 }
		meta mark 7 dnat to 10.0.0.2
	}
}`,
			findings: []string{
				"IPv4 edge in #: compares what is not understood",
				"IPv4 edge in #: rewrites packets that other rules have marked, so that their ports can't be told",
				"IPv4 edge in #: rewrites the network part of destinations",
			},
		},
	})
}
