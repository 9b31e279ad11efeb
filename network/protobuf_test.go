package network

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMessagesReadBackAsTheyWereWritten(t *testing.T) {
	message := protoMessage(nil).text(1, "a").number(300, 1<<40).bytes(16, protoMessage(nil).text(2, "b"))
	assert.Equal(t, protoMessage("\x0a\x01a\xe0\x12\x80\x80\x80\x80\x80\x20\x82\x01\x03\x12\x01b"), message)
	var fields []protoField
	for f, err := range protoFields(message) {
		require.NoError(t, err)
		fields = append(fields, f)
	}
	assert.Equal(t, []protoField{
		{number: 1, bytes: []byte("a")}, {number: 300, value: 1 << 40}, {number: 16, bytes: []byte("\x12\x01b")},
	}, fields)
	texts, err := protoTexts(message, 16, 1, 7)
	require.NoError(t, err)
	assert.Equal(t, []string{"\x12\x01b", "a", ""}, texts)
}

func TestFieldsOfOtherTypesAreSkipped(t *testing.T) {
	message := []byte("\x09\x01\x02\x03\x04\x05\x06\x07\x08" + "\x15\x01\x02\x03\x04" + "\x1a\x01x")
	texts, err := protoTexts(message, 1, 2, 3)
	require.NoError(t, err)
	assert.Equal(t, []string{"", "", "x"}, texts)
}

func TestWhatIsNoMessageIsAnError(t *testing.T) {
	for name, message := range map[string]string{
		"cut tag":            "\x80",
		"field zero":         "\x02\x00",
		"group":              "\x0b\x0c",
		"unknown type":       "\x0f",
		"cut number":         "\x08\x80",
		"endless number":     "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"cut fixed":          "\x09\x01\x02\x03",
		"cut short fixed":    "\x0d\x01\x02\x03",
		"no length":          "\x0a",
		"longer than it is":  "\x0a\x02x",
		"as long as memory":  "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
		"as long as can be":  "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"good before broken": "\x0a\x01x\x0a",
	} {
		_, err := protoTexts([]byte(message), 1)
		assert.ErrorIs(t, err, errProto, name)
	}
}

func TestListsAreBounded(t *testing.T) {
	message := protoMessage(nil).text(1, "a").text(2, "x").text(1, "b").text(1, "c")
	text := func(b []byte) (string, error) { return string(b), nil }
	list, more, err := protoList(message, 1, 2, text)
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b"}, list)
	assert.True(t, more)
	list, more, err = protoList(message, 1, 3, text)
	require.NoError(t, err)
	assert.Len(t, list, 3)
	assert.False(t, more)
}

// FuzzEngineMessages takes apart what whoever listens at an engine's socket answers with.
func FuzzEngineMessages(f *testing.F) {
	var none protoMessage
	entry := none.text(1, "key").text(2, "value")
	f.Add([]byte(none.text(1, "id").text(2, "sandbox").bytes(3, none.text(1, "web")).number(6, 1).bytes(8, entry).bytes(9, entry)))
	f.Add([]byte(none.text(1, "id").bytes(2, none.text(1, "pod").text(2, "uid").text(3, "shop")).bytes(5, entry)))
	f.Add([]byte(none.text(2, "task").number(3, 4711).number(4, 2)))
	f.Add([]byte(none.bytes(2, none.text(1, "info").text(2, `{"pid":4711}`))))
	f.Fuzz(func(t *testing.T, message []byte) {
		size := 0
		for field, err := range protoFields(message) {
			size += len(field.bytes)
			require.True(t, err == nil || len(field.bytes) == 0)
		}
		require.LessOrEqual(t, size, len(message))
		if task, err := parseTask(message); err == nil {
			require.GreaterOrEqual(t, task.pid, 0)
		}
		if details, err := parseContainerdDetails(message); err == nil {
			require.NotNil(t, details)
		}
		_, _ = parseCRIContainer(message)
		_, _ = parseCRISandbox(message)
		_, _ = parseCRIPID(message)
		list, _, _ := protoList(message, 1, 3, parseCRIContainer)
		require.LessOrEqual(t, len(list), 3)
	})
}
