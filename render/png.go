package render

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"hash/crc32"
	"io"
	"math"
	"runtime"
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
	// easyPixels is what most viewers take. Pictures get no larger unless a scale is asked for.
	easyPixels = 250e6
)

// stripHeight is how many rows are drawn and packed at a time; memory is bounded by a few strips.
const stripHeight = 128

// writePNG draws and packs strip by strip, several at once, so that a large picture needs neither a
// large raster nor a long wait.
func writePNG(w io.Writer, in Input) error {
	scene := Compose(in)
	scale := in.Options.Scale
	if scale == 0 {
		scale = easyScale(scene.W, scene.H)
	}
	width, height := int(math.Ceil(scene.W*scale)), int(math.Ceil(scene.H*scale))
	if width > maxSide || height > maxSide || float64(width)*float64(height) > maxPixels {
		fits := math.Min(math.Sqrt(maxPixels/(scene.W*scene.H)), maxSide/math.Max(scene.W, scene.H))
		return fmt.Errorf("a PNG of %d × %d pixels is too large; choose a scale of at most %.3g, or write SVG or PDF", width, height, math.Floor(fits*100)/100)
	}
	r := &rasterizer{scale: scale, scheme: &in.Theme.Scheme, glyphs: newGlyphs()}
	r.scene(scene)
	p := &pngWriter{w: w}
	p.header(width, height, scale)
	work := startStrips(r.marks, width, height)
	defer work.stop()
	// The strips are pieces of one zlib stream (RFC 1950): its header, what flate made of each strip,
	// and a checksum over all.
	sum := uint32(1)
	p.chunk("IDAT", []byte{0x78, 0x9c})
	for s := range work.done {
		p.chunk("IDAT", s.packed.Bytes())
		sum = adlerJoin(sum, s.sum, s.h*(1+3*width))
		work.recycle(s)
		if p.err != nil {
			return p.err
		}
	}
	p.chunk("IDAT", binary.BigEndian.AppendUint32(nil, sum))
	p.chunk("IEND", nil)
	return p.err
}

// easyScale is 2, or for a huge picture the largest of 1.75, 1.5, 1.25, 1, 0.75, … that most viewers
// take.
func easyScale(w, h float64) float64 {
	fits := math.Min(math.Sqrt(easyPixels/(w*h)), maxSide/math.Max(w, h))
	if fits >= 2 {
		return 2
	}
	return math.Max(0.25, math.Floor(fits*4)/4)
}

// pngWriter writes chunks until the first error.
type pngWriter struct {
	w   io.Writer
	err error
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

// adlerJoin is the Adler-32 checksum of two pieces one after the other, from the checksums of both
// and the length of the second.
func adlerJoin(a, b uint32, length int) uint32 {
	const prime = 65521
	n := uint64(length % prime)
	a1, a2 := uint64(a&0xffff), uint64(a>>16)
	b1, b2 := uint64(b&0xffff), uint64(b>>16)
	s1 := (a1 + b1 + prime - 1) % prime
	s2 := (n*a1%prime + a2 + b2 + prime - n) % prime
	return uint32(s2<<16 | s1)
}

// packer packs strips.
type packer struct {
	flate  *flate.Writer
	row    []byte
	filter byte
}

// level packs huge pictures fast, and others nearly as well as can be: level 6 takes a quarter more time
// for 4 % less.
func level(pixels int) int {
	if pixels > 60e6 {
		return flate.BestSpeed
	}
	return 4
}

// PNG's filters that are used.
const (
	filterNone = 0
	filterUp   = 2 // the difference to the row above.
)

// window is how far back flate sees.
const window = 32 << 10

// rowFilter is what makes rows of drawings small. They mostly repeat the row above: as long as flate sees
// that far back, it packs rows as they are better than differences; differences of longer ones are mostly zero.
func rowFilter(width int) byte {
	if 1+3*width <= window {
		return filterNone
	}
	return filterUp
}

func newPacker(width, height int) *packer {
	f, err := flate.NewWriter(io.Discard, level(width*height))
	if err != nil {
		panic("render: " + err.Error()) // the level is a constant that flate knows.
	}
	return &packer{f, make([]byte, 1+3*width), rowFilter(width)}
}

// pack packs a strip so that it can stand between others in one stream. The first row of a strip does
// not know the row above and is stored as it is.
func (p *packer) pack(s *strip, last bool) {
	s.packed.Reset()
	p.flate.Reset(s.packed)
	sum := adler32.New()
	n := 3 * s.w
	for y := 0; y < s.h; y++ {
		row := s.pix[y*n:][:n]
		if y == 0 || p.filter == filterNone {
			p.row[0] = filterNone
			copy(p.row[1:], row)
		} else {
			p.row[0] = filterUp
			above, out := s.pix[(y-1)*n:][:n], p.row[1:][:n]
			for i, v := range row {
				out[i] = v - above[i]
			}
		}
		_, _ = sum.Write(p.row)
		_, _ = p.flate.Write(p.row) // a bytes.Buffer takes everything.
	}
	s.sum = sum.Sum32()
	if last {
		_ = p.flate.Close()
	} else {
		_ = p.flate.Flush()
	}
}

// stripWork draws and packs strips on several processors and delivers them from top to bottom.
type stripWork struct {
	done  chan *strip
	quit  chan struct{}
	spare chan *strip
}

func startStrips(marks []mark, width, height int) *stripWork {
	workers := min(runtime.GOMAXPROCS(0), 8)
	count := (height + stripHeight - 1) / stripHeight
	inStrip := make([][]mark, count)
	for _, m := range marks {
		for i := max(0, m.y0/stripHeight); i < count && i*stripHeight < m.y1; i++ {
			inStrip[i] = append(inStrip[i], m)
		}
	}
	work := &stripWork{make(chan *strip), make(chan struct{}), make(chan *strip, workers+1)}
	slots := make([]chan *strip, workers) // worker i makes strips i, i+workers, …
	for i := range slots {
		slots[i] = make(chan *strip)
		go func() {
			cover, pack := &coverage{}, newPacker(width, height)
			for n := i; n < count; n += workers {
				s := work.blank(n, width, height)
				s.draw(inStrip[n], cover)
				pack.pack(s, n == count-1)
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
		return &strip{y: y, w: width, h: h, pix: make([]byte, 3*width*stripHeight), packed: &bytes.Buffer{}}
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
