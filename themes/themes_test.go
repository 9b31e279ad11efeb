package themes

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// grounds are what text of a role stands on; each pair must reach WCAG AA for small text.
var grounds = map[Role][]Role{
	Ink:     {Bg, Card, Head, Row, Group, Band},
	Mute:    {Bg, Card, Head, Row, Group, Band},
	NoteInk: {Note},
	Added:   {Bg, Card, Head, Row, Group, Band},
	Removed: {Bg, Card, Head, Row, Group, Band},
	Changed: {Bg, Card, Head, Row, Group, Band},
}

// signs are what is drawn without text; each pair must reach WCAG's 3:1.
var signs = map[Role][]Role{
	Icon: {Card, Head, Row, Band}, Up: {Row, Bg}, Down: {Row, Bg}, Dormant: {Row, Bg}, Unknown: {Row, Bg},
	NoteEdge: {Note, Bg}, Focus: {Bg, Card, Head, Row, Group, Band},
}

type side struct {
	name string
	*Scheme
}

func sides(t *testing.T) []side {
	t.Helper()
	var out []side
	for _, name := range Names() {
		theme, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, side{name, &theme.Scheme})
		if theme.Dark != nil {
			out = append(out, side{name + " (dark)", theme.Dark})
		}
	}
	return out
}

func TestEveryThemeIsCompleteAndReadable(t *testing.T) {
	for _, s := range sides(t) {
		t.Run(s.name, func(t *testing.T) {
			if len(s.Palette) != len(roles) || len(s.Wires) != len(kinds) {
				t.Fatalf("%d colours and %d kinds of wires, want %d and %d", len(s.Palette), len(s.Wires), len(roles), len(kinds))
			}
			check := func(text string, a Color, ground Role, least float64) {
				if got := Contrast(a, s.Color(ground)); got < least {
					t.Errorf("%s %s on %s %s: contrast %.2f, want %.1f", text, a.Hex(), ground, s.Color(ground).Hex(), got, least)
				}
			}
			for role, on := range grounds {
				for _, ground := range on {
					check(string(role), s.Color(role), ground, 4.5)
				}
			}
			for role, on := range signs {
				for _, ground := range on {
					check(string(role), s.Color(role), ground, 3)
				}
			}
			for _, kind := range kinds {
				for _, ground := range []Role{Bg, Card, Group, Row, Band} {
					check("wire "+kind, s.Wire(kind).Color, ground, 3)
				}
			}
			for _, ground := range []Role{Row, Card} { // the target of a forwarded port is text.
				check("text of forward", s.Wire("forward").Color, ground, 4.5)
			}
		})
	}
}

func TestThemesForEveryVisionTellNothingByColourAlone(t *testing.T) {
	for _, s := range sides(t) {
		if !strings.HasPrefix(s.name, "mono") && !strings.HasPrefix(s.name, "colorblind") {
			continue
		}
		seen := map[string]string{}
		for _, kind := range kinds {
			w := s.Wire(kind)
			look := fmt.Sprint(w.Dash, w.Width)
			if len(w.Dash) > 0 {
				look = fmt.Sprint(w.Dash) // widths of dashed lines are hard to compare.
			}
			if other, taken := seen[look]; taken {
				t.Errorf("%s: %s and %s differ in colour alone", s.name, other, kind)
			}
			seen[look] = kind
		}
	}
}

func TestAutoIsLightAndDark(t *testing.T) {
	auto, _ := Load("auto")
	light, _ := Load("light")
	dark, _ := Load("dark")
	if auto.Color(Bg) != light.Color(Bg) || auto.Dark == nil || auto.Dark.Color(Bg) != dark.Color(Bg) {
		t.Error("auto is not light with dark as its dark side")
	}
	if light.Dark != nil || dark.Dark != nil {
		t.Error("light and dark must look the same to everyone")
	}
}

