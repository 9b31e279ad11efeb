package render

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/hostwire/hostwire/graph"
	"github.com/hostwire/hostwire/layout"
)

// Earlier is an earlier picture of hostwire's, as far as it tells where things were.
type Earlier struct {
	boxes map[string]layout.Rect // by the IDs of its elements.
}

// Bounds of what is read of an earlier picture.
const (
	maxEarlier = 64 << 20 // bytes, unpacked.
	maxBoxes   = 200_000
	farthest   = 1e7 // pixels from the origin; also the largest width and height.
)

// boxAttr is the attribute that tells where a card or a free node is: left, top, width and height in
// the layout, with spaces between.
const boxAttr = "data-box"

var errNoPicture = errors.New("this is no picture that hostwire drew as SVG or HTML")

// ReadEarlier reads a picture that was written as SVG, packed or not, or as HTML. It fails if r does, if
// the picture is larger than 64 MiB, or if it tells of no card. What is wrong with single cards is
// passed over.
func ReadEarlier(r io.Reader) (*Earlier, error) {
	b := bufio.NewReader(r)
	in := io.Reader(b)
	if magic, _ := b.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, err
		}
		in = z
	}
	data, err := io.ReadAll(io.LimitReader(in, maxEarlier+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > maxEarlier:
		return nil, fmt.Errorf("the picture is larger than %d MiB", maxEarlier>>20)
	}
	start := bytes.Index(data, []byte("<svg"))
	if start < 0 {
		return nil, errNoPicture
	}
	e := &Earlier{boxes: map[string]layout.Rect{}}
	d := xml.NewDecoder(bytes.NewReader(data[start:]))
	d.Strict = false
	for depth := 0; ; {
		token, err := d.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errNoPicture, err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			if len(e.boxes) < maxBoxes {
				e.take(token)
			}
		case xml.EndElement:
			depth--
		}
		if depth <= 0 {
			break
		}
	}
	if len(e.boxes) == 0 {
		return nil, errNoPicture
	}
	return e, nil
}

// take notes an element's box, if it has one.
func (e *Earlier) take(element xml.StartElement) {
	var id, box string
	for _, a := range element.Attr {
		switch a.Name.Local {
		case "id":
			id = a.Value
		case boxAttr:
			box = a.Value
		}
	}
	if r, ok := parseBox(box); ok && id != "" {
		e.boxes[id] = r
	}
}

// Boxes tells where those cards and free nodes of a graph were that are in the picture, by the IDs of
// clusters and nodes.
func (e *Earlier) Boxes(g *graph.Graph) map[string]layout.Rect {
	out := map[string]layout.Rect{}
	take := func(id string) {
		if r, ok := e.boxes[xmlID(id)]; ok {
			out[id] = r
		}
	}
	for _, c := range g.Clusters {
		take(c.ID)
	}
	for _, n := range g.Free {
		take(n.ID)
	}
	return out
}

// boxData is the attribute of an element that stands for a card or a free node.
func boxData(r layout.Rect) [2]string {
	var b []byte
	for i, v := range [4]float64{r.X, r.Y, r.W, r.H} {
		if i > 0 {
			b = append(b, ' ')
		}
		b = num(b, v)
	}
	return [2]string{strings.TrimPrefix(boxAttr, "data-"), string(b)}
}

func parseBox(s string) (layout.Rect, bool) {
	fields := strings.Fields(s)
	if len(fields) != 4 {
		return layout.Rect{}, false
	}
	var v [4]float64
	for i, f := range fields {
		x, err := strconv.ParseFloat(f, 64)
		if err != nil || !(math.Abs(x) <= farthest) {
			return layout.Rect{}, false
		}
		v[i] = x
	}
	if v[2] < 0 || v[3] < 0 {
		return layout.Rect{}, false
	}
	return layout.Rect{X: v[0], Y: v[1], W: v[2], H: v[3]}, true
}
