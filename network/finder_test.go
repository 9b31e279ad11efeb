package network

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
)

func TestManyNamespacesAreToldOnce(t *testing.T) {
	told := 0
	f := newFinder("/proc", &joinedNamespaces{})
	f.many = func() { told++ }
	for ino := range uint64(manyNamespaces) {
		f.add(species.NamespaceID{Ino: ino}, model.NamespaceRef{"/run/netns/x"})
		f.add(species.NamespaceID{Ino: ino}, model.NamespaceRef{"/run/netns/y"})
	}
	assert.Zero(t, told)
	for ino := range uint64(2 * manyNamespaces) {
		f.add(species.NamespaceID{Ino: ino}, model.NamespaceRef{"/run/netns/z"})
	}
	assert.Equal(t, 1, told)
}
