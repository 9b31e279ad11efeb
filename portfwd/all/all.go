package all

import (
	_ "github.com/hostwire/hostwire/portfwd/cni"       // registers itself
	_ "github.com/hostwire/hostwire/portfwd/docker"    // registers itself
	_ "github.com/hostwire/hostwire/portfwd/kubeproxy" // registers itself
	_ "github.com/hostwire/hostwire/portfwd/native"    // registers itself
	_ "github.com/hostwire/hostwire/portfwd/podman"    // registers itself
	_ "github.com/hostwire/hostwire/portfwd/proxy"     // registers itself
)
