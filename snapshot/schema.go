package snapshot

import (
	_ "embed"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
)

//go:embed schema.json
var published []byte

// Schema returns the JSON Schema (draft 2020-12) of the snapshots that Encode writes.
func Schema() []byte { return slices.Clone(published) }

// object is a JSON object in the making. Its members are written in the order of their names.
type object = map[string]any

// schemaMaker collects the definitions that a schema refers to.
type schemaMaker struct {
	book *codecs
	defs object
}

// makeSchema makes the schema from the same codecs that read and write, so that they agree.
func makeSchema() ([]byte, error) {
	lib := library()
	s := &schemaMaker{book: lib, defs: object{}}
	list := func(c *structCodec, about string) object {
		return object{"type": "array", "items": c.schema(s), "description": about}
	}
	schema := object{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"$id":                  "https://github.com/hostwire/hostwire/snapshot/v1",
		"title":                "hostwire snapshot",
		"description":          "The network of a host as hostwire discovered it. Members that would be zero or empty are left out. Interfaces are referred to as NAMESPACE#INDEX, processes by PID, everything else by its position in its list. A lone surrogate \\udc80 to \\udcff in a string stands for a byte that is not UTF-8.",
		"type":                 "object",
		"additionalProperties": false,
		"required":             []string{"hostwire", "host"},
		"properties": object{
			"hostwire": object{
				"type": "object", "additionalProperties": false, "required": []string{"schema"},
				"properties": object{
					"schema":  object{"const": Version, "description": "version of this schema"},
					"written": object{"type": "string", "format": "date-time", "description": "time of writing, if SOURCE_DATE_EPOCH was set"},
				},
			},
			"host":              lib.host.schema(s),
			"netns":             list(lib.netns, "network namespaces, the host's first"),
			"networks":          list(lib.network, "container engines' networks"),
			"findings":          list(lib.finding, "what could not be seen, and why"),
			"processes":         list(lib.process, "processes by PID"),
			"other-processes":   list(lib.process, "further processes that something refers to"),
			"engines":           list(lib.engine, "container engines"),
			"groups":            list(lib.group, "groups of containers, such as compose projects and pods"),
			"containers":        list(lib.container, "containers"),
			"listed-containers": object{"type": "integer", "minimum": 0, "description": "how many of the containers were listed, where others are only referred to"},
			"namespaces":        list(lib.namespace, "namespaces of all types"),
		},
		"$defs": s.defs,
	}
	text, err := json.MarshalIndent(schema, "", "  ")
	return append(text, '\n'), err
}

// nullable allows null where a list's or map's elements can be nil.
func nullable(elem reflect.Type, schema object) object {
	switch elem.Kind() {
	case reflect.Slice, reflect.Map, reflect.Pointer, reflect.Interface:
		return object{"anyOf": []any{schema, object{"type": "null"}}}
	}
	return schema
}

// schemaObject defines the struct, and refers to the definition.
func (s *structCodec) schemaObject(m *schemaMaker) object {
	name := hyphenated(s.typ.Name())
	if m.defs[name] == nil {
		m.defs[name] = object{} // in case that it contains itself.
		m.defs[name] = s.definition(m)
	}
	return object{"$ref": "#/$defs/" + name}
}

// definition describes the struct's members.
func (s *structCodec) definition(m *schemaMaker) object {
	properties, needed := object{}, []string{}
	for _, f := range s.fields {
		properties[f.name] = f.schema(m)
		if f.required {
			needed = append(needed, f.name)
		}
	}
	for name, c := range s.virtual {
		if c.schema != nil {
			properties[name] = c.schema(m)
		}
	}
	definition := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(needed) > 0 {
		definition["required"] = needed
	}
	return definition
}

// nif defines all types of interfaces: which members there are depends on the type.
func (m *schemaMaker) nif() object {
	var types []any
	for _, word := range slices.Sorted(maps.Keys(m.book.nifs.byWord)) {
		s := m.book.nifs.byWord[word]
		name := hyphenated(s.typ.Name())
		definition := s.definition(m)
		if word != "" {
			definition["properties"].(object)["type"] = object{"const": word}
			definition["required"] = append([]string{"type"}, definition["required"].([]string)...)
		}
		m.defs[name] = definition
		types = append(types, object{"$ref": "#/$defs/" + name})
	}
	return object{"oneOf": types}
}
