package graphviz

import (
	"context"
	"fmt"
	"math"
	"strconv"
)

// scatter has one of Graphviz's engines place blocks by the wires between them. Blocks may still
// overlap: most engines know points rather than boxes.
func scatter(ctx context.Context, r *runner, engine string, all []*block, links []link) error {
	out, err := r.run(ctx, engine, scatterDOT(engine, all, links))
	if err != nil {
		return err
	}
	answer, err := parseReply(out)
	if err != nil {
		return err
	}
	for i, b := range all {
		at, ok := answer.nodes[blockName(i)]
		if !ok {
			return fmt.Errorf("graphviz gave no place to %s", blockName(i))
		}
		b.x, b.y = at.X-b.w/2, at.Y-b.h/2
	}
	return nil
}

func blockName(i int) string { return "b" + strconv.Itoa(i) }

func scatterDOT(engine string, all []*block, links []link) []byte {
	index := map[*block]int{}
	size := 0.0 // of a block on average, corner to corner.
	for i, b := range all {
		index[b] = i
		size += math.Hypot(b.w, b.h) / float64(len(all))
	}
	w := &dotWriter{}
	w.open("graph")
	w.line("graph [splines=false, margin=0, pad=0, start=1]")
	w.line(`node [shape=box, fixedsize=true, label=""]`)
	switch engine {
	case "neato":
		w.line("graph [overlap=true, mode=major, model=shortpath]")
	case "fdp", "sfdp":
		w.line("graph [overlap=true, K=%s]", inches(size+blockGap))
	case "circo":
		w.line("graph [overlap=true, mindist=%s, root=%s]", inches(blockGap), blockName(hub(all, links)))
	case "twopi":
		w.line("graph [overlap=true, ranksep=%s, root=%s]", inches(size+blockGap), blockName(hub(all, links)))
	case "osage":
		w.line("graph [pack=%.0f, packmode=array_c]", blockGap)
	}
	for i, b := range all {
		w.box(blockName(i), b.w, b.h)
	}
	for _, l := range links {
		// As long as the two need to stand beside each other, if they were square: a host's card may
		// be very high, and what hangs on it need not go around at that distance everywhere.
		length := (math.Sqrt(l.a.w*l.a.h)+math.Sqrt(l.b.w*l.b.h))/2 + 2*blockGap
		w.line("%s -- %s [len=%s, weight=%d]", blockName(index[l.a]), blockName(index[l.b]), inches(length), min(l.wires, 10))
	}
	w.close()
	return w.buf.Bytes()
}

// hub is the block with the most wires to others, the first of those.
func hub(all []*block, links []link) int {
	wires := map[*block]int{}
	for _, l := range links {
		wires[l.a] += l.wires
		wires[l.b] += l.wires
	}
	best := 0
	for i, b := range all {
		if wires[b] > wires[all[best]] {
			best = i
		}
	}
	return best
}
