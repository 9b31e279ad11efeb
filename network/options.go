package network

// Options say what a discovery looks at. The zero value looks at all of this host.
type Options struct {
	NoEngines     bool           // do not ask container engines; containers are then plain processes.
	EngineSockets []EngineSocket // engines to ask besides those found by their processes.
	NoSockets     bool           // do not read sockets; forwarded ports then have no processes.
	NoPorts       bool           // do not read packet filter rules for forwarded ports.
	NoLinks       bool           // do not decode what NifAttrs.Link is for; it is nil then, but for some interfaces that changed meanwhile.
	Progress      func(string)   // is told what is being done next, in a few words; nil for nobody. Called from one goroutine at a time.
	Proc          string         // where procfs is mounted; empty for /proc. Processes themselves always come from /proc.
	Sys           string         // where sysfs is mounted; empty for /sys.

	many func() // is called at most once, when more than manyNamespaces are found; nil for nothing. From any goroutine.
}

// EngineSocket is the API endpoint of a container engine.
type EngineSocket struct {
	Type string // type of engine, as in EngineNetwork.Engine or its first part: "docker", "podman", …
	Path string // path of its Unix socket.
}

func (o Options) proc() string {
	if o.Proc == "" {
		return "/proc"
	}
	return o.Proc
}

func (o Options) sys() string {
	if o.Sys == "" {
		return "/sys"
	}
	return o.Sys
}

func (o Options) say(what string) {
	if o.Progress != nil {
		o.Progress(what)
	}
}
