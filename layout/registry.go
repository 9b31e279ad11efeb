package layout

import "sort"

// Info describes an engine for people.
type Info struct {
	Name     string // what --layout takes: "wiring", "dot".
	About    string // one line, no full stop.
	New      func() Engine
	Programs bool // it starts programs, such as Graphviz.
	Recalls  bool // it can leave cards where they were in an earlier picture: Options.Like.
}

var engines = map[string]Info{}

// Register makes an engine known; engines call it from init. A second engine of the same name
// is a programming error and panics.
func Register(info Info) {
	if _, taken := engines[info.Name]; taken {
		panic("layout: engine " + info.Name + " registered twice")
	}
	engines[info.Name] = info
}

// Engines lists the known engines by name.
func Engines() []Info {
	var out []Info
	for _, info := range engines {
		out = append(out, info)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// Find looks an engine up by name.
func Find(name string) (Info, bool) {
	info, ok := engines[name]
	return info, ok
}
