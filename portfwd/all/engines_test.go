package all_test

import "testing"

// The rule sets in this file could not be recorded from the programs themselves. They are written
// after the sources and documentation named with each.

// After netavark's src/firewall/varktables/types.rs and nft.rs.
func TestNetavarkRules(t *testing.T) {
	run(t, []shape{
		{
			name: "iptables driver", kind: "iptables",
			rules: `:NETAVARK-DN-1D8721804F16F - [0:0]
:NETAVARK-HOSTPORT-DNAT - [0:0]
:NETAVARK-HOSTPORT-SETMARK - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j NETAVARK-HOSTPORT-DNAT
-A OUTPUT -m addrtype --dst-type LOCAL -j NETAVARK-HOSTPORT-DNAT
-A NETAVARK-HOSTPORT-SETMARK -j MARK --set-xmark 0x2000/0x2000
-A NETAVARK-HOSTPORT-DNAT -p tcp -m tcp --dport 8080 -m comment --comment "dnat name: podman id: 57f0" -j NETAVARK-DN-1D8721804F16F
-A NETAVARK-HOSTPORT-DNAT -p tcp -m tcp --dport 9000:9004 -m comment --comment "dnat name: podman id: 57f0" -j NETAVARK-DN-1D8721804F16F
-A NETAVARK-DN-1D8721804F16F -s 10.88.0.0/16 -p tcp -m tcp --dport 8080 -j NETAVARK-HOSTPORT-SETMARK
-A NETAVARK-DN-1D8721804F16F -s 127.0.0.1/32 -p tcp -m tcp --dport 8080 -j NETAVARK-HOSTPORT-SETMARK
-A NETAVARK-DN-1D8721804F16F -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.88.0.2:80
-A NETAVARK-DN-1D8721804F16F -s 10.88.0.0/16 -p tcp -m tcp --dport 9000:9004 -j NETAVARK-HOSTPORT-SETMARK
-A NETAVARK-DN-1D8721804F16F -p tcp -m tcp --dport 9000:9004 -j DNAT --to-destination 10.88.0.2:5000-5004/9000`,
			forwards: []string{
				"tcp 0.0.0.0:8080 -> 10.88.0.2:80 podman",
				"tcp 0.0.0.0:9000-9004 -> 10.88.0.2:5000 podman",
			},
		},
		{
			name: "nftables driver", kind: "nft",
			rules: `table inet netavark {
	chain NETAVARK-HOSTPORT-DNAT {
		ip daddr 10.89.0.1 udp dport 53 dnat ip to 10.89.0.1:1153
		tcp dport 8080 jump nv_2f259bab_10_88_0_0_nm16_dnat
		sctp dport 8081 jump nv_2f259bab_10_88_0_0_nm16_dnat
		tcp dport 9000-9001 jump nv_2f259bab_fd00_88___nm64_dnat
	}
	chain NETAVARK-HOSTPORT-SETMARK {
		meta mark set meta mark | 0x00002000
	}
	chain PREROUTING {
		type nat hook prerouting priority dstnat; policy accept;
		fib daddr type local jump NETAVARK-HOSTPORT-DNAT
	}
	chain OUTPUT {
		type nat hook output priority -100; policy accept;
		fib daddr type local jump NETAVARK-HOSTPORT-DNAT
	}
	chain nv_2f259bab_10_88_0_0_nm16_dnat {
		ip saddr 10.88.0.0/16 tcp dport 8080 jump NETAVARK-HOSTPORT-SETMARK
		ip saddr 127.0.0.1 tcp dport 8080 jump NETAVARK-HOSTPORT-SETMARK
		tcp dport 8080 dnat ip to 10.88.0.2:80
		ip saddr 10.88.0.0/16 ip daddr 192.0.2.1 sctp dport 8081 jump NETAVARK-HOSTPORT-SETMARK
		ip daddr 192.0.2.1 sctp dport 8081 dnat ip to 10.88.0.2:81
	}
	chain nv_2f259bab_fd00_88___nm64_dnat {
		ip6 saddr fd00:88::/64 tcp dport 9000-9001 jump NETAVARK-HOSTPORT-SETMARK
		tcp dport 9000 dnat ip6 to [fd00:88::2]:9000
		tcp dport 9001 dnat ip6 to [fd00:88::2]:9001
	}
}`,
			forwards: []string{
				"sctp 192.0.2.1:8081 -> 10.88.0.2:81 podman",
				"tcp 0.0.0.0:8080 -> 10.88.0.2:80 podman",
				"tcp [::]:9000 -> [fd00:88::2]:9000 podman",
				"tcp [::]:9001 -> [fd00:88::2]:9001 podman",
				"udp 10.89.0.1:53 -> 10.89.0.1:1153 podman",
			},
		},
	})
}

