// Package render writes pictures: one scene of shapes from a laid-out graph and a theme, and a small
// writer for each output format. SVG, PNG and PDF are written from the same scene, so they can't
// drift apart; DOT and text come from the graph alone.
//
// It decides neither what is shown (graph) nor where it goes (layout), and never looks at the
// system. What strangers may have written is escaped in escape.go and nowhere else.
//
// Rasteriser, font subsetter (internal/subset) and PDF writer are small ones of our own. A picture
// needs filled paths, dashed lines and text, and no more: a few hundred lines. tdewolff/canvas,
// go-pdf/fpdf and golang.org/x/image/vector were weighed for it. The first two bring many modules or
// parse whole fonts at every start, let time stamps or the order of maps into files unless kept from
// it, hold a whole raster or page in memory, and don't snap lines to pixels; the third costs a large
// box its area where ours costs its outline, and adds up floats, which differ between processors.
package render
