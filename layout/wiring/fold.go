package wiring

import "math"

// foldable tells whether the component is much wider than a pleasant format wants it to be: a long
// chain of routers, most likely.
func (c *component) foldable() bool {
	w, h := c.extent()
	return len(c.layers) >= 4 && w > 2.2*h
}

// extent is about the size that the component gets.
func (c *component) extent() (w, h float64) {
	for _, l := range c.layers {
		lw, lh := c.estimate(l, l.columns)
		w, h = w+lw+channelMin, math.Max(h, lh)
	}
	return w, h
}

// foldLayers lets a long row of layers turn back at both ends, as text would that is written in
// turns from the left and from the right: what is next to each other in a chain stays so, and the
// wire around the turn is short.
func (c *component) foldLayers() {
	cost := c.cost
	var tail float64 // width of all layers to the right of the host, and mean height of those.
	var sum, n float64
	for _, l := range c.layers {
		if l.number <= 0 {
			continue
		}
		w, h := c.estimate(l, l.columns)
		tail, sum, n = tail+w+channelMin, sum+h+cardGap, n+1
	}
	if n < 3 {
		return
	}
	const format = 1.7
	lines := math.Max(2, math.Round(math.Sqrt(tail/(format*sum/n))))
	period := max(2, int(math.Ceil(n/lines)))
	layers := make([]int, len(c.cards))
	for i, card := range c.cards {
		layers[i] = card.layer
		if card.layer > 0 {
			card.fold = (card.layer - 1) / period
			at := (card.layer - 1) % period
			if card.fold%2 == 1 {
				at = period - 1 - at
			}
			card.layer = 1 + at
		}
	}
	c.split()
	c.order()
	c.shape()
	if c.cost < cost {
		return
	}
	for i, card := range c.cards {
		card.layer, card.fold = layers[i], 0
	}
	c.split()
	c.order()
	c.shape()
}