// After the README of the CNI plugin portmap, its portmap_iptables.go and portmap_nftables.go.
func TestPortmapRules(t *testing.T) {
	run(t, []shape{
		{
			name: "iptables backend", kind: "iptables",
			rules: `:CNI-DN-67e92b96e692a494b6b85 - [0:0]
:CNI-HOSTPORT-DNAT - [0:0]
:CNI-HOSTPORT-SETMARK - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
-A OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
-A CNI-HOSTPORT-SETMARK -m comment --comment "CNI portfwd masquerade mark" -j MARK --set-xmark 0x2000/0x2000
-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \"bridge\" id: \"default-0a1b\"" -m multiport --dports 8080,8043 -j CNI-DN-67e92b96e692a494b6b85
-A CNI-DN-67e92b96e692a494b6b85 -s 172.16.30.0/24 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK
-A CNI-DN-67e92b96e692a494b6b85 -s 127.0.0.1/32 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK
-A CNI-DN-67e92b96e692a494b6b85 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.16.30.2:80
-A CNI-DN-67e92b96e692a494b6b85 -d 192.168.1.2/32 -p tcp -m tcp --dport 8043 -j DNAT --to-destination 172.16.30.2:443`,
			forwards: []string{
				"tcp 0.0.0.0:8080 -> 172.16.30.2:80 cni",
				"tcp 192.168.1.2:8043 -> 172.16.30.2:443 cni",
			},
		},
		{
			name: "nftables backend", kind: "nft",
			rules: `table ip cni_hostport {
	comment "CNI portmap plugin"
	chain hostports {
		ip protocol tcp th dport 8080 dnat ip addr . port to 10.0.0.2 . 80 comment "icee6giejonei6so"
		ip protocol udp th dport 8080 dnat ip addr . port to 10.0.0.2 . 81 comment "icee6giejonei6so"
	}
	chain hostip_hostports {
		ip daddr 192.168.0.2 ip protocol tcp th dport 8083 dnat ip addr . port to 10.0.0.2 . 83 comment "icee6giejonei6so"
	}
	chain prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		jump hostip_hostports
		jump hostports
	}
	chain output {
		type nat hook output priority -100; policy accept;
		jump hostip_hostports
		fib daddr type local jump hostports
	}
}`,
			forwards: []string{
				"tcp 0.0.0.0:8080 -> 10.0.0.2:80 cni",
				"tcp 192.168.0.2:8083 -> 10.0.0.2:83 cni",
				"udp 0.0.0.0:8080 -> 10.0.0.2:81 cni",
			},
		},
	})
}

// After the rules in the issue tracker and documentation of Docker 20.10, and Swarm's ingress.
func TestOlderDockerRules(t *testing.T) {
	run(t, []shape{
		{
			name: "20.10 with userland proxy, and Swarm", kind: "iptables",
			rules: `:DOCKER - [0:0]
:DOCKER-INGRESS - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER-INGRESS
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER-INGRESS
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A DOCKER-INGRESS -p tcp -m tcp --dport 8000 -j DNAT --to-destination 172.18.0.2:8000
-A DOCKER-INGRESS -j RETURN
-A DOCKER -i docker0 -j RETURN
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8081 -j DNAT --to-destination 172.17.0.2:80
-A DOCKER -d 127.0.0.1/32 ! -i docker0 -p udp -m udp --dport 5353 -j DNAT --to-destination 172.17.0.2:53
-A DOCKER ! -i docker0 -p sctp -m sctp --dport 3868 -j DNAT --to-destination 172.17.0.2:3868`,
			forwards: []string{
				"sctp 0.0.0.0:3868 -> 172.17.0.2:3868 docker",
				"tcp 0.0.0.0:8000 -> 172.18.0.2:8000 docker",
				"tcp 0.0.0.0:8081 -> 172.17.0.2:80 docker",
				"udp 127.0.0.1:5353 -> 172.17.0.2:53 docker",
			},
		},
		{
			name: "without userland proxy", kind: "iptables",
			rules: `:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER
-A DOCKER -p tcp -m tcp --dport 8081 -j DNAT --to-destination 172.17.0.2:80`,
			forwards: []string{"tcp 0.0.0.0:8081 -> 172.17.0.2:80 docker"},
		},
		{
			name: "left behind by an engine that stopped", kind: "iptables",
			rules: `:DOCKER - [0:0]
-A DOCKER -p tcp -m tcp --dport 8081 -j DNAT --to-destination 172.17.0.2:80`,
		},
	})
}

