package render

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/themes"
)

// driver loads a page in a frame, uses it as a reader does, and reports.
const driver = `
const sleep = ms => new Promise(r => setTimeout(r, ms));
async function drive(steps) {
  const frame = document.querySelector('iframe'), log = [];
  for (let i = 0; i < 100 && !frame.contentDocument?.documentElement?.dataset.ready; i++) await sleep(20);
  const win = frame.contentWindow, doc = frame.contentDocument;
  win.addEventListener('error', e => log.push('error: ' + e.message));
  doc.addEventListener('securitypolicyviolation', e => log.push('violation: ' + e.violatedDirective));
  const page = {
    win, doc, log,
    ui: name => doc.querySelector('[data-ui="' + name + '"]'),
    svg: doc.querySelector('svg.hostwire'),
    key: (key, target, more) => (target || doc.body).dispatchEvent(new win.KeyboardEvent('keydown', {key, bubbles: true, cancelable: true, ...more})),
    click: e => e.dispatchEvent(new win.MouseEvent('click', {bubbles: true})),
    type: text => { const s = page.ui('search'); s.value = text; s.dispatchEvent(new win.Event('input', {bubbles: true})); },
    wire: (from, to) => page.svg.querySelector('path.wire[data-from="' + from + '"][data-to="' + to + '"]').closest('.link'),
    ids: c => [...page.svg.querySelectorAll('g[id].' + c)].map(e => e.id).sort(),
    wires: c => [...page.svg.querySelectorAll('.link.' + c + ' .wire')].map(e => e.dataset.from + ' > ' + e.dataset.to).sort(),
    chip: text => [...page.ui('kinds').querySelectorAll('button')].find(b => b.textContent.includes(text)),
  };
  const result = await steps(page);
  return {...result, log, ready: doc.documentElement.dataset.ready || ''};
}`

// inHTML has a browser drive a page of ours; script is the body of a function of page, see driver.
func inHTML(t testing.TB, doc, script string, result any, args ...string) {
	t.Helper()
	dir := t.TempDir()
	outer := `<!DOCTYPE html><meta charset=utf-8><body><iframe src="page.html" style="width:1000px;height:700px"></iframe><script>` + driver + `
drive(async page => {` + script + `}).catch(e => ({log: ['failed: ' + e.stack]})).then(out => {
  const pre = document.createElement('pre');
  pre.id = 'result';
  pre.textContent = JSON.stringify(out);
  document.body.replaceChildren(pre);
});</script></body>`
	for name, text := range map[string]string{"page.html": doc, "outer.html": outer} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dom := chromium(t, filepath.Join(dir, "outer.html"), append(args, "--allow-file-access-from-files", "--virtual-time-budget=20000", "--dump-dom")...)
	_, rest, ok := strings.Cut(dom, `<pre id="result">`)
	if !ok {
		t.Fatalf("no result in %.500s", dom)
	}
	text, _, _ := strings.Cut(rest, "</pre>")
	var base struct {
		Log   []string `json:"log"`
		Ready string   `json:"ready"`
	}
	for _, into := range []any{&base, result} {
		if err := json.Unmarshal([]byte(html.UnescapeString(text)), into); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
	}
	if base.Ready != "yes" || len(base.Log) > 0 {
		t.Fatalf("ready %q, %q", base.Ready, base.Log)
	}
}

func TestAPageStandsAlone(t *testing.T) {
	doc := write(t, "html", "auto", Options{LinkTemplate: "https://x.example/{netns}/{nif}"})
	if n := strings.Count(doc, "<script"); n != 2 {
		t.Errorf("%d script elements, want the data and one script", n)
	}
	hash := sha256.Sum256([]byte(pageJS))
	if want := "default-src 'none'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'; style-src 'unsafe-inline'; font-src data:; img-src data:;"; !strings.Contains(doc, want) {
		t.Errorf("the policy is not %s", want)
	}
	for _, m := range regexp.MustCompile(`(?:src|href|url)\s*[=(]\s*["']?([^"')\s>]+)`).FindAllStringSubmatch(strings.ReplaceAll(doc, pageJS, ""), -1) {
		if !strings.HasPrefix(m[1], "data:") && !strings.HasPrefix(m[1], "#") {
			t.Errorf("the page refers to %s", m[1])
		}
	}
	for _, word := range []string{"fetch(", "XMLHttpRequest", "WebSocket", "sendBeacon", "import(", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"} {
		if strings.Contains(pageJS, word) {
			t.Errorf("the script has %s", word)
		}
	}
	if strings.Contains(pageJS, "</") || strings.Contains(pageCSS, "</") {
		t.Error("script or style sheet would end their element")
	}
}

