package network

import (
	"slices"

	"golang.org/x/sys/unix"
)

// questionBudget bounds how many questions about NSIDs a discovery asks. A host's wires need about
// two for each; a question takes a few microseconds.
const questionBudget = 200_000

// nsidDirectory knows which namespace is meant by an NSID of another, and asks where it does not
// know yet. It is not for use by several goroutines at once.
type nsidDirectory struct {
	meaning map[nsidOf]*NetworkNamespace
	asked   map[[2]*NetworkNamespace]NSID // by asking namespace and the one asked about.
	hubs    []*NetworkNamespace           // namespaces that others referred to, the latest first.
	fds     map[*NetworkNamespace]*askingFds
	kept    func(*NetworkNamespace) *askingFds // file descriptors that somebody else keeps open; nil if none.
	budget  int
}

type nsidOf struct {
	netns *NetworkNamespace
	nsid  NSID
}

// askingFds are what questions to and about a namespace need; -1 where it cannot be had.
type askingFds struct {
	netns    int // the namespace itself.
	route    int // a route netlink socket in it.
	sequence dumpSequence
}

// maxAskingFds bounds how many namespaces are kept open for questions.
const maxAskingFds = 128

func newNSIDDirectory() *nsidDirectory {
	return &nsidDirectory{
		meaning: map[nsidOf]*NetworkNamespace{},
		asked:   map[[2]*NetworkNamespace]NSID{},
		fds:     map[*NetworkNamespace]*askingFds{},
		budget:  questionBudget,
	}
}

// maxHubs is how many namespaces that others referred to are remembered.
const maxHubs = 8

// find returns which of the candidates the namespace calls by the NSID; nil if none of them. What
// others referred to comes first: of many candidates it is mostly the one that all stand on.
func (d *nsidDirectory) find(asker *NetworkNamespace, nsid NSID, candidates []*NetworkNamespace) *NetworkNamespace {
	if nsid == NSID_NONE {
		return nil
	}
	if known := d.meaning[nsidOf{asker, nsid}]; known != nil {
		return known
	}
	for i, hub := range d.hubs {
		if hub != asker && len(candidates) > 1 && slices.Contains(candidates, hub) && d.ask(asker, hub) == nsid {
			copy(d.hubs[1:i+1], d.hubs[:i])
			d.hubs[0] = hub
			return hub
		}
	}
	for _, candidate := range candidates {
		if candidate != asker && d.ask(asker, candidate) == nsid {
			if len(candidates) > 1 {
				d.hubs = slices.Insert(d.hubs, 0, candidate)
				d.hubs = d.hubs[:min(len(d.hubs), maxHubs)]
			}
			return candidate
		}
	}
	return nil
}

// ask returns what a namespace calls another; NSID_NONE if it has no name for it or does not answer.
func (d *nsidDirectory) ask(asker, about *NetworkNamespace) NSID {
	key := [2]*NetworkNamespace{asker, about}
	if nsid, known := d.asked[key]; known {
		return nsid
	}
	nsid := NSID_NONE
	if d.budget > 0 {
		d.budget--
		if len(d.fds)+2 > maxAskingFds {
			d.close()
		}
		target, from := d.open(about), d.open(asker)
		if target.netns >= 0 && from.route >= 0 {
			if answer, err := getNSID(from.route, &from.sequence, target.netns); err == nil {
				nsid = answer
			}
		}
	}
	d.asked[key] = nsid
	if nsid != NSID_NONE {
		d.meaning[nsidOf{asker, nsid}] = about
	}
	return nsid
}

// open returns what is needed for questions to and about a namespace.
func (d *nsidDirectory) open(netns *NetworkNamespace) *askingFds {
	if d.kept != nil {
		if fds := d.kept(netns); fds != nil {
			return fds
		}
	}
	if fds := d.fds[netns]; fds != nil {
		return fds
	}
	fds := &askingFds{netns: -1, route: -1}
	d.fds[netns] = fds
	fd, err := netns.open()
	if err != nil {
		return fds
	}
	fds.netns = fd
	err = callInNamespace(fd, func() (err error) {
		fds.route, err = rawNetlinkSocket(unix.NETLINK_ROUTE)
		return err
	})
	if err != nil {
		fds.route = -1
	}
	return fds
}

// forget makes that the next question about what a namespace calls others is asked anew.
func (d *nsidDirectory) forget() {
	clear(d.meaning)
	clear(d.asked)
}

// close closes what was opened for questions.
func (d *nsidDirectory) close() {
	for netns, fds := range d.fds {
		fds.close()
		delete(d.fds, netns)
	}
}

func (f *askingFds) close() {
	for _, fd := range []*int{&f.netns, &f.route} {
		if *fd >= 0 {
			_ = unix.Close(*fd)
			*fd = -1
		}
	}
}