// After kube-proxy's sources: pkg/proxy/nftables/proxier.go of 1.31 to 1.34, and
// pkg/proxy/iptables/proxier.go of 1.23, where a chain KUBE-XLB-* had the place of KUBE-EXT-*, and
// KUBE-FW-* that of the later filter rules for load balancers' source ranges.
func TestOlderKubeProxyRules(t *testing.T) {
	run(t, []shape{
		{
			name: "nftables with verdict maps to endpoint chains", kind: "nft",
			rules: `table ip kube-proxy {
	map service-ips { type ipv4_addr . inet_proto . inet_service : verdict
		elements = { 172.30.0.41 . tcp . 80 : goto service-ULMVA6XW-ns1/svc1/tcp/p80, 172.30.0.42 . sctp . 81 : goto service-42NFTM6N-ns2/svc2/sctp/ }
	}
	map service-nodeports { type inet_proto . inet_service : verdict
		elements = { tcp . 30001 : goto external-ULMVA6XW-ns1/svc1/tcp/p80 }
	}
	chain endpoint-5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80 {
		ip saddr 10.180.0.1 jump mark-for-masquerade
		meta l4proto tcp dnat to 10.180.0.1:80
	}
	chain endpoint-4RWZ6KQM-ns1/svc1/tcp/p80__10.180.0.2/80 {
		ip saddr 10.180.0.2 jump mark-for-masquerade
		meta l4proto tcp dnat to 10.180.0.2:80
	}
	chain endpoint-SGOXE6O3-ns2/svc2/sctp/__10.180.0.3/81 {
		ip saddr 10.180.0.3 jump mark-for-masquerade
		meta l4proto sctp dnat to 10.180.0.3:81
	}
	chain mark-for-masquerade {
		meta mark set meta mark | 0x00004000
	}
	chain service-ULMVA6XW-ns1/svc1/tcp/p80 {
		ip daddr 172.30.0.41 tcp dport 80 ip saddr != 10.0.0.0/8 jump mark-for-masquerade
		numgen random mod 2 vmap { 0 : goto endpoint-5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80, 1 : goto endpoint-4RWZ6KQM-ns1/svc1/tcp/p80__10.180.0.2/80 }
	}
	chain service-42NFTM6N-ns2/svc2/sctp/ {
		numgen random mod 1 vmap { 0 : goto endpoint-SGOXE6O3-ns2/svc2/sctp/__10.180.0.3/81 }
	}
	chain local-ULMVA6XW-ns1/svc1/tcp/p80 {
		numgen random mod 1 vmap { 0 : goto endpoint-4RWZ6KQM-ns1/svc1/tcp/p80__10.180.0.2/80 }
	}
	chain external-ULMVA6XW-ns1/svc1/tcp/p80 {
		ip saddr 10.0.0.0/8 goto service-ULMVA6XW-ns1/svc1/tcp/p80 comment "short-circuit pod traffic"
		fib saddr type local jump mark-for-masquerade comment "masquerade local traffic"
		fib saddr type local goto service-ULMVA6XW-ns1/svc1/tcp/p80 comment "short-circuit local traffic"
		goto local-ULMVA6XW-ns1/svc1/tcp/p80
	}
	chain services {
		ip daddr . meta l4proto . th dport vmap @service-ips
		fib daddr type local ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap @service-nodeports
	}
	chain nat-prerouting {
		type nat hook prerouting priority dstnat;
		jump services
	}
	chain nat-output {
		type nat hook output priority -100;
		jump services
	}
}`,
			forwards: []string{
				"sctp 172.30.0.42:81 -> 10.180.0.3:81 kube-proxy ns2/svc2",
				"tcp 0.0.0.0:30001 -> 10.180.0.2:80 kube-proxy ns1/svc1:p80",
				"tcp 172.30.0.41:80 -> 10.180.0.1:80 kube-proxy share=0.50 ns1/svc1:p80",
				"tcp 172.30.0.41:80 -> 10.180.0.2:80 kube-proxy share=0.50 ns1/svc1:p80",
			},
		},
		{
			name: "iptables of 1.23", kind: "iptables",
			rules: `:KUBE-SERVICES - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-MARK-DROP - [0:0]
:KUBE-FW-AAAA - [0:0]
:KUBE-XLB-BBBB - [0:0]
:KUBE-SVC-AAAA - [0:0]
:KUBE-SVC-BBBB - [0:0]
:KUBE-SEP-A1 - [0:0]
:KUBE-SEP-B1 - [0:0]
:KUBE-SEP-B2 - [0:0]
:KUBE-SEP-GONE - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-MARK-DROP -j MARK --set-xmark 0x8000/0x8000
-A KUBE-SERVICES -d 1.2.3.4/32 -p tcp -m comment --comment "ns/lb:p loadbalancer IP" -m tcp --dport 80 -j KUBE-FW-AAAA
-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-NODEPORTS -p tcp -m comment --comment "ns/np" -m tcp --dport 31000 -j KUBE-XLB-BBBB
-A KUBE-FW-AAAA -s 203.0.113.0/25 -m comment --comment "ns/lb:p loadbalancer IP" -j KUBE-SVC-AAAA
-A KUBE-FW-AAAA -m comment --comment "ns/lb:p loadbalancer IP" -j KUBE-MARK-DROP
-A KUBE-XLB-BBBB -s 10.0.0.0/24 -m comment --comment "Redirect pods trying to reach external loadbalancer VIP to clusterIP" -j KUBE-SVC-BBBB
-A KUBE-XLB-BBBB -m comment --comment "masquerade LOCAL traffic for ns/np LB IP" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ
-A KUBE-XLB-BBBB -m comment --comment "route LOCAL traffic for ns/np LB IP to service chain" -m addrtype --src-type LOCAL -j KUBE-SVC-BBBB
-A KUBE-XLB-BBBB -m comment --comment "Balancing rule 0 for ns/np" -j KUBE-SEP-B2
-A KUBE-SVC-AAAA -m comment --comment "ns/lb:p" -j KUBE-SEP-A1
-A KUBE-SVC-BBBB -m comment --comment "ns/np" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-B1
-A KUBE-SVC-BBBB -m comment --comment "ns/np" -j KUBE-SEP-B2
-A KUBE-SEP-A1 -p tcp -m comment --comment "ns/lb:p" -m tcp -j DNAT --to-destination 10.0.0.1:80
-A KUBE-SEP-B1 -p tcp -m comment --comment "ns/np" -m tcp -j DNAT --to-destination 10.0.0.2:80
-A KUBE-SEP-B2 -p tcp -m comment --comment "ns/np" -m tcp -j DNAT --to-destination 10.0.0.3:80
-A KUBE-SEP-GONE -p tcp -m comment --comment "ns/gone" -m tcp -j DNAT --to-destination 10.0.0.4:80`,
			forwards: []string{
				"tcp 0.0.0.0:31000 -> 10.0.0.3:80 kube-proxy ns/np",
				"tcp 1.2.3.4:80 -> 10.0.0.1:80 kube-proxy ns/lb:p",
			},
		},
	})
}

