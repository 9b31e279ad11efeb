package render

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/hostwire/hostwire/internal/testkit"
)

// devtools speaks the DevTools protocol with a browser over a pair of pipes: messages end with a zero byte.
type devtools struct {
	t       testing.TB
	to      *os.File
	from    *bufio.Reader
	session string
	id      int
}

// browse opens a page in a headless browser that is ended with the test.
func browse(t testing.TB, page string) *devtools {
	t.Helper()
	tool := testkit.RequireTool(t, "chromium", "chromium")
	theirIn, ourOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ourIn, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(tool, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--hide-scrollbars", "--window-size=1400,900", "--user-data-dir="+t.TempDir(), "--remote-debugging-pipe")
	cmd.ExtraFiles = []*os.File{theirIn, theirOut} // descriptors 3 and 4, as --remote-debugging-pipe has it.
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = theirIn.Close(), theirOut.Close()
	late := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() }) // then the pipe ends.
	d := &devtools{t: t, to: ourOut, from: bufio.NewReader(ourIn)}
	t.Cleanup(func() {
		late.Stop()
		_ = ourOut.Close() // this ends the browser, with all its processes.
		ended := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		ended.Stop()
		_ = ourIn.Close()
	})
	var target struct{ TargetID, SessionID string }
	d.call("Target.createTarget", map[string]any{"url": "file://" + page}, &target)
	d.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &target)
	d.session = target.SessionID
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		var ready bool
		d.eval("document.readyState === 'complete' && !!document.querySelector('svg path.wire')", &ready)
		if ready {
			return d
		}
		if time.Now().After(deadline) {
			t.Fatal("the page does not load")
		}
	}
}

// call asks for something and waits for the answer; events in between are not heeded.
func (d *devtools) call(method string, params, result any) {
	d.t.Helper()
	d.id++
	message := map[string]any{"id": d.id, "method": method, "params": params}
	if d.session != "" {
		message["sessionId"] = d.session
	}
	out, err := json.Marshal(message)
	if err != nil {
		d.t.Fatal(err)
	}
	if _, err := d.to.Write(append(out, 0)); err != nil {
		d.t.Fatal(err)
	}
	for {
		in, err := d.from.ReadBytes(0)
		if err != nil {
			d.t.Fatalf("%s: %v", method, err)
		}
		var answer struct {
			ID            int
			Result, Error json.RawMessage
		}
		if err := json.Unmarshal(in[:len(in)-1], &answer); err != nil {
			d.t.Fatal(err)
		}
		if answer.ID != d.id {
			continue
		}
		if answer.Error != nil {
			d.t.Fatalf("%s: %s", method, answer.Error)
		}
		if result != nil {
			if err := json.Unmarshal(answer.Result, result); err != nil {
				d.t.Fatal(err)
			}
		}
		return
	}
}

// eval evaluates an expression in the page.
func (d *devtools) eval(expression string, result any) {
	d.t.Helper()
	var answer struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	d.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &answer)
	if answer.ExceptionDetails != nil {
		d.t.Fatalf("%s: %s", expression, answer.ExceptionDetails)
	}
	if err := json.Unmarshal(answer.Result.Value, result); err != nil {
		d.t.Fatal(err)
	}
}

func TestInABrowserThePointerLightsUpAWireAndItsEnds(t *testing.T) {
	page := filepath.Join(t.TempDir(), "x.svg")
	if err := os.WriteFile(page, []byte(write(t, "svg", "light", Options{})), 0o600); err != nil {
		t.Fatal(err)
	}
	d := browse(t, page)
	const wire = `document.querySelector('path.wire-veth[data-to="web-eth0"]')`
	type look struct {
		Wire, Other string
		Ends        []string
	}
	want := map[string]look{
		"away":             {"2px", "2px", []string{"none"}},
		"beside the wire":  {"4px", "2px", []string{"rgb(201, 112, 0)"}},
		"on the interface": {"4px", "2px", []string{"none"}},
	}
	at := map[string]string{
		"away":             `[2, 2]`,
		"beside the wire":  `(() => { const w = ` + wire + `, p = w.getPointAtLength(w.getTotalLength() - 30); return [p.x, p.y + 4] })()`,
		"on the interface": `(() => { const b = document.getElementById('web-eth0').getBoundingClientRect(); return [b.x + b.width - 30, b.y + 8] })()`,
	}
	for _, where := range []string{"away", "beside the wire", "on the interface", "away"} {
		var p [2]float64
		d.eval(at[where], &p)
		d.call("Input.dispatchMouseEvent", map[string]any{"type": "mouseMoved", "x": p[0], "y": p[1]}, nil)
		var got look
		for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(30 * time.Millisecond) { // styles follow a little later.
			d.eval(`(() => { const width = e => getComputedStyle(e).strokeWidth, w = `+wire+`;
				return {wire: width(w), other: width(document.querySelector('path.wire-veth[data-to="api-eth0"]')),
					ends: [...w.closest('.link').querySelectorAll('.ends')].map(e => getComputedStyle(e).stroke)} })()`, &got)
			if fmt.Sprint(got) == fmt.Sprint(want[where]) || time.Now().After(deadline) {
				break
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want[where]) {
			t.Errorf("%s: %+v, want %+v", where, got, want[where])
		}
	}
}
