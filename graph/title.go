package graph

import (
	"strings"
)

// addTitle writes title and subtitle: what was looked at, and how much of it there is.
func (p *projection) addTitle(hidden []string) {
	p.g.Title = p.d.Host.Name
	if p.g.Title == "" {
		p.g.Title = "host"
	}
	parts := []string{shortOS(p.d.Host.OS)}
	if p.d.Host.Kernel != "" {
		parts = append(parts, "Linux "+shortKernel(p.d.Host.Kernel))
	}
	nifs := 0
	for _, s := range p.spaces {
		nifs += len(s.nifs)
	}
	parts = append(parts, plural(len(p.spaces), "namespace"), plural(nifs, "interface"))
	parts = append(parts, hidden...)
	p.g.Subtitle = strings.Join(nonEmpty(parts), " · ")
}
