// Package wiring is hostwire's own layout engine. It knows the one kind of graph that hostwire draws:
// hosts with bridges and their ports, namespaces that hang on them, chains of routers, and what leads
// out of it all. It never changes the graph, knows neither colours nor formats, and draws on no
// source of chance: the same graph gives the same layout to the last bit.
//
// # How it works
//
//  1. Components: what hangs together by wires or groups is laid out for itself (component.go) and
//     packed in the end (pack.go).
//  2. Layers: each card gets a column by its distance from the host, the outside goes to the host's
//     left (component.go). A host that would be much too high has cards at both sides (mirror.go); a
//     row of layers that would be much too wide turns back at its ends (fold.go).
//  3. Order: cards within layers, and rows within cards, by where their wires go (order.go).
//  4. Cards: a bridge with its ports beside it, and so on (tree.go, card.go, columns.go); where wires end
//     on the rows (slots.go). Very large hosts have ports in two columns, like bricks (bricks.go).
//     Forwarded ports that lead to the same rows are one bundle: their wires meet on a spine beside
//     them, and one trunk goes from there to each row, with one label (trunk.go, trunklabel.go). It
//     ends on the near side, beside the card's own wire, unless a way around the layer saves so many
//     crossings that it is worth it (forwards.go).
//  5. Shelves: a layer is a stack of lines of cards, as many cards to a line as makes the whole the
//     smallest in a pleasant format (shelf.go, lines.go).
//  6. Routes: which channels and which lanes between shelves a wire takes (route.go).
//  7. Heights (place.go, room.go), then lanes in channels (lanes.go), then abscissas, then labels
//     (label.go).
//
// Where an earlier picture is known, sides, order and lines are taken from it after 3, and heights and
// abscissas in 7 as far as there is room (memory.go): a card more or less then moves hardly anything.
//
// # What is taken from where
//
// Layers, barycentre ordering and the idea that ports have fixed sides are Sugiyama, Tagawa and Toda's
// method as ELK's "layered" has it. It fits: hosts, bridges and tenants are layers by nature. Left
// out are dummy nodes for long edges: wires pass a layer in lanes between shelves, and so never need
// to be placed like cards.
//
// Lanes in channels come from routing chips: all boxes stand in columns, wires run up and down in the
// channels between them only, and each channel is solved for itself by the left-edge rule (Hashimoto
// and Stevens). Constraints between wires that would share a line, and wishes about crossings, become
// an order of the wires that contradicts as little as possible of it (Eades, Lin and Smyth's greedy
// heuristic; ELK uses it for the same purpose).
//
// That no wire runs through a box, and none on top of another, is so by construction. Rows have the
// height of their block in the card for themselves; cards have lanes below their shelf; wires that
// pass have lanes between shelves. Up and down there is nothing in channels but wires, each in its
// lane; from side to side no two wires come into a channel from one side at the same height.
//
// Edgeshark's wiring view gave the form of bridges with ports in one band, and of wires that leave
// cards at plugs. Packing equal cards into lines of a fixed length is how a paragraph is set, and
// lines are broken like paragraphs too (Knuth and Plass): over all lines at once. The prices are
// different: lines begin at names with small hashes, which is how rsync-like tools cut files into
// chunks, so that a card that comes or goes changes its own line, hardly ever those after it. For
// the same reason shapes are chosen by classes of numbers and from few candidates, in doubt the one
// with fewer columns (class.go, shelf.go), and channels are a little wider than they have to be.
//
// Everything is near-linear but for the order in channels, which compares wires that overlap there;
// 1,000 namespaces take less than a tenth of a second.
package wiring
