package graphviz

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/hostwire/hostwire/layout"
)

func TestWaysGoAroundWhatIsBetween(t *testing.T) {
	wall := layout.Rect{X: 100, Y: 0, W: 20, H: 1000}
	r := newRouter([]layout.Rect{wall, {X: 300, Y: 40, W: 20, H: 20}})
	at := func(x, y float64) layout.Point { return layout.Point{X: x, Y: y} }

	assert.Empty(t, r.find(at(0, 0), at(50, 900)), "nothing between")
	assert.Equal(t, []int{0, 1}, r.find(at(0, 100), at(200, 100)), "over the top, left corner first")
	assert.Equal(t, []int{3, 2}, r.find(at(0, 900), at(200, 900)), "under the bottom")
	assert.Equal(t, []int{1, 0}, r.find(at(200, 100), at(0, 100)))
	assert.Empty(t, r.find(at(110, 500), at(200, 500)), "no way out of a box: straight")

	for _, way := range []struct{ from, to layout.Point }{{at(0, 100), at(400, 50)}, {at(0, 990), at(290, 50)}} {
		points := []layout.Point{way.from}
		for _, c := range r.find(way.from, way.to) {
			points = append(points, r.corners[c])
		}
		points = append(points, way.to)
		for i := 1; i < len(points); i++ {
			assert.False(t, hits(points[i-1], points[i], grown(wall, clearance-1)))
		}
	}
}

func TestSightAgreesWithATestOfEveryBox(t *testing.T) {
	var boxes []layout.Rect
	for i := range 200 {
		boxes = append(boxes, layout.Rect{X: float64(i*7919%3000) - 500, Y: float64(i*104729%3000) - 500, W: 60, H: 40})
	}
	s := newSight(boxes, 2)
	blocked := 0
	for i := range 500 {
		a := layout.Point{X: float64(i*31%3000) - 400, Y: float64(i*977%3000) - 400}
		b := layout.Point{X: float64(i*613%3000) - 400, Y: float64(i*i%3000) - 400}
		if i%10 == 0 {
			b.X = a.X // straight down
		}
		want := true
		for _, box := range boxes {
			want = want && !hits(a, b, grown(box, 2))
		}
		assert.Equal(t, want, s.clear(a, b), "%v to %v", a, b)
		if !want {
			blocked++
		}
	}
	assert.Greater(t, blocked, 100)
	assert.Less(t, blocked, 500)
}

func TestWiresAroundOneCornerKeepApart(t *testing.T) {
	r := newRouter([]layout.Rect{{X: 0, Y: 0, W: 100, H: 400}, {X: 300, Y: -300, W: 50, H: 250}})
	var ways []way
	for i := range 3 { // from the right side of the first box, over its top, to the left
		from, to := layout.Point{X: 112, Y: 100 + 30*float64(i)}, layout.Point{X: -200, Y: 10 * float64(i)}
		ways = append(ways, way{from: from, to: to, fromBox: 0, toBox: 1, around: r.find(from, to)})
	}
	points := r.draw(ways, []float64{40, 0})
	for i := 1; i < 3; i++ {
		assert.Equal(t, points[i][0].X, points[i][1].X, "straight up")
		assert.Greater(t, points[i][1].X, points[i-1][1].X, "the lower one farther out")
		assert.Less(t, points[i][1].Y, points[i-1][1].Y, "and higher up")
	}
}
