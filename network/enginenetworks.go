package network

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// dockerNetwork is what Docker tells of a network.
type dockerNetwork struct {
	ID              string `json:"Id"`
	Name, Driver    string
	Internal        bool
	Options, Labels map[string]string
}

// dockerNetworks returns Docker's networks. The bridge's name is an option, or made by Docker from
// the network's ID; for macvlans and ipvlans the parent interface is an option.
func dockerNetworks(list []dockerNetwork) (networks []toldNetwork) {
	for _, n := range list {
		told := toldNetwork{EngineNetwork: EngineNetwork{
			Engine: engineDocker.engine(), ID: n.ID, Name: n.Name, Driver: n.Driver, Internal: n.Internal, Labels: labelsOf(n.Labels),
		}}
		switch n.Driver {
		case "bridge":
			told.nif = n.Options["com.docker.network.bridge.name"]
			if told.nif == "" && len(n.ID) >= 12 {
				told.nif = "br-" + n.ID[:12]
			}
		case "macvlan", "ipvlan":
			told.nif = n.Options["parent"]
			if told.nif == "" && len(n.ID) >= 12 {
				told.nif = "dm-" + n.ID[:12] // a dummy interface, where there is no parent.
			}
		case "host", "null":
			continue // the host's own network, and none.
		}
		networks = append(networks, told)
	}
	return networks
}

func labelsOf(labels map[string]string) map[string]string {
	if len(labels) == 0 {
		return nil
	}
	return maps.Clone(labels)
}

// podmanNetworks asks Podman's own API, which tells the interfaces.
func podmanNetworks(ctx context.Context, web *http.Client) (networks []toldNetwork) {
	type podmanNetwork struct {
		ID        string `json:"id"`
		Name      string `json:"name"`
		Driver    string `json:"driver"`
		Interface string `json:"network_interface"`
		Internal  bool   `json:"internal"`
		Labels    map[string]string
	}
	list, _, err := getList[podmanNetwork](ctx, web, podmanPrefix+"/networks/json", maxContainers)
	if err != nil {
		return nil // told by the other questions.
	}
	for _, n := range list {
		networks = append(networks, toldNetwork{nif: n.Interface, EngineNetwork: EngineNetwork{
			Engine: enginePodman.engine(), ID: n.ID, Name: n.Name, Driver: n.Driver, Internal: n.Internal, Labels: labelsOf(n.Labels),
		}})
	}
	return networks
}

// cniNetworks reads the configuration of CNI networks where the engine is: those that nerdctl made
// for containerd, and for Kubernetes' engines the first one, which is the one that they use.
func cniNetworks(s *engineSocket, engine string) (networks []toldNetwork) {
	const (
		maxFiles = 64
		maxFile  = 1 << 20
	)
	root, err := openRoot("/proc", s.root)
	if err != nil {
		return nil
	}
	defer root.close()
	read := func(name string, kind uint32) *os.File {
		fd, err := root.open(name, kind)
		if err != nil {
			return nil
		}
		return os.NewFile(uintptr(fd), name)
	}
	const dir = "/etc/cni/net.d"
	d := read(dir, unix.S_IFDIR)
	if d == nil {
		return nil
	}
	names, _ := d.Readdirnames(4096) // what could be read of it
	_ = d.Close()
	slices.Sort(names)
	files := 0
	for _, name := range names {
		if ext := path.Ext(name); ext != ".conflist" && ext != ".conf" || files >= maxFiles {
			continue
		}
		files++
		f := read(dir+"/"+name, unix.S_IFREG)
		if f == nil {
			continue
		}
		if b, err := io.ReadAll(io.LimitReader(f, maxFile)); err == nil {
			told := parseCNI(b, engine)
			if s.kind == engineCRI || len(told) > 0 && told[0].ID != "" {
				networks = append(networks, told...)
			}
		}
		_ = f.Close()
		if s.kind == engineCRI {
			break
		}
	}
	return networks
}

// parseCNI decodes a CNI network configuration, a list of plugins or a single one, and returns the
// network if one of its plugins tells the interface.
func parseCNI(b []byte, engine string) []toldNetwork {
	type plugin struct {
		Type   string `json:"type"`
		Bridge string `json:"bridge"`
		Master string `json:"master"`
	}
	var conf struct {
		plugin
		Name    string            `json:"name"`
		ID      string            `json:"nerdctlID"`
		Labels  map[string]string `json:"nerdctlLabels"`
		Plugins []plugin          `json:"plugins"`
	}
	if json.Unmarshal(b, &conf) != nil || conf.Name == "" {
		return nil
	}
	for _, p := range append(conf.Plugins, conf.plugin) {
		nif := ""
		switch p.Type {
		case "bridge":
			nif = p.Bridge
			if nif == "" {
				nif = "cni0" // the plugin's default
			}
		case "macvlan", "ipvlan":
			nif = p.Master
		default:
			continue
		}
		return []toldNetwork{{nif: nif, EngineNetwork: EngineNetwork{
			Engine: engine, ID: strings.ToLower(conf.ID), Name: conf.Name, Driver: p.Type, Labels: labelsOf(conf.Labels),
		}}}
	}
	return nil
}