func TestSourceStartsAThemeOfOnesOwn(t *testing.T) {
	for _, name := range Names() {
		text, err := Source(name)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "mine.yaml")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		mine, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		theirs, _ := Load(name)
		if fmt.Sprint(mine.Scheme) != fmt.Sprint(theirs.Scheme) {
			t.Errorf("%s read back differs", name)
		}
		if About(name) == "" || strings.HasSuffix(About(name), ".") {
			t.Errorf("%s: about is %q", name, About(name))
		}
	}
	if _, err := Source("../doc"); err == nil {
		t.Error("a path is no theme name")
	}
}

func TestAThemeMayOverrideSomeOfItsBase(t *testing.T) {
	mine, err := Parse("mine.yaml", []byte("base: auto\npalette: {bg: '#FFF'}\nwires:\n  veth: {dash: [3, 1]}\ndark:\n  palette: {bg: '#000'}\n"))
	if err != nil {
		t.Fatal(err)
	}
	light, _ := Load("light")
	if mine.Color(Bg) != 0xffffff || mine.Dark.Color(Bg) != 0 || mine.Color(Ink) != light.Color(Ink) {
		t.Errorf("palette is %v", mine.Palette)
	}
	want := light.Wire("veth")
	if got := mine.Wire("veth"); got.Color != want.Color || got.Width != want.Width || fmt.Sprint(got.Dash) != "[3 1]" {
		t.Errorf("veth is %v", got)
	}
	if again, _ := Load("light"); again.Color(Bg) == 0xffffff {
		t.Error("the base was changed")
	}
}

