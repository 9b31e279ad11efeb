package plainns

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
)

func process(pid model.PIDType, start uint64) *model.Process {
	return &model.Process{PID: pid, ProTaskCommon: model.ProTaskCommon{Starttime: start}}
}

func TestEaldormanIsTheFirstLeader(t *testing.T) {
	assert.Nil(t, (&Namespace{}).Ealdorman())
	n := &Namespace{Seniors: []*model.Process{process(9, 5), process(7, 3), process(6, 3), process(2, 8)}}
	assert.Equal(t, model.PIDType(6), n.Ealdorman().PID)
	assert.Equal(t, []model.PIDType{9, 7, 6, 2}, n.LeaderPIDs())
}

func TestOwnerIsNilWhenUnknown(t *testing.T) {
	n := &Namespace{}
	assert.True(t, n.Owner() == nil)
	n.User = &User{Creator: 1000}
	assert.Equal(t, 1000, n.Owner().UID())
}

func TestNamespaceIsWrittenAsTheKernelDoes(t *testing.T) {
	n := &Namespace{NSType: species.CLONE_NEWNET, NSID: species.NamespaceID{Dev: 4, Ino: 4026531840}}
	assert.Equal(t, "net:[4026531840]", n.String())
	n.Seniors = []*model.Process{process(1, 0)}
	n.Threads = []*model.Task{{TID: 12}}
	assert.Equal(t, "net:[4026531840], joined by [1]", n.String())
	assert.Equal(t, []model.PIDType{12}, n.LooseThreadIDs())
}