func TestInABrowserAWireIsFollowed(t *testing.T) {
	var got struct {
		On, Ends   []string
		OnWires    []string
		WayWires   []string
		Heading    string
		Steps      []string
		Hash       string
		Closed     bool
		Left       []string
		Other      string
		ByKeyboard string
		Tabbable   int
	}
	inHTML(t, write(t, "html", "auto", Options{}), `
  const before = page.ui('details').hidden;
  page.click(page.wire('host-veth277e408', 'api-eth0').querySelector('.wire'));
  const out = {
    onWires: page.wires('ui-on'), wayWires: page.wires('ui-way'), ends: page.ids('ui-end'),
    heading: page.ui('details').querySelector('h2').textContent,
    steps: [...page.ui('details').querySelectorAll('.way button')].map(b => b.textContent),
    hash: page.win.location.hash, closed: before,
  };
  page.key('Escape');
  out.left = [...page.wires('ui-on'), ...page.ids('ui-end'), page.ui('details').hidden ? '' : 'details'].filter(Boolean);
  const row = page.doc.getElementById('web-eth0');
  page.key('Enter', row);
  out.byKeyboard = page.ui('details').querySelector('h2').textContent;
  page.key('f');
  out.other = page.ui('details').querySelector('h2').textContent;
  out.tabbable = page.svg.querySelectorAll('[tabindex="0"][role=button][aria-label]').length;
  return out;`, &got)
	if strings.Join(got.OnWires, ",") != "host-veth277e408 > api-eth0" || strings.Join(got.WayWires, ",") != "host-veth277e408 > host-br" {
		t.Errorf("marked are %q, and on the way %q", got.OnWires, got.WayWires)
	}
	if strings.Join(got.Ends, ",") != "api-eth0,host-br,host-veth277e408" || got.Heading != "veth pair" || len(got.Steps) != 5 {
		t.Errorf("ends are %q, details %q: %q", got.Ends, got.Heading, got.Steps)
	}
	if !strings.HasPrefix(got.Hash, "#host-veth277e408--") || !got.Closed || len(got.Left) > 0 {
		t.Errorf("address is %q, details were hidden: %v, after Escape there is %q", got.Hash, got.Closed, got.Left)
	}
	if got.ByKeyboard != "web : eth0" || got.Other != "edge-01 : veth1b9363c" {
		t.Errorf("by keyboard: %q, then %q", got.ByKeyboard, got.Other)
	}
	g, _ := example()
	want := len(g.Free) + len(g.Edges)
	for _, c := range g.Clusters {
		want += 1 + len(c.Nodes)
	}
	if got.Tabbable != want {
		t.Errorf("%d things can be reached by keyboard, want %d", got.Tabbable, want)
	}
}

func TestInABrowserSearchAndFilters(t *testing.T) {
	var got struct {
		Matches             []string
		Found, Next, Last   string
		Nothing             string
		Off, OffNodes, Back int
		Pressed             string
		Dimmed              float64
	}
	inHTML(t, write(t, "html", "auto", Options{}), `
  page.key('/');
  page.type('172.18 up');
  const out = {matches: page.ids('ui-match'), found: page.ui('found').textContent};
  page.key('Enter', page.ui('search'));
  out.next = page.ui('found').textContent + ' ' + page.ui('details').querySelector('h2').textContent;
  page.key('Enter', page.ui('search'), {shiftKey: true});
  out.last = page.ui('found').textContent;
  page.type('no such thing');
  out.nothing = page.ui('found').textContent;
  page.key('Escape');
  page.key('Escape');
  page.click(page.chip('veth pair'));
  out.off = page.wires('ui-off').length;
  out.pressed = page.chip('veth pair').getAttribute('aria-pressed');
  out.dimmed = +page.win.getComputedStyle(page.wire('host-veth277e408', 'api-eth0')).opacity;
  page.click(page.chip('loopback'));
  out.offNodes = page.ids('ui-off').length;
  page.key('Escape');
  out.back = page.svg.querySelectorAll('.ui-off').length;
  return out;`, &got)
	if strings.Join(got.Matches, ",") != "api-eth0,db-eth0,host-br" || got.Found != "3 found" || !strings.HasPrefix(got.Next, "1 of 3 edge-01 : br-") || got.Last != "3 of 3" {
		t.Errorf("found are %q: %q, %q, %q", got.Matches, got.Found, got.Next, got.Last)
	}
	if got.Nothing != "nothing found" || got.Off != 3 || got.Pressed != "false" || got.Dimmed > 0.1 || got.OffNodes != 2 || got.Back != 0 {
		t.Errorf("%+v", got)
	}
}

