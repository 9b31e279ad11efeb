package network

import (
	"net"

	"github.com/hostwire/hostwire/portfwd"
	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
	"github.com/vishvananda/netlink"
)

type NetworkNamespace struct {
	model.Namespace
	Nifs             map[int]Interface
	NamedNifs        map[string]Interface
	Tenants          Tenants
	Routesv4         []Route
	Routesv6         []Route
	Portsv4          []ProcessSocket
	Portsv6          []ProcessSocket
	ForwardedPortsv4 []ForwardedPort
	ForwardedPortsv6 []ForwardedPort

	// beyond the seed
	Initial bool     // the host's initial network namespace.
	Paths   []string // bind mounts that keep it, as seen from the initial mount namespace, sorted.
}

type NetworkNamespaces map[species.NamespaceID]*NetworkNamespace
type NetworkNamespaceList []*NetworkNamespace

type NSID uint32

type Interface interface {
	Nif() *NifAttrs
	Interface() Interface
}
type Interfaces []Interface
type NifMaker func() Interface

type NifAttrs struct {
	Netns       *NetworkNamespace
	Kind        string
	Name        string
	Alias       string
	Index       int
	State       OperState
	Physical    bool
	DriverInfo  NifDriverInfo
	Promiscuous bool
	Labels      model.Labels
	L2Addr      net.HardwareAddr
	Addrsv4     Addresses
	Addrsv6     Addresses
	SRIOVRole   SRIOVRole
	Bridge      Interface
	Slaves      Interfaces
	PF          Interface
	Link        netlink.Link

	// beyond the seed
	MTU        int              // maximum transmission unit, in bytes.
	AdminUp    bool             // administratively up (IFF_UP).
	Loopback   bool             // IFF_LOOPBACK.
	Controller Interface        // IFLA_MASTER resolved: bridge, bond, team, VRF, OVS datapath, …; nil if none.
	Lower      Interface        // IFLA_LINK resolved: what the interface stands on; nil if none, unseen, or a peer.
	Unresolved string           // "peer", "lower" or "controller" if the kernel names one that is out of sight; else "".
	PermL2Addr net.HardwareAddr // permanent hardware address; nil if none or unknown.
	Speed      int              // link speed in Mbit/s, 0 if unknown.
	Duplex     string           // "full", "half" or "".
	BridgePort *BridgePortAttrs // when a bridge port; nil otherwise.
}

type BridgePortAttrs struct {
	State string // STP state: "disabled", "listening", "learning", "forwarding", "blocking".
	VLANs []PortVLAN
}
type PortVLAN struct {
	VID      uint16
	PVID     bool
	Untagged bool
}

type NifDriverInfo struct {
	Driver      string `json:"driver"`
	Version     string `json:"version,omitempty"`
	FwVersion   string `json:"fwversion,omitempty"`
	BusInfo     string `json:"businfo,omitempty"`
	EromVersion string `json:"eromversion,omitempty"`
}

