package network

import (
	"sync"
	"sync/atomic"
)

// question is what a namespace is to be asked: what it calls others.
type question struct {
	asker *NetworkNamespace
	about []*NetworkNamespace
}

// questions returns what will be asked for sure about the interfaces: where just one namespace fits
// an end of a wire, both that lie at its ends are asked about each other.
func (r *relations) questions(nifs Interfaces) []question {
	var all []question
	at := map[*NetworkNamespace]int{}
	seen := map[[2]*NetworkNamespace]bool{}
	ask := func(asker, about *NetworkNamespace) {
		if pair := [2]*NetworkNamespace{asker, about}; !seen[pair] {
			seen[pair] = true
			i, known := at[asker]
			if !known {
				i = len(all)
				at[asker] = i
				all = append(all, question{asker: asker})
			}
			all[i].about = append(all[i].about, about)
		}
	}
	for _, nif := range nifs {
		n := nif.Nif()
		facts := n.Netns.facts[n.Index]
		if facts == nil || !peerKinds[n.Kind] {
			continue
		}
		index, elsewhere, ok := facts.reference()
		if !ok || !elsewhere {
			continue
		}
		fitting := r.havePeer[wireEnd{n.Kind, index, n.Index}]
		if len(fitting) == 1 && fitting[0] != n.Netns {
			ask(n.Netns, fitting[0])
			ask(fitting[0], n.Netns)
		}
	}
	return all
}

// askAhead asks many questions at once, on all cores, as far as somebody keeps open what they need.
// Each namespace is asked by one goroutine only, as it has one socket. Questions that were not
// answered are left for when the answer is needed.
func (d *nsidDirectory) askAhead(questions []question) {
	type answer struct {
		asker, about *NetworkNamespace
		nsid         NSID
	}
	var (
		mu      sync.Mutex
		answers []answer
		next    atomic.Int64
		working sync.WaitGroup
		budget  atomic.Int64
	)
	if d.kept == nil {
		return
	}
	budget.Store(int64(d.budget))
	for range workers(len(questions)) {
		working.Go(func() {
			var own []answer
			for i := int(next.Add(1)) - 1; i < len(questions); i = int(next.Add(1)) - 1 {
				asker := questions[i].asker
				from := d.kept(asker)
				if from == nil {
					continue
				}
				for _, about := range questions[i].about {
					target := d.kept(about)
					if _, known := d.asked[[2]*NetworkNamespace{asker, about}]; known || target == nil || budget.Add(-1) < 0 {
						continue
					}
					if nsid, err := getNSID(from.route, &from.sequence, target.netns); err == nil {
						own = append(own, answer{asker, about, nsid})
					}
				}
			}
			mu.Lock()
			defer mu.Unlock()
			answers = append(answers, own...)
		})
	}
	working.Wait()
	d.budget = int(max(0, budget.Load()))
	for _, a := range answers {
		d.asked[[2]*NetworkNamespace{a.asker, a.about}] = a.nsid
		if a.nsid != NSID_NONE {
			d.meaning[nsidOf{a.asker, a.nsid}] = a.about
		}
	}
}
