// Package graph projects what the host's network is onto what a picture shows: namespace clusters,
// interface nodes and typed edges, filtered, at a level of detail, under stable names.
//
// It knows nothing of layout engines, colours or output formats, and never looks at the system.
package graph
