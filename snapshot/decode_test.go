package snapshot

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatIsNoSnapshotIsRefusedInOneLine(t *testing.T) {
	const head = `{"hostwire":{"schema":1},"host":{}`
	ns := func(members string) string {
		return head + `,"namespaces":[{"type":"net","ino":1},{"type":"net","ino":2},{"type":"user","ino":3}],"netns":[{"namespace":0` + members + `}]}`
	}
	nifs := func(list string) string { return ns(`,"nifs":[` + list + `]`) }
	for name, c := range map[string]struct{ text, want string }{
		"nothing":                 {" \n", "no hostwire snapshot: it is empty"},
		"an image":                {"\x89PNG\r\n", `it is no JSON object, but starts with "\x89PNG`},
		"a list":                  {"[1,2]", "it is no JSON object"},
		"other JSON":              {`{"a":{"b":[1,2]}}`, `it is JSON, but has no member "hostwire"`},
		"other, with a list":      {`{"hostwires":[]}`, `has no member "hostwire"`},
		"later version":           {`{"hostwire":{"schema":3}}`, "this snapshot has schema version 3, this hostwire reads up to 1: update hostwire"},
		"later version, later on": {`{"host":{"name":"a","mood":"fine"},"hostwire":{"schema":2,"more":[]}}`, "schema version 2"},
		"version zero":            {`{"hostwire":{}}`, "there is no schema version 0"},
		"version is text":         {`{"hostwire":{"schema":"1"}}`, "hostwire.schema: expected a number, found a string at byte 22"},
		"cut off":                 {head[:len(head)-4], "damaged: a string has no end at byte 25"},
		"cut in a name":           {head[:len(head)-1], `host: expected a string, found the end of the text at byte 33`},
		"trailing":                {head + "} x", `expected the end of the text, found "x" at byte 36`},
		"unknown member":          {head + `,"mood":1}`, `unknown member "mood" at byte`},
		"unknown inner member":    {`{"hostwire":{"schema":1},"host":{"mood":1}}`, `host: unknown member "mood" at byte 40`},
		"member twice":            {head + `,"host":{}}`, `member "host" is there twice`},
		"inner member twice":      {`{"hostwire":{"schema":1},"host":{"name":"a","name":"b"}}`, `host: member "name" is there twice`},
		"control character":       {head + ",\"a\x01\":1}", "unescaped control character"},
		"not UTF-8":               {`{"hostwire":{"schema":1},"host":{"name":"` + "\xff" + `"}}`, "host.name: a string is not UTF-8"},
		"half a pair":             {`{"hostwire":{"schema":1},"host":{"name":"\ud83dx"}}`, "half of a surrogate pair is missing"},
		"the other half":          {`{"hostwire":{"schema":1},"host":{"name":"\udfff"}}`, "half of a surrogate pair is missing"},
		"bad escape":              {`{"hostwire":{"schema":1},"host":{"name":"\x41"}}`, "a backslash is followed by"},
		"short escape":            {`{"hostwire":{"schema":1},"host":{"name":"\u00"}}`, "four hexadecimal digits"},
		"number with zero":        {nifs(`{"index":01,"name":"a"}`), `netns[0].nifs[0]: expected ",", found a number`},
		"number too large":        {nifs(`{"index":99999999999999999999,"name":"a"}`), "is not an integer of 64 bits"},
		"fraction":                {nifs(`{"index":1.5,"name":"a"}`), "1.5 is not an integer"},
		"no name":                 {nifs(`{"index":1}`), `netns[0].nifs[0]: member "name" is missing`},
		"index twice":             {nifs(`{"index":1,"name":"a"},{"index":1,"name":"b"}`), "netns[0].nifs[1]: interface index 1 is there twice"},
		"unknown type":            {nifs(`{"type":"teleport","index":1,"name":"a"}`), `unknown type of interface "teleport"`},
		"wrong member for a type": {nifs(`{"type":"veth","index":1,"name":"a","vid":4}`), `unknown member "vid"`},
		"bad address":             {nifs(`{"index":1,"name":"a","l2-addr":"zz"}`), `netns[0].nifs[0].l2-addr: "zz" is no hardware address`},
		"bad word":                {nifs(`{"index":1,"name":"a","state":"sideways"}`), `unknown word "sideways"; known are unknown, not-present, down`},
		"word out of range":       {nifs(`{"index":1,"name":"a","state":256}`), "256 is not a non-negative integer of 8 bits"},
		"bad reference":           {nifs(`{"index":1,"name":"a","lower":"0"}`), `"0" refers to no interface: expected "NAMESPACE#INDEX"`},
		"missing interface":       {nifs(`{"index":1,"name":"a","lower":"0#2"}`), "there is no interface 0#2"},
		"missing namespace":       {nifs(`{"index":1,"name":"a","lower":"4#1"}`), "there is no interface 4#1"},
		"stands on itself":        {nifs(`{"index":1,"name":"a","lower":"0#1"}`), "stands on itself"},
		"stand on one another":    {nifs(`{"index":1,"name":"a","controller":"0#2"},{"index":2,"name":"b","controller":"0#1"}`), "stands on itself"},
		"missing process":         {ns(`,"tenants":[{"process":5}]`), "there is no process 5"},
		"no tenant":               {ns(`,"tenants":[null]`), "no tenant where there should be one"},
		"missing list":            {ns(`,"portsv4":[{"nifs":0}]`), "there is no list of interfaces 0"},
		"list of too many":        {ns(`,"portsv4":[{"nifs":-1}]`), "there is no list of interfaces -1"},
		"no namespace":            {head + `,"netns":[{}]}`, `netns[0]: member "namespace" is missing`},
		"null namespace":          {head + `,"netns":[{"namespace":null}]}`, "netns[0] is no network namespace"},
		"namespace of wrong type": {head + `,"netns":[{"namespace":0}],"namespaces":[{"type":"pid","ino":1}]}`, "netns[0] is no network namespace"},
		"namespace twice":         {head + `,"netns":[{"namespace":0},{"namespace":0}],"namespaces":[{"type":"net","ino":1}]}`, "netns[1] is there twice"},
		"owner is no user":        {head + `,"namespaces":[{"type":"net","ino":1,"owner":0}]}`, "no user namespace"},
		"leader is nobody":        {head + `,"namespaces":[{"type":"net","ino":1,"leaders":[null]}]}`, "no process where a leader should be"},
		"process twice":           {head + `,"processes":[{"pid":1},{"pid":1}]}`, "processes[1]: process 1 is there twice"},
		"process zero":            {head + `,"processes":[{"pid":0}]}`, "0 is no PID"},
		"own ancestor":            {head + `,"processes":[{"pid":3,"ppid":4},{"pid":4,"ppid":3}]}`, "is an ancestor of itself"},
		"in the wrong namespace":  {head + `,"namespaces":[{"type":"pid","ino":1}],"processes":[{"pid":1,"namespaces":{"net":0}}]}`, "there is no net namespace 0"},
		"namespace of no type":    {head + `,"processes":[{"pid":1,"namespaces":{"mood":0}}]}`, `unknown type of namespace "mood"`},
		"missing container":       {head + `,"processes":[{"pid":1,"container":0}]}`, "there is no container 0"},
		"missing engine":          {head + `,"containers":[{"id":"a","engine":3}]}`, "there is no engine 3"},
		"group is nothing":        {head + `,"containers":[{"id":"a","groups":[null]}]}`, "no group where there should be one"},
		"too many listed":         {head + `,"containers":[{"id":"a"}],"listed-containers":2}`, "there are 1 containers, but 2 are listed"},
		"array of wrong length":   {head + `,"processes":[{"pid":1,"affinity":[[1,2,3]]}]}`, "expected an array of 2 elements"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Decode(strings.NewReader(c.text))
			require.Error(t, err)
			assert.Contains(t, err.Error(), c.want)
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestMembersMayComeInAnyOrder(t *testing.T) {
	d, err := Decode(strings.NewReader(`{"namespaces":[{"ino":1,"type":"net"}],"netns":[{"nifs":[
		{"peer":"0#2","name":"a","type":"veth","index":1},{"index":2,"peer":"0#1","type":"veth","name":"b"}],"namespace":0}],
		"host":{"name":"h"},"hostwire":{"schema":1}}`))
	require.NoError(t, err)
	for _, ns := range d.Netns {
		assert.Equal(t, 2, len(ns.NamedNifs))
		assert.Equal(t, "veth", string(encoded(t, d)[bytes.Index(encoded(t, d), []byte(`"type":"veth"`))+8:][:4]))
	}
}

func TestMemoryIsBounded(t *testing.T) {
	text := encoded(t, made(t, "tenant:20 compose:3"))
	_, err := decode(text, 1<<20)
	require.NoError(t, err)
	for memory := int64(10); memory < 50_000; memory *= 3 {
		_, err = decode(text, memory)
		assert.ErrorContains(t, err, "holds more than hostwire takes into memory")
	}
	deep := `{"hostwire":{"schema":1},"host":{},"netns":` + strings.Repeat("[", 1<<20)
	_, err = Decode(strings.NewReader(deep))
	assert.ErrorContains(t, err, `netns[0]: expected "{", found an array`)
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

type broken struct{}

func (broken) Read([]byte) (int, error)  { return 0, errors.New("cable cut") }
func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestEndlessAndBrokenInput(t *testing.T) {
	_, err := Decode(endless{})
	assert.ErrorContains(t, err, "larger than 256 MiB")
	_, err = Decode(broken{})
	assert.ErrorContains(t, err, "cable cut")
	assert.ErrorContains(t, Encode(broken{}, made(t, "tenant")), "disk full")
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "host.json")
	text := encoded(t, made(t, "host:a tenant:2"))
	require.NoError(t, os.WriteFile(file, text, 0o600))
	for _, spec := range []string{file, "-", "synthetic:host:a tenant:2"} {
		d, err := Open(spec, bytes.NewReader(text))
		require.NoError(t, err, spec)
		assert.Equal(t, string(text), string(encoded(t, d)), spec)
	}
	for spec, want := range map[string]string{
		"":                   "no snapshot is named",
		dir:                  "this is a directory",
		dir + "/none.json":   "cannot be opened: no such file or directory",
		"synthetic:tennants": "did you mean tenant?",
		"-":                  "standard input: this is no hostwire snapshot",
	} {
		_, err := Open(spec, strings.NewReader("hello"))
		assert.ErrorContains(t, err, want)
	}
}

func FuzzDecode(f *testing.F) {
	// Small seeds: the fuzzer spends its time on making large ones smaller.
	for _, spec := range []string{"tenant port", "vxlan", "macvlan", "vlan", "bond", "tap", "router", "lone ipv6"} {
		f.Add(encoded(f, made(f, spec)))
	}
	f.Add([]byte(`{"hostwire":{"schema":2}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := Decode(bytes.NewReader(text))
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than a line: %q", err)
			}
			return
		}
		first := encoded(t, d)
		back, err := Decode(bytes.NewReader(first))
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if second := encoded(t, back); !bytes.Equal(first, second) {
			t.Errorf("not the same when written again:\n%s\n%s", first, second)
		}
		if _, err := Redact(d, everything); err != nil {
			t.Errorf("cannot be redacted: %v", err)
		}
	})
}