func TestThemesFromBeforeARoleStayComplete(t *testing.T) {
	text, err := Source("light")
	if err != nil {
		t.Fatal(err)
	}
	var old []string
	for _, line := range strings.Split(string(text), "\n") {
		if word, _, _ := strings.Cut(strings.TrimSpace(line), ":"); standIns[Role(word)] == "" {
			old = append(old, line)
		}
	}
	mine, err := Parse("mine.yaml", []byte(strings.Join(old, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	for role, like := range standIns {
		if mine.Color(role) != mine.Color(like) {
			t.Errorf("%s is %s, want %s as %s", role, mine.Color(role).Hex(), mine.Color(like).Hex(), like)
		}
	}
	derived, err := Parse("mine.yaml", []byte("base: colorblind\npalette: {up: '#000'}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if base, _ := Load("colorblind"); derived.Color(Added) != base.Color(Added) {
		t.Errorf("added is %s, not the base's", derived.Color(Added).Hex())
	}
}

func TestErrorsSayWhereAndWhatWasExpected(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":               {"", `t.yaml:1: expected a theme, the file is empty`},
		"only a comment":      {"# nothing\n", `t.yaml:1: expected a theme`},
		"not a mapping":       {"- a\n", `t.yaml:1: a theme: expected a mapping with the keys about, base, palette, wires, dark`},
		"bad YAML":            {"a: [\n", `expected YAML`},
		"tab":                 {"palette:\n\tbg: x\n", `t.yaml:2: expected YAML`},
		"wrong key":           {"base: light\npallete: {}\n", `t.yaml:2: a theme has no key "pallete"; did you mean palette? (the keys are`},
		"wrong role":          {"base: light\npalette:\n  inc: '#fff'\n", `t.yaml:3: palette has no key "inc"; did you mean ink?`},
		"wrong kind":          {"base: light\nwires:\n  veht: {}\n", `t.yaml:3: wires has no key "veht"; did you mean veth?`},
		"wrong colour":        {"base: light\npalette:\n  ink: '#12345'\n", `t.yaml:3: ink: expected a colour such as "#1d2433" or "#rgb", got "#12345"`},
		"unquoted colour":     {"base: light\npalette:\n  ink: #123\n", `t.yaml:3: ink: expected a colour such as "#1d2433" in quotes`},
		"colour is a list":    {"base: light\npalette:\n  ink: [1]\n", `t.yaml:3: expected a colour`},
		"wrong base":          {"base: drak\n", `t.yaml:1: base: no theme "drak"; did you mean dark?`},
		"base is a file":      {"base: ./light.yaml\n", `t.yaml:1: base: no theme "./light.yaml"`},
		"no base":             {"palette: {ink: '#000'}\n", `t.yaml:1: palette has no bg; name a base`},
		"twice":               {"base: light\nbase: dark\n", `t.yaml:2: a theme: key "base" appears twice`},
		"wrong width":         {"base: light\nwires:\n  veth: {width: 99}\n", `t.yaml:3: veth width: expected a number from 0.5 to 8, got "99"`},
		"not a number":        {"base: light\nwires:\n  veth: {width: .nan}\n", `t.yaml:3: veth width: expected a number`},
		"wrong dash":          {"base: light\nwires:\n  veth: {dash: doted}\n", `t.yaml:3: veth dash: expected solid, dashed, dotted,`},
		"odd dash":            {"base: light\nwires:\n  veth: {dash: [1, 2, 3]}\n", `t.yaml:3: veth dash: expected 2, 4, 6 or 8 lengths`},
		"alias":               {"base: &b light\n", `t.yaml:1: expected the name of a theme; anchors and aliases are not taken`},
		"alias bomb":          {"base: light\npalette: &a {bg: '#fff'}\nwires: *a\n", `t.yaml:2: palette: anchors and aliases are not taken`},
		"two documents":       {"base: light\n---\nbase: dark\n", `expected one YAML document`},
		"terminal escapes":    {"base: light\n\"\\e[31m\": 1\n", `a theme has no key "\x1B[31m"`},
		"dark has no about":   {"base: light\ndark: {about: x}\n", `t.yaml:2: dark has no key "about"`},
		"dark wrong":          {"base: auto\ndark:\n  palette: {bg: red}\n", `t.yaml:3: bg: expected a colour`},
		"deep nesting":        {strings.Repeat("[", 20000), `t.yaml:1: expected YAML`},
		"too large":           {"# " + strings.Repeat("x", maxFile), `t.yaml: expected at most 64 KiB`},
		"key is not a word":   {"? [a]\n: b\n", `t.yaml:1: expected a key`},
		"about much too long": {"base: light\nabout: " + strings.Repeat("x", 300), `t.yaml:2: about: expected at most 200 bytes, got 300`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("t.yaml", []byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error is %v, want …%s…", err, c.want)
			}
			if strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("error is not one plain line: %q", err)
			}
		})
	}
}

func TestLoadRefusesWhatIsNoThemeFile(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	big := filepath.Join(dir, "big")
	if err := os.WriteFile(big, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"drak":                     `unknown theme "drak"; did you mean dark? (the themes are auto, light`,
		"":                         "unknown theme",
		filepath.Join(dir, "none"): "no such file",
		dir:                        "expected a file",
		fifo:                       "expected a file",
		"/dev/zero":                "expected a file",
		big:                        "expected at most 64 KiB",
	} {
		if _, err := Load(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load(%q): error is %v, want …%s…", name, err, want)
		}
	}
}

func TestContrastIsWCAGs(t *testing.T) {
	for _, c := range []struct {
		a, b Color
		want string
	}{{0, 0xffffff, "21.00"}, {0xffffff, 0, "21.00"}, {0x777777, 0xffffff, "4.48"}, {0xff0000, 0xffffff, "4.00"}, {0x123456, 0x123456, "1.00"}} {
		if got := fmt.Sprintf("%.2f", Contrast(c.a, c.b)); got != c.want {
			t.Errorf("Contrast(%s, %s) = %s, want %s", c.a.Hex(), c.b.Hex(), got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range Names() {
		text, _ := Source(name)
		f.Add(text)
	}
	f.Add([]byte("base: light\npalette: &a {bg: '#fff', ink: *a}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		theme, err := Parse("fuzz.yaml", text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz.yaml:") || strings.ContainsAny(err.Error(), "\n\x1b\x00") {
				t.Fatalf("error is %q", err)
			}
			return
		}
		for _, s := range []*Scheme{&theme.Scheme, theme.Dark} {
			if s != nil && (len(s.Palette) != len(roles) || len(s.Wires) != len(kinds)) {
				t.Fatal("an accepted theme is not complete")
			}
		}
	})
}
