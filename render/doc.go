// Package render writes pictures: one scene of shapes from a laid-out graph and a theme, and a small
// writer for each output format. SVG, PNG and PDF are written from the same scene, so they can't
// drift apart; DOT and text come from the graph alone.
//
// It decides neither what is shown (graph) nor where it goes (layout), and never looks at the
// system. What strangers may have written is escaped in escape.go and nowhere else.
//
// Rasteriser, font subsetter and PDF writer are small ones of our own. A picture needs filled paths,
// dashed lines and text, and no more: golang.org/x/image/vector covers the first, and two hundred
// lines the rest. tdewolff/canvas and go-pdf/fpdf were weighed for it. They bring many modules or
// parse whole fonts at every start, write time stamps or map order into files unless kept from it,
// hold a whole raster in memory, and can't snap lines to pixels.
package render
