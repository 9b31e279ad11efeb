package render

import (
	"unicode/utf8"

	"github.com/hostwire/hostwire/internal/subset"
	"github.com/hostwire/hostwire/internal/typeface"
)

// sceneFont is a face with the glyphs that a scene uses.
type sceneFont struct {
	face typeface.Face
	font *subset.Font
}

// usedFonts cuts every face that a scene uses down to the runes that it uses, in the order of faces.
func usedFonts(scene *Scene) []sceneFont {
	runes := map[typeface.Face]map[rune]bool{}
	scene.eachText(func(t *Text) {
		set := runes[t.Style.Face]
		if set == nil {
			set = map[rune]bool{}
			runes[t.Style.Face] = set
		}
		for _, r := range t.S {
			set[r] = true
		}
		if missingIn(t.Style.Face, t.S) {
			for r := range runesOf(hexDigits) {
				set[r] = true
			}
		}
	})
	var out []sceneFont
	for _, face := range typeface.Faces() {
		if runes[face] == nil {
			continue
		}
		var list []rune
		for r := range runes[face] {
			list = append(list, r)
		}
		f, err := subset.New(face, list)
		if err != nil {
			panic("render: built-in font: " + err.Error()) // can't be: the fonts are compiled in.
		}
		out = append(out, sceneFont{face, f})
	}
	return out
}

const hexDigits = "0123456789ABCDEF"

func runesOf(s string) map[rune]bool {
	out := map[rune]bool{}
	for _, r := range s {
		out[r] = true
	}
	return out
}

// missingIn tells whether text has letters that the face can't show.
func missingIn(face typeface.Face, text string) bool {
	for _, r := range text {
		if r >= utf8.RuneSelf && !face.Has(r) {
			return true
		}
	}
	return false
}
