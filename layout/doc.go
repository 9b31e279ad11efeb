// Package layout says where the parts of a graph go: the Engine interface, the registry of engines,
// the geometry they return, and the sizes that boxes need for their text.
//
// Engines live in packages of their own below this one. layout knows fonts, because text decides
// sizes, but no colours and no output formats.
package layout
