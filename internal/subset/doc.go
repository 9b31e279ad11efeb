// Package subset cuts the fonts of package typeface down to the glyphs that a picture uses, so that
// pictures can carry them.
//
// It handles TrueType outlines as they are in those fonts, and drops hinting: at the sizes of screens
// and paper it makes no difference, and it is half of a file. It is no general font tool: it never
// reads font files from anywhere else. The same runes always give the same bytes.
package subset
