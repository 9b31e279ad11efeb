// Package gallery holds no code, only pictures: each snapshot here as SVG and PNG. Its test draws
// them again and compares every byte. Run ./regenerate after a change that is meant to show.
package gallery
