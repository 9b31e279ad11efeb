package graphviz

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/hostwire/hostwire/layout"
)

// reply is what Graphviz answered, by the identifiers of the graph that it was given, in points
// with y growing downwards from the top of the drawing.
type reply struct {
	w, h     float64
	clusters map[string]layout.Rect
	nodes    map[string]layout.Point   // centres.
	splines  map[string][]layout.Point // by edge ID: 1+3n control points from tail to head.
	labels   map[string]layout.Point   // by edge ID: centre of the label.
}

// parseReply reads Graphviz's json0 format, as far as positions go.
func parseReply(data []byte) (*reply, error) {
	var doc struct {
		BB      string `json:"bb"`
		Objects []struct {
			Name string `json:"name"`
			BB   string `json:"bb"`
			Pos  string `json:"pos"`
		} `json:"objects"`
		Edges []struct {
			ID  string `json:"id"`
			Pos string `json:"pos"`
			LP  string `json:"lp"`
		} `json:"edges"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("answer of Graphviz is damaged: %w", err)
	}
	bb, err := numbers(doc.BB, 4)
	if err != nil {
		return nil, fmt.Errorf("answer of Graphviz is damaged: size of the drawing: %w", err)
	}
	left, top := bb[0], bb[3]
	at := func(x, y float64) layout.Point { return layout.Point{X: x - left, Y: top - y} }
	r := &reply{
		w: bb[2] - bb[0], h: bb[3] - bb[1],
		clusters: map[string]layout.Rect{}, nodes: map[string]layout.Point{},
		splines: map[string][]layout.Point{}, labels: map[string]layout.Point{},
	}
	for _, o := range doc.Objects {
		switch {
		case o.Pos != "":
			p, err := numbers(o.Pos, 2)
			if err != nil {
				return nil, fmt.Errorf("answer of Graphviz is damaged: position of %.20q: %w", o.Name, err)
			}
			r.nodes[o.Name] = at(p[0], p[1])
		case o.BB != "":
			b, err := numbers(o.BB, 4)
			if err != nil {
				return nil, fmt.Errorf("answer of Graphviz is damaged: box of %.20q: %w", o.Name, err)
			}
			corner := at(b[0], b[3])
			r.clusters[o.Name] = layout.Rect{X: corner.X, Y: corner.Y, W: b[2] - b[0], H: b[3] - b[1]}
		}
	}
	for _, e := range doc.Edges {
		if e.Pos != "" {
			points, err := spline(e.Pos)
			if err != nil {
				return nil, fmt.Errorf("answer of Graphviz is damaged: way of %.20q: %w", e.ID, err)
			}
			for i, p := range points {
				points[i] = at(p.X, p.Y)
			}
			r.splines[e.ID] = points
		}
		if e.LP != "" {
			p, err := numbers(e.LP, 2)
			if err != nil {
				return nil, fmt.Errorf("answer of Graphviz is damaged: label of %.20q: %w", e.ID, err)
			}
			r.labels[e.ID] = at(p[0], p[1])
		}
	}
	return r, nil
}

// spline reads an edge's pos attribute: control points, before them the tips of arrow heads, which
// we ask for none of. Of several pieces, as a multi-edge of a concentrated graph has, the first is
// taken: we ask for no such either.
func spline(pos string) ([]layout.Point, error) {
	pos, _, _ = strings.Cut(pos, ";")
	var points []layout.Point
	var start, end *layout.Point
	for _, field := range strings.Fields(pos) {
		arrow := byte(0)
		if strings.HasPrefix(field, "s,") || strings.HasPrefix(field, "e,") {
			arrow, field = field[0], field[2:]
		}
		xy, err := numbers(field, 2)
		if err != nil {
			return nil, err
		}
		p := layout.Point{X: xy[0], Y: xy[1]}
		switch arrow {
		case 's':
			start = &p
		case 'e':
			end = &p
		default:
			points = append(points, p)
		}
	}
	if len(points) < 4 || len(points)%3 != 1 {
		return nil, fmt.Errorf("%d control points", len(points))
	}
	if start != nil {
		points = append([]layout.Point{*start, *start, points[0]}, points...)
	}
	if end != nil {
		points = append(points, points[len(points)-1], *end, *end)
	}
	return points, nil
}

// numbers reads n numbers with commas between them. A trailing "!" of a fixed position is dropped.
func numbers(s string, n int) ([]float64, error) {
	fields := strings.Split(strings.TrimSuffix(s, "!"), ",")
	if len(fields) != n {
		return nil, fmt.Errorf("%.40q is not %d numbers", s, n)
	}
	out := make([]float64, n)
	for i, f := range fields {
		v, err := strconv.ParseFloat(f, 64)
		if err != nil || math.IsNaN(v) || math.Abs(v) > 1e9 {
			return nil, fmt.Errorf("%.40q is not %d numbers", s, n)
		}
		out[i] = v
	}
	return out, nil
}
