package network

import (
	"context"

	"github.com/hostwire/hostwire/portfwd"
	"github.com/thediveo/lxkns/model"
)

// enginesResult is what container engines told.
type enginesResult struct {
	containers model.Containers
	networks   []EngineNetwork
	findings   []Finding
}

// discoverEngines asks the container engines for their containers and networks. It runs beside the
// look at the namespaces, and ends when the context does.
func discoverEngines(ctx context.Context, opts Options, processes model.ProcessTable) enginesResult {
	return enginesResult{}
}

// relateEngines relates what the engines told to the namespaces and their interfaces.
func relateEngines(d *Discovery, told enginesResult) (findings []Finding) {
	d.Containers, d.Networks = told.containers, told.networks
	return told.findings
}

// publishedPorts returns the ports that engines say they have published.
func publishedPorts(containers model.Containers) []portfwd.Published { return nil }
