package render

import (
	"compress/gzip"
	"io"
)

func init() {
	Register(Format{
		Name: "svgz", About: "the same as svg, compressed with gzip",
		Extensions: []string{".svgz", ".svg.gz"}, NeedsLayout: true, Binary: true, DefaultTheme: "auto", Write: writeSVGZ,
	})
}

// writeSVGZ packs the SVG. The header of gzip holds no name and no time, so the same picture is the
// same file.
func writeSVGZ(w io.Writer, in Input) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	if err := writeSVG(z, in); err != nil {
		return err
	}
	return z.Close()
}