type (
	Veth interface {
		Interface
		Veth() *VethAttrs
	}
	VethAttrs struct {
		NifAttrs
		Peer Interface
	}
	Bridge interface {
		Interface
		Bridge() *BridgeAttrs
	}
	BridgeAttrs struct {
		NifAttrs
		Ports         []Interface
		VlanFiltering bool
		STPState      string // "disabled", "kernel" or "user".
	}
	Macvlan interface {
		Interface
		Macvlan() *MacvlanAttrs
	}
	// also macvtap
	MacvlanAttrs struct {
		NifAttrs
		Master Interface
		Mode   MacvlanMode
	}
	MacvlanMode netlink.MacvlanMode
	Vlan        interface {
		Interface
		Vlan() *VlanAttrs
	}
	VlanAttrs struct {
		NifAttrs
		Master       Interface
		VID          uint16
		VlanProtocol netlink.VlanProtocol
	}
	Vxlan interface {
		Interface
		Vxlan() *VxlanAttrs
	}
	VxlanAttrs struct {
		NifAttrs
		Master          Interface
		VID             uint32
		Groupv4         net.IP
		Groupv6         net.IP
		Sourcev4        net.IP
		Sourcev6        net.IP
		DestinationPort uint16
		SourcePortLow   uint16
		SourcePortHigh  uint16
		TTL             uint8
		TOS             uint8
		ArpProxy        bool
		Learning        bool
		Remotes         []net.IP // unicast remotes: the FDB's default destinations (and Groupv4/v6 if it is unicast).
	}
	TunTap interface {
		Interface
		TunTap() *TunTapAttrs
	}
	TunTapAttrs struct {
		NifAttrs
		Mode       TunTapMode
		Processors []*model.Process
		Owner      int // uid, -1 if none
		Group      int // gid, -1 if none
	}
	TunTapMode int

	// beyond the seed; each with an interface type of its own (Bond, Team, Vrf, …) like the above.
	BondAttrs struct {
		NifAttrs
		Mode    string // "active-backup", "802.3ad", …
		Active  Interface
		Members Interfaces
	}
	TeamAttrs struct {
		NifAttrs
		Members Interfaces
	}
	VrfAttrs struct {
		NifAttrs
		Table   uint32
		Members Interfaces
	}
	OvsAttrs struct { // openvswitch datapath's internal ports and members
		NifAttrs
		Members Interfaces
	}
	IpvlanAttrs struct { // ipvlan and ipvtap
		NifAttrs
		Master Interface
		Mode   string // "l2", "l3", "l3s"
		Flag   string // "bridge", "private", "vepa"
	}
	GeneveAttrs struct {
		NifAttrs
		VNI             uint32
		Remote          net.IP
		DestinationPort uint16
	}
	TunnelAttrs struct { // gre, gretap, ip6gre, ip6gretap, erspan, ip6erspan, ipip, sit, ip6tnl, vti, vti6, xfrm?
		NifAttrs
		Local, Remote net.IP
		InKey, OutKey uint32
		TTL           uint8
		EncapLimit    uint8
		Carrier       Interface // interface the tunnel is bound to, nil if none.
	}
	WireguardAttrs struct {
		NifAttrs
		ListenPort uint16
		Peers      []WireguardPeer
	}
	WireguardPeer struct { // never a key
		Endpoint   net.UDPAddr // zero if none yet
		AllowedIPs []net.IPNet
	}
	NetkitAttrs struct {
		NifAttrs
		Peer    Interface
		Mode    string // "l2", "l3"
		Primary bool
	}
	HsrAttrs struct { // HSR and PRP
		NifAttrs
		Protocol string // "hsr" or "prp"
		PortA    Interface
		PortB    Interface
	}
	MacsecAttrs struct {
		NifAttrs
		Master  Interface
		SCI     uint64
		Encrypt bool
	}
)

type ForwardedPort struct {
	portfwd.ForwardedPortRange
	Protocol         Protocol
	DestinationNetns *NetworkNamespace
	PIDs             []model.PIDType
	Processes        []*model.Process
	Nifs             Interfaces

	// beyond the seed
	Source  string  // what forwards: "docker", "kube-proxy", "podman", "cni", "nftables", "docker-proxy", …
	Share   float64 // share of connections that this destination gets, in (0,1]; 1 for a sole destination.
	Service string  // service name as the rules tell it ("default/web:http"), empty if none.
}

type ProcessSocket struct {
	Family          AddressFamily
	Protocol        Protocol
	LocalIP         net.IP
	LocalPort       uint16
	RemoteIP        net.IP
	RemotePort      uint16
	State           SocketState
	SimplifiedState SocketSimplifiedState
	PIDs            []model.PIDType
	Processes       []*model.Process
	IPv4Mapped      bool
	Nifs            Interfaces
}
type ProcessSockets []ProcessSocket

type Route struct {
	Family               AddressFamily
	Type                 RouteType
	Destination          net.IPNet
	DestinationPrefixLen int
	NextHop              net.IP
	Index                int
	Nif                  Interface
	Table                int
	Priority             int
	Preference           uint8
}

type Tenant struct {
	Process      *model.Process
	BoundingCaps []byte
	DNS          DnsConfiguration
}
type Tenants []*Tenant

type DnsConfiguration struct {
	Hostname      string            `json:"uts-hostname"`
	EtcHostname   string            `json:"etc-hostname"`
	EtcDomainname string            `json:"domainname"`
	Hosts         map[string]net.IP `json:"etc-hosts"`
	Nameservers   []net.IP          `json:"nameservers"`
	Searchlist    []string          `json:"searchlist"`
}

type Address struct {
	Family            int    `json:"family"`
	Address           net.IP `json:"address"`
	PrefixLength      uint   `json:"prefixlen"`
	PreferredLifetime uint32 `json:"preferred-lifetime"`
	ValidLifetime     uint32 `json:"valid-lifetime"`
	Scope             int    `json:"scope"`
	Index             int    `json:"index"`
}
type Addresses []Address

type (
	AddressFamily         int
	Protocol              int
	RouteType             uint8
	OperState             uint8
	SRIOVRole             uint8
	SocketState           uint8
	SocketSimplifiedState uint8
	IP                    net.IP
)
