package themes

import "math"

// Color is an opaque sRGB colour, 0xRRGGBB.
type Color uint32

// RGB returns the colour's three channels.
func (c Color) RGB() (r, g, b uint8) { return uint8(c >> 16), uint8(c >> 8), uint8(c) }

// Hex writes the colour as #rrggbb, or #rgb where that says the same.
func (c Color) Hex() string {
	const digits = "0123456789abcdef"
	out := []byte{'#', digits[c>>20&15], digits[c>>16&15], digits[c>>12&15], digits[c>>8&15], digits[c>>4&15], digits[c&15]}
	if out[1] == out[2] && out[3] == out[4] && out[5] == out[6] {
		return string([]byte{'#', out[1], out[3], out[5]})
	}
	return string(out)
}

// parseColor reads #rgb and #rrggbb.
func parseColor(s string) (Color, bool) {
	if len(s) != 4 && len(s) != 7 || s[0] != '#' {
		return 0, false
	}
	var c Color
	for _, d := range []byte(s[1:]) {
		var v byte
		switch {
		case d >= '0' && d <= '9':
			v = d - '0'
		case d >= 'a' && d <= 'f':
			v = d - 'a' + 10
		case d >= 'A' && d <= 'F':
			v = d - 'A' + 10
		default:
			return 0, false
		}
		c = c<<4 | Color(v)
		if len(s) == 4 {
			c = c<<4 | Color(v)
		}
	}
	return c, true
}

// Linear is an sRGB channel value as a share of the light, 0 to 1 (IEC 61966-2-1).
func Linear(channel uint8) float64 {
	v := float64(channel) / 255
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

// Luminance is the colour's relative luminance as WCAG 2.2 defines it, 0 for black to 1 for white.
func (c Color) Luminance() float64 {
	r, g, b := c.RGB()
	return 0.2126*Linear(r) + 0.7152*Linear(g) + 0.0722*Linear(b)
}

// Contrast is the contrast ratio of two colours as WCAG 2.2 defines it, from 1 to 21. Text needs
// 4.5, what is drawn needs 3.
func Contrast(a, b Color) float64 {
	x, y := a.Luminance(), b.Luminance()
	if x < y {
		x, y = y, x
	}
	return (x + 0.05) / (y + 0.05)
}
