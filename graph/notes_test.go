package graph

import (
	"testing"

	"github.com/hostwire/hostwire/network"
	"github.com/stretchr/testify/assert"
)

func TestNotesAreFewAndDifferent(t *testing.T) {
	m := newMaker()
	m.host()
	for i := range 20 {
		m.d.Findings = append(m.d.Findings, network.Finding{Subject: "namespace " + itoa(i/2), Message: "could not be entered", Remedy: "run as root"})
	}
	g := projected(t, m, Options{})
	assert.Len(t, g.Notes, notesShown+1)
	assert.Equal(t, "namespace 0: could not be entered (run as root)", g.Notes[0].Text)
	assert.Equal(t, "and 2 more remarks", g.Notes[notesShown].Text)
}
