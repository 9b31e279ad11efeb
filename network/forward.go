package network

import "context"

// discoverForwardedPorts finds the ports that namespaces forward, after everything else is known.
func discoverForwardedPorts(ctx context.Context, opts Options, d *Discovery) (findings []Finding) {
	return nil
}
