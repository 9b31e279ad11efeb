package snapshot

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write schema.json anew from the types")

// TestPublishedSchemaFitsTheTypes fails when a type of the model changed: then the schema is to be
// made anew with -update, and its version to be raised if the last one was released.
func TestPublishedSchemaFitsTheTypes(t *testing.T) {
	made, err := makeSchema()
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile("schema.json", made, 0o644))
		return
	}
	assert.Equal(t, string(made), string(Schema()), "run go test ./snapshot -run Schema -update")
}

func TestSchemaIsACopy(t *testing.T) {
	Schema()[0] = 'x'
	assert.Equal(t, byte('{'), Schema()[0])
}

// compiled is the published schema, ready to validate with.
func compiled(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(published))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	require.NoError(t, compiler.AddResource("schema.json", doc))
	schema, err := compiler.Compile("schema.json")
	require.NoError(t, err)
	return schema
}

// validate fails the test unless the text is JSON that the schema allows.
func validate(t testing.TB, schema *jsonschema.Schema, text []byte) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	if err := schema.Validate(doc); err != nil {
		t.Fatalf("%v\nin %.2000s", err, text)
	}
}
