package graphviz

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hostwire/hostwire/layout"
)

const answer = `{"name":"%1","bb":"10,20,110,220","objects":[
 {"name":"cluster_c0","bb":"20,30,60,130","nodes":[1]},
 {"name":"n0","pos":"30,40","width":"0.5"},
 {"name":"n1","pos":"50.5,4.1e+01!"}],
 "edges":[
 {"id":"e0","tail":1,"head":2,"pos":"30,40 31,41 32,42 33,43","lp":"40,50"},
 {"id":"e1","pos":"e,60,60 s,10,20 30,40 31,41 32,42 33,43"},
 {"id":"e2"}]}`

func TestAnswersAreReadWithYDownwards(t *testing.T) {
	r, err := parseReply([]byte(answer))
	require.NoError(t, err)
	assert.Equal(t, [2]float64{100, 200}, [2]float64{r.w, r.h})
	assert.Equal(t, map[string]layout.Rect{"cluster_c0": {X: 10, Y: 90, W: 40, H: 100}}, r.clusters)
	assert.Equal(t, map[string]layout.Point{"n0": {X: 20, Y: 180}, "n1": {X: 40.5, Y: 179}}, r.nodes)
	assert.Equal(t, map[string]layout.Point{"e0": {X: 30, Y: 170}}, r.labels)
	assert.Equal(t, []layout.Point{{X: 20, Y: 180}, {X: 21, Y: 179}, {X: 22, Y: 178}, {X: 23, Y: 177}}, r.splines["e0"])
	e1 := r.splines["e1"] // with the tips of arrow heads at both ends
	require.Len(t, e1, 10)
	assert.Equal(t, layout.Point{X: 0, Y: 200}, e1[0])
	assert.Equal(t, layout.Point{X: 50, Y: 160}, e1[9])
	assert.NotContains(t, r.splines, "e2")
}

func TestDamagedAnswersAreRefused(t *testing.T) {
	for name, data := range map[string]string{
		"nothing":             ``,
		"no object":           `[]`,
		"no size":             `{}`,
		"three numbers":       `{"bb":"1,2,3"}`,
		"not a number":        `{"bb":"0,0,NaN,1"}`,
		"without end":         `{"bb":"0,0,+Inf,1"}`,
		"larger than life":    `{"bb":"0,0,1e300,1"}`,
		"a node nowhere":      `{"bb":"0,0,1,1","objects":[{"name":"n","pos":"x,y"}]}`,
		"a cluster nowhere":   `{"bb":"0,0,1,1","objects":[{"name":"n","bb":"1,1"}]}`,
		"a wire of no points": `{"bb":"0,0,1,1","edges":[{"id":"e","pos":" "}]}`,
		"a wire cut off":      `{"bb":"0,0,1,1","edges":[{"id":"e","pos":"1,1 2,2 3,3"}]}`,
		"a label nowhere":     `{"bb":"0,0,1,1","edges":[{"id":"e","lp":"?"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseReply([]byte(data))
			assert.ErrorContains(t, err, "answer of Graphviz is damaged")
		})
	}
}

func FuzzParseReply(f *testing.F) {
	f.Add([]byte(answer))
	f.Add([]byte(`{"bb":"0,0,1,1","edges":[{"id":"e","pos":"s,1,1"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parseReply(data)
		if err != nil {
			return
		}
		for id, s := range r.splines {
			if len(s) < 4 || len(s)%3 != 1 {
				t.Errorf("%q has %d control points", id, len(s))
			}
		}
	})
}
