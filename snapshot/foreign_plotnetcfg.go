package snapshot

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/hostwire/hostwire/internal/lazy"
	"github.com/hostwire/hostwire/network"
)

// plotnetcfgFile is what plotnetcfg -f json writes (its format 1).
type plotnetcfgFile struct {
	Format     int    `json:"format"`
	Version    string `json:"version"`
	Namespaces []struct {
		Name       string `json:"name"` // empty for the one it ran in; "PID 4711 (sleep)" without a name.
		Interfaces []struct {
			ID        string `json:"id"`
			Name      string `json:"name"`
			Driver    string `json:"driver"`
			MTU       int    `json:"mtu"`
			State     string `json:"state"`
			Addresses []struct {
				Address string `json:"address"`
			} `json:"addresses"`
			Parent   *plotnetcfgLink  `json:"parent"`
			Peer     *plotnetcfgLink  `json:"peer"`
			Children []plotnetcfgLink `json:"children"`
		} `json:"interfaces"`
	} `json:"namespaces"`
}

type plotnetcfgLink struct {
	Target string `json:"target"`
}

var plotnetcfgProcess = lazy.Regexp(`^PID ([0-9]+) \((.*)\)$`)

// readPlotnetcfg reads plotnetcfg's JSON.
func readPlotnetcfg(data []byte, m *importer) error {
	var file plotnetcfgFile
	if err := json.Unmarshal(data, &file); err != nil {
		return err
	}
	if file.Format != 1 {
		return fmt.Errorf("it has format %d, which is not known", file.Format)
	}
	peers := map[string]string{}
	for _, space := range file.Namespaces {
		ns, err := m.netns(0)
		if err != nil {
			return err
		}
		switch process := plotnetcfgProcess().FindStringSubmatch(space.Name); {
		case space.Name == "":
			ns.Initial = true
		case process != nil:
			pid, _ := strconv.ParseInt(process[1], 10, 64)
			m.process(pid, process[2], ns)
		default:
			ns.Paths = []string{"/run/netns/" + space.Name}
		}
		for _, i := range space.Interfaces {
			kind := "" // hardware, unless the driver is one that makes virtual interfaces.
			if kindTypes[i.Driver] != "" || i.Driver == "dummy" || i.Driver == "ifb" {
				kind = i.Driver
			}
			nif, err := m.nif(ns, i.ID, kind, i.Name, 0)
			if err != nil {
				return err
			}
			attrs := nif.Nif()
			attrs.MTU = i.MTU
			switch i.State {
			case "up":
				attrs.State, attrs.AdminUp = network.Up, true
			case "up_no_link":
				attrs.State, attrs.AdminUp = network.LowerLayerDown, true
			case "down":
				attrs.State = network.Down
			}
			if kind == "" && !attrs.Loopback {
				attrs.Physical = true
				attrs.DriverInfo.Driver = i.Driver
			}
			for _, a := range i.Addresses {
				if p, err := netip.ParsePrefix(a.Address); err == nil {
					address(attrs, p)
				}
			}
			if i.Peer != nil {
				peers[i.ID] = i.Peer.Target
			}
		}
	}
	for _, space := range file.Namespaces {
		for _, i := range space.Interfaces {
			// Controllers list their members, interfaces on top of another list that one. A parent is
			// only to be trusted where it is a controller: of other interfaces it is often wrong.
			if i.Parent != nil {
				m.member(i.ID, i.Parent.Target)
			}
			if kindTypes[i.Driver] == "" || len(i.Children) == 0 {
				continue
			}
			switch i.Driver {
			case "macvlan", "macvtap", "ipvlan", "ipvtap", "vlan":
				m.lower(i.ID, i.Children[0].Target)
			case "vxlan":
				// plotnetcfg 0.4.1 names a wrong one for a VXLAN that was moved to another namespace.
				if lower := m.nifs[i.Children[0].Target]; lower != nil && lower.Nif().Netns == m.nifs[i.ID].Nif().Netns {
					m.lower(i.ID, i.Children[0].Target)
				}
			default:
				for _, child := range i.Children {
					m.member(child.Target, i.ID)
				}
			}
		}
	}
	m.peers(peers)
	m.told(strings.TrimSpace("plotnetcfg "+file.Version), "hardware addresses, indices, tunnels' ends, ports and routes")
	return nil
}
