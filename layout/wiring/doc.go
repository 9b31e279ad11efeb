// Package wiring is hostwire's own layout engine. It knows the one kind of graph that hostwire draws:
// hosts with bridges and their ports, namespaces that hang on them, chains of routers, and what
// leads out of it all. It never changes the graph, and knows neither colours nor formats.
package wiring
