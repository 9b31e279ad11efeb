package render

import (
	"os"
	"testing"

	"github.com/hostwire/hostwire/themes"
)

func TestDraft(t *testing.T) {
	g, l := example()
	for _, th := range themes.Names() {
		theme, _ := themes.Load(th)
		for _, f := range Formats() {
			out, _ := os.Create("/tmp/r/out-" + th + "." + f.Name)
			if err := f.Write(out, Input{Graph: g, Layout: l, Theme: theme}); err != nil {
				t.Fatal(err)
			}
			out.Close()
		}
	}
}
