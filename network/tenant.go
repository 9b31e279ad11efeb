package network

import "github.com/thediveo/lxkns/model"

// Tenant is a process at the top of a process subtree in a network namespace, or the first process
// of a container.
type Tenant struct {
	Process      *model.Process   // topmost process.
	BoundingCaps []byte           // bounding capabilities; capability 0 is bit 0 of the last byte.
	DNS          DnsConfiguration // how it resolves names.
}

// Tenants is a list of tenants that can be sorted in place.
type Tenants []*Tenant

// Name returns the name of the process.
func (t *Tenant) Name() string { return t.Process.Name }