func TestInABrowserZoomPanAndTheme(t *testing.T) {
	var got struct {
		Fits                bool
		Actual, In, Wheel   string
		Scrolled            float64
		Auto, Light, Dark   string
		PageLight, PageDark string
		Dragged             float64
		SelectedByDrag, Kbd bool
		PointKept           float64
	}
	inHTML(t, write(t, "html", "auto", Options{}), `
  const stage = page.ui('stage'), fits = stage.scrollWidth <= stage.clientWidth && stage.scrollHeight <= stage.clientHeight;
  page.key('1');
  const out = {fits, actual: page.ui('zoom').textContent};
  page.key('+');
  out.in = page.ui('zoom').textContent;
  page.key('ArrowRight');
  out.scrolled = stage.scrollLeft;
  const at = page.svg.getBoundingClientRect(), x = 400, y = 300, f = (x - at.left) / at.width;
  stage.dispatchEvent(new page.win.WheelEvent('wheel', {ctrlKey: true, deltaY: -200, clientX: x, clientY: y, bubbles: true, cancelable: true}));
  const after = page.svg.getBoundingClientRect();
  out.wheel = page.ui('zoom').textContent;
  out.pointKept = Math.abs(after.left + f * after.width - x);
  const left = stage.scrollLeft, p = (type, x) => stage.dispatchEvent(new page.win.PointerEvent(type, {clientX: x, clientY: 300, bubbles: true, pointerId: 1, pointerType: 'mouse', button: 0}));
  p('pointerdown', 400); p('pointermove', 300); p('pointerup', 300);
  page.click(page.doc.getElementById('host-br'));
  out.dragged = stage.scrollLeft - left;
  out.selectedByDrag = !page.ui('details').hidden;
  const ground = () => page.win.getComputedStyle(page.svg.querySelector('.bg')).fill, body = () => page.win.getComputedStyle(page.doc.body).backgroundColor;
  out.auto = ground();
  page.key('t'); out.light = ground(); out.pageLight = body();
  page.key('t'); out.dark = ground(); out.pageDark = body();
  page.key('?'); out.kbd = page.ui('keys').open;
  return out;`, &got, "--blink-settings=preferredColorScheme=0")
	auto, _ := themes.Load("auto")
	rgb := func(s *themes.Scheme) string {
		r, g, b := s.Color(themes.Bg).RGB()
		return "rgb(" + itoa(int(r)) + ", " + itoa(int(g)) + ", " + itoa(int(b)) + ")"
	}
	light, dark := rgb(&auto.Scheme), rgb(auto.Dark)
	if got.Auto != dark || got.Light != light || got.Dark != dark || got.PageLight != light || got.PageDark != dark {
		t.Errorf("grounds are %q, %q, %q, the page's %q, %q", got.Auto, got.Light, got.Dark, got.PageLight, got.PageDark)
	}
	if !got.Fits || got.Actual != "100 %" || got.In != "125 %" || got.Scrolled <= 0 || got.Wheel == got.In || got.PointKept > 2 {
		t.Errorf("%+v", got)
	}
	if got.Dragged < 95 || got.Dragged > 105 || got.SelectedByDrag || !got.Kbd {
		t.Errorf("dragged by %g, selected: %v, help: %v", got.Dragged, got.SelectedByDrag, got.Kbd)
	}
}

func TestHostileNamesAreHarmlessAndReadableInHTML(t *testing.T) {
	for name, s := range hostileNames {
		if len(s) > 1<<16 && testing.Short() {
			continue
		}
		doc := string(writeHostile(t, "html", s))
		checkHarmless(t, strings.ReplaceAll(doc, "\t", ""))
		if strings.Count(doc, "<script") != 2 || strings.Count(doc, "</script") != 2 || strings.Count(doc, "<style") != 2 {
			t.Errorf("%s: scripts or styles got into the page", name)
		}
	}
	for _, name := range []string{"end of text and a script", "a style", "entities", "javascript", "right to left", "quotes"} {
		s := hostileNames[name]
		var got struct {
			Name, Details, Title, Chip string
			Active                     int
			Link                       string
		}
		inHTML(t, string(writeHostile(t, "html", s)), `
  page.key('Enter', page.doc.getElementById('n1'));
  const link = page.ui('details').querySelector('a');
  return {
    name: page.ui('details').querySelector('h2').textContent, details: page.ui('details').textContent, title: page.doc.title, chip: page.ui('kinds').textContent,
    link: link ? link.protocol : '', active: page.ui('details').querySelectorAll('script, style, img, iframe').length,
  };`, &got)
		want := plain(s)
		if got.Name != want+" : "+want || !strings.Contains(got.Details, want) || got.Title != want || !strings.Contains(got.Chip, want) {
			t.Errorf("%s: %+v", name, got)
		}
		if got.Active > 0 || got.Link != "https:" {
			t.Errorf("%s: %d active elements, a link to %s", name, got.Active, got.Link)
		}
	}
}

func TestAPageTellsDifferencesByMoreThanColour(t *testing.T) {
	g, l := differing()
	var got struct {
		Added, Removed, Changed string
		Found                   []string
	}
	inHTML(t, writeGraph(t, "html", "auto", g, l, Options{}), `
  const tell = id => { page.key('Enter', page.doc.getElementById(id)); return page.ui('details').textContent; };
  page.type('removed');
  return {added: tell('host-v1'), removed: tell('host-v2'), changed: tell('host-eth0'), found: page.ids('ui-match')};`, &got)
	if !strings.Contains(got.Added, "+ added") || !strings.Contains(got.Removed, "− removed") || !strings.Contains(got.Changed, "~ changed") || strings.Join(got.Found, ",") != "gone,gone-eth0,host-v2" {
		t.Errorf("%+v", got)
	}
}
