// Package typeface holds the fonts that pictures are set in and measures text in them.
//
// The fonts are Liberation Sans and Liberation Mono (SIL Open Font License 1.1), from a maintained
// Go font package. Everything that sizes or draws text asks here, so boxes fit what is drawn in
// them. It never draws and knows no colours.
package typeface
