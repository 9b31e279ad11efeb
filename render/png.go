package render

import (
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"io"
	"math"
	"runtime"

	"golang.org/x/image/vector"
)

func init() {
	Register(Format{
		Name: "png", About: "raster picture, two pixels for each of the screen's unless --scale says otherwise",
		Extensions: []string{".png"}, NeedsLayout: true, Binary: true, DefaultTheme: "light", Write: writePNG,
	})
}

// Bounds of rasters. Viewers give up long before.
const (
	maxPixels = 600e6
	maxSide   = 65535
)

// stripHeight is how many rows are drawn at a time; memory is bounded by a few strips.
const stripHeight = 128

// writePNG draws strip by strip, some at once, and packs each as it comes, so that a large picture
// needs neither a large raster nor a long wait.
func writePNG(w io.Writer, in Input) error {
	scene := Compose(in)
	scale := in.Options.scale()
	width, height := int(math.Ceil(scene.W*scale)), int(math.Ceil(scene.H*scale))
	if width > maxSide || height > maxSide || float64(width)*float64(height) > maxPixels {
		fits := math.Min(math.Sqrt(maxPixels/(scene.W*scene.H)), maxSide/math.Max(scene.W, scene.H))
		return fmt.Errorf("a PNG of %d × %d pixels is too large; choose a scale of at most %.3g, or write SVG or PDF", width, height, math.Floor(fits*100)/100)
	}
	r := &rasterizer{scale: scale, scheme: &in.Theme.Scheme, glyphs: newGlyphs()}
	r.scene(scene)
	p := &pngWriter{w: w}
	p.header(width, height, scale)
	z, err := zlib.NewWriterLevel(p, pngLevel(width*height))
	if err != nil {
		return fmt.Errorf("write png: %w", err)
	}
	strips := rasterStrips(r.marks, width, height)
	defer strips.stop()
	filtered := make([]byte, 1+3*width)
	before := make([]byte, 3*width)
	for s := range strips.done {
		for y := 0; y < s.h; y++ {
			row := s.pix[3*y*width:][:3*width]
			filterRow(filtered, row, before)
			if _, err := z.Write(filtered); err != nil {
				return err
			}
			copy(before, row)
		}
		strips.recycle(s)
	}
	if err := z.Close(); err != nil {
		return err
	}
	p.flush()
	p.chunk("IEND", nil)
	return p.err
}

// pngLevel packs small pictures well and huge ones fast.
func pngLevel(pixels int) int {
	if pixels > 60e6 {
		return zlib.BestSpeed
	}
	return zlib.DefaultCompression
}

// filterRow prepares a row for packing. Rows of drawings mostly repeat the row above: the difference
// to it (PNG's filter 2) is mostly zero.
func filterRow(out, row, above []byte) {
	out[0] = 2
	for i := range row {
		out[i+1] = row[i] - above[i]
	}
}

// pngWriter writes chunks; what is written to it becomes IDAT chunks.
type pngWriter struct {
	w   io.Writer
	buf []byte
	err error
}

func (p *pngWriter) Write(b []byte) (int, error) {
	p.buf = append(p.buf, b...)
	if len(p.buf) >= 1<<16 {
		p.flush()
	}
	return len(b), p.err
}

func (p *pngWriter) flush() {
	if len(p.buf) > 0 {
		p.chunk("IDAT", p.buf)
		p.buf = p.buf[:0]
	}
}

func (p *pngWriter) chunk(kind string, data []byte) {
	if p.err != nil {
		return
	}
	out := binary.BigEndian.AppendUint32(make([]byte, 0, len(data)+12), uint32(len(data)))
	out = append(append(out, kind...), data...)
	out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
	_, p.err = p.w.Write(out)
}

// header writes all that comes before the pixels: size, colour space, and pixels a metre, so that
// the picture appears at its natural size where that is heeded.
func (p *pngWriter) header(width, height int, scale float64) {
	if _, err := io.WriteString(p.w, "\x89PNG\r\n\x1a\n"); err != nil {
		p.err = err
		return
	}
	ihdr := binary.BigEndian.AppendUint32(nil, uint32(width))
	ihdr = binary.BigEndian.AppendUint32(ihdr, uint32(height))
	p.chunk("IHDR", append(ihdr, 8, 2, 0, 0, 0)) // 8 bits a channel, three channels.
	p.chunk("sRGB", []byte{0})
	perMetre := uint32(math.Round(96 * scale / 0.0254))
	phys := binary.BigEndian.AppendUint32(nil, perMetre)
	p.chunk("pHYs", append(binary.BigEndian.AppendUint32(phys, perMetre), 1))
}

// stripWork draws strips on several processors and delivers them from top to bottom.
type stripWork struct {
	done  chan *strip
	quit  chan struct{}
	spare chan *strip
}

func rasterStrips(marks []mark, width, height int) *stripWork {
	workers := min(runtime.GOMAXPROCS(0), 8)
	count := (height + stripHeight - 1) / stripHeight
	inStrip := make([][]mark, count)
	for _, m := range marks {
		for i := max(0, m.y0/stripHeight); i < count && i*stripHeight < m.y1; i++ {
			inStrip[i] = append(inStrip[i], m)
		}
	}
	work := &stripWork{make(chan *strip), make(chan struct{}), make(chan *strip, workers+1)}
	slots := make([]chan *strip, workers) // worker i draws strips i, i+workers, …
	for i := range slots {
		slots[i] = make(chan *strip)
		go func() {
			v, mask := vector.NewRasterizer(0, 0), image.NewAlpha(image.Rectangle{})
			for n := i; n < count; n += workers {
				s := work.blank(n, width, height)
				s.draw(inStrip[n], v, mask)
				select {
				case slots[i] <- s:
				case <-work.quit:
					return
				}
			}
		}()
	}
	go func() {
		defer close(work.done)
		for n := 0; n < count; n++ {
			select {
			case s := <-slots[n%workers]:
				select {
				case work.done <- s:
				case <-work.quit:
					return
				}
			case <-work.quit:
				return
			}
		}
	}()
	return work
}

// blank is an empty strip. Its pixels need no clearing: the ground of the scene covers them all.
func (w *stripWork) blank(n, width, height int) *strip {
	y := n * stripHeight
	h := min(stripHeight, height-y)
	select {
	case s := <-w.spare:
		s.y, s.h = y, h
		return s
	default:
		return &strip{y: y, w: width, h: h, pix: make([]byte, 3*width*stripHeight)}
	}
}

// recycle takes a strip back.
func (w *stripWork) recycle(s *strip) {
	select {
	case w.spare <- s:
	default:
	}
}

// stop ends all work, wanted or not.
func (w *stripWork) stop() { close(w.quit) }
