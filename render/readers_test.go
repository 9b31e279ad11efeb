package render

import (
	"encoding/json"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hostwire/hostwire/internal/testkit"
)

// readers is where programs are installed that read what we write.
const readers = "testdata/npm"

// reader is the path of a file of a program that npm installs for the tests.
func reader(t testing.TB, file string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(readers, "node_modules", file))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		testkit.Missing(t, file, "run npm ci --ignore-scripts --prefix render/"+readers)
	}
	return path
}

// inPage has a browser run a script that reads documents, and returns what the script's function
// read(document) made of each, as JSON. Scripts of the program come before it.
func inPage(t testing.TB, result any, documents map[string]string, script string, programs ...string) {
	t.Helper()
	docs, err := json.Marshal(documents)
	if err != nil {
		t.Fatal(err)
	}
	var page strings.Builder
	page.WriteString("<!DOCTYPE html><meta charset=utf-8><body><div id=scratch></div>\n")
	for _, p := range programs {
		if p == "" {
			continue
		}
		page.WriteString(`<script src="file://` + html.EscapeString(p) + `"></script>` + "\n")
	}
	page.WriteString(`<script type="application/json" id="documents">` + string(docs) + "</script>\n<script>\n" + script + `
(async () => {
  const out = {};
  for (const [name, doc] of Object.entries(JSON.parse(document.getElementById('documents').textContent))) {
    try { out[name] = await read(doc); } catch (e) { out[name] = {error: String(e && e.message || e)}; }
  }
  const pre = document.createElement('pre');
  pre.id = 'result';
  pre.textContent = JSON.stringify(out);
  document.body.replaceChildren(pre);
})();
</script></body>`)
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, []byte(page.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	dom := chromium(t, path, "--virtual-time-budget=60000", "--allow-file-access-from-files", "--dump-dom")
	_, rest, ok := strings.Cut(dom, `<pre id="result">`)
	if !ok {
		t.Fatalf("no result in %.500s", dom[strings.LastIndex(dom, "</script>")+1:])
	}
	text, _, _ := strings.Cut(rest, "</pre>")
	if err := json.Unmarshal([]byte(html.UnescapeString(text)), result); err != nil {
		t.Fatal(err)
	}
}

func TestFilesOfDocumentsAreWrittenByTheirFormats(t *testing.T) {
	for path, want := range map[string]string{
		"host.mmd": "mermaid", "host.mermaid": "mermaid", "host.html": "html", "host.htm": "html", "host.drawio": "drawio",
		"host.json": "json", "README.md": "markdown", "x.markdown": "markdown",
	} {
		f, ok := ForFile(path)
		if !ok || f.Name != want || f.About == "" || f.Binary {
			t.Errorf("%s is written by %q", path, f.Name)
		}
	}
	if f, _ := Find("json"); !strings.Contains(f.About, "capture") {
		t.Error("the graph's JSON is not told from a snapshot's")
	}
}