// After firewalld's documentation of forward ports and its src/firewall/core/nftables.py, and after
// the hook script in libvirt's wiki, "Networking: forwarding incoming connections".
func TestFirewallManagersRules(t *testing.T) {
	run(t, []shape{
		{
			name: "firewalld", kind: "nft",
			rules: `table inet firewalld {
	chain nat_PREROUTING {
		type nat hook prerouting priority dstnat + 10; policy accept;
		jump nat_PREROUTING_ZONES
	}
	chain nat_PREROUTING_POLICIES_pre {
		jump nat_PRE_policy_allow-host-ipv6
	}
	chain nat_PRE_policy_allow-host-ipv6 { }
	chain nat_PREROUTING_ZONES {
		iifname "eth0" goto nat_PRE_public
		goto nat_PRE_public
	}
	chain nat_PRE_public {
		jump nat_PREROUTING_POLICIES_pre
		jump nat_PRE_public_allow
	}
	chain nat_PRE_public_allow {
		meta nfproto ipv4 tcp dport 80 dnat ip to 192.0.2.55:8080
		tcp dport 22 redirect to :2222
		meta nfproto ipv6 udp dport 53 dnat ip6 to 2001:db8::53
		ip saddr 10.0.0.0/8 meta nfproto ipv4 tcp dport 5000-5010 dnat ip to 192.0.2.56:5000-5010
	}
}`,
			forwards: []string{
				"tcp 0.0.0.0:22 -> self:2222 firewalld",
				"tcp 0.0.0.0:5000-5010 -> 192.0.2.56:5000 firewalld",
				"tcp 0.0.0.0:80 -> 192.0.2.55:8080 firewalld",
				"tcp [::]:22 -> self:2222 firewalld",
				"udp [::]:53 -> [2001:db8::53]:53 firewalld",
			},
		},
		{
			name: "libvirt hook", kind: "iptables",
			rules: `-A PREROUTING -d 198.51.100.7/32 -p tcp -m tcp --dport 2222 -j DNAT --to-destination 192.168.122.10:22
-A OUTPUT -d 198.51.100.7/32 -p tcp -m tcp --dport 2222 -j DNAT --to-destination 192.168.122.10:22`,
			forwards: []string{"tcp 198.51.100.7:2222 -> 192.168.122.10:22 iptables"},
		},
	})
}
