package plainns

import (
	"fmt"

	"github.com/thediveo/lxkns/model"
	"github.com/thediveo/lxkns/species"
)

// Namespace is a namespace as plain data.
type Namespace struct {
	NSID    species.NamespaceID   // device and inode numbers on its own machine.
	NSType  species.NamespaceType // such as species.CLONE_NEWNET.
	Path    model.NamespaceRef    // where it could be opened on its own machine; nil if nowhere.
	Seniors []*model.Process      // topmost processes joined to it; nil if none.
	Threads []*model.Task         // threads joined to it while their processes are elsewhere; nil if none.
	User    *User                 // owning user namespace, nil if unknown.
}

// User is a user namespace as plain data.
type User struct {
	Namespace
	Creator int // user ID that created the namespace.
}

var (
	_ model.Namespace         = (*Namespace)(nil)
	_ model.NamespaceStringer = (*Namespace)(nil)
	_ model.Ownership         = (*User)(nil)
)

// ID returns the device and inode numbers that the namespace had on its own machine.
func (n *Namespace) ID() species.NamespaceID { return n.NSID }

// Type returns the type of namespace.
func (n *Namespace) Type() species.NamespaceType { return n.NSType }

// Owner returns the owning user namespace, or nil if it is not known.
func (n *Namespace) Owner() model.Ownership {
	if n.User == nil {
		return nil // and not an interface around a nil pointer.
	}
	return n.User
}

// Ref returns the path that led to the namespace on its own machine, or nil.
func (n *Namespace) Ref() model.NamespaceRef { return n.Path }

// Leaders returns the topmost processes joined to the namespace, in no particular order.
func (n *Namespace) Leaders() []*model.Process { return n.Seniors }

// LeaderPIDs returns the PIDs of Leaders, in the same order.
func (n *Namespace) LeaderPIDs() []model.PIDType {
	pids := make([]model.PIDType, len(n.Seniors))
	for i, p := range n.Seniors {
		pids[i] = p.PID
	}
	return pids
}

// Ealdorman returns the leader that was started first, or nil if there are no leaders. Of leaders
// started in the same clock tick it is the one with the lowest PID.
func (n *Namespace) Ealdorman() *model.Process {
	var first *model.Process
	for _, p := range n.Seniors {
		if first == nil || p.Starttime < first.Starttime || p.Starttime == first.Starttime && p.PID < first.PID {
			first = p
		}
	}
	return first
}

// LooseThreads returns the threads that are joined to the namespace without their process.
func (n *Namespace) LooseThreads() []*model.Task { return n.Threads }

// LooseThreadIDs returns the thread IDs of LooseThreads, in the same order.
func (n *Namespace) LooseThreadIDs() []model.PIDType {
	tids := make([]model.PIDType, len(n.Threads))
	for i, t := range n.Threads {
		tids[i] = t.TID
	}
	return tids
}

// TypeIDString returns the namespace's type and inode number as the kernel writes them, such as
// "net:[4026531840]".
func (n *Namespace) TypeIDString() string {
	return fmt.Sprintf("%s:[%d]", n.NSType.Name(), n.NSID.Ino)
}

// String returns TypeIDString with the PIDs of the leaders.
func (n *Namespace) String() string {
	if len(n.Seniors) == 0 {
		return n.TypeIDString()
	}
	return fmt.Sprintf("%s, joined by %v", n.TypeIDString(), n.LeaderPIDs())
}

// UID returns the ID of the user who created the namespace.
func (u *User) UID() int { return u.Creator }

// Ownings returns nothing: which namespaces a user namespace owns is told by their Owner.
func (u *User) Ownings() model.AllNamespaces { return model.AllNamespaces{} }
