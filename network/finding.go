package network

// subjectOf names a network namespace as the subject of a finding: by its first bind mount, since
// tenants come and go, or else by its display name.
func subjectOf(n *NetworkNamespace) string {
	if len(n.Paths) > 0 {
		return "namespace " + n.Paths[0]
	}
	return "namespace " + n.DisplayName()
}
