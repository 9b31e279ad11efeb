package snapshot

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// codec says how values of one Go type stand in a snapshot. The types of the information model
// have some two hundred fields, and get more: codecs are therefore made from the types themselves,
// so that no field is forgotten. What needs a form of its own (addresses, references, words) is
// registered in scalars.go and refs.go.
type codec struct {
	write  func(e *encoder, v reflect.Value)
	read   func(d *decoder, v reflect.Value) error // v is settable and zero.
	schema func(s *schemaMaker) object
}

// structCodec is the codec of a struct: an object with a member for each field that is not zero.
// A nil slice, map or pointer is left out; an empty one is there, so that the two can be told apart.
type structCodec struct {
	codec
	typ     reflect.Type
	fields  []fieldCodec
	byName  map[string]int
	virtual map[string]*codec // further members, by hand; their codecs read into the struct.
}

type fieldCodec struct {
	name     string
	key      string // name as it is written: quoted and with a colon.
	index    []int  // of the field, through embedded structs.
	required bool   // always written, and missed when it is not there.
	*codec
}

// book holds the codecs of all types that were asked for.
type book struct {
	types map[reflect.Type]*codec
}

// skipped fields are not written: they follow from where the value stands, or mean nothing on
// another machine.
var skipped = map[string]bool{
	"NifAttrs.Netns":   true, // the namespace that lists it.
	"NifAttrs.Link":    true, // netlink handle.
	"Process.Parent":   true, // follows from the parent's PID.
	"Process.Children": true, // the same.
	"Task.Process":     true, // the process that lists it.

	"NetworkNamespace.Nifs":      true, // written by hand: a line for each.
	"NetworkNamespace.NamedNifs": true, // follows from Nifs; written by hand where it does not.
}

// renamed fields go by another name than their own: two that would be called the same.
var renamed = map[string]string{
	"ForwardedPortRange.Protocol": "transport",
}

// required fields are what things are told apart by.
var required = map[string]bool{
	"NetworkNamespace.Namespace": true, "NifAttrs.Name": true, "NifAttrs.Index": true, "Process.PID": true, "Task.TID": true, "Container.ID": true,
	"namespaceRecord.Type": true, "namespaceRecord.Ino": true,
	"Finding.Kind": true, "Finding.Message": true,
}

// of returns the codec of a type. It panics for types that no snapshot can hold, such as functions:
// a mistake in the program, which the tests find.
func (b *book) of(t reflect.Type) *codec {
	if c, ok := b.types[t]; ok {
		return c
	}
	c := &codec{}
	b.types[t] = c // before it is complete: types can contain themselves.
	switch t.Kind() {
	case reflect.Bool:
		*c = boolCodec
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		*c = intCodec(t)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		*c = uintCodec(t)
	case reflect.Float64:
		*c = floatCodec
	case reflect.String:
		*c = stringCodec
	case reflect.Slice:
		*c = sliceCodec(t, b.of(t.Elem()))
	case reflect.Array:
		*c = arrayCodec(t, b.of(t.Elem()))
	case reflect.Map:
		*c = mapCodec(t, b.of(t.Elem()))
	case reflect.Pointer:
		*c = pointerCodec(t, b.of(t.Elem()))
	case reflect.Struct:
		*c = b.structOf(t).codec
	default:
		panic(fmt.Sprintf("snapshot: no way to write a %v", t))
	}
	return c
}

// structOf makes the codec of a struct.
func (b *book) structOf(t reflect.Type) *structCodec {
	s := &structCodec{typ: t, byName: map[string]int{}, virtual: map[string]*codec{}}
	b.addFields(s, t, nil)
	for i, f := range s.fields {
		if _, twice := s.byName[f.name]; twice {
			panic(fmt.Sprintf("snapshot: %v has two fields called %q", t, f.name))
		}
		s.byName[f.name] = i
	}
	s.codec = codec{write: s.writeObject, read: s.readObject, schema: s.schemaObject}
	return s
}

// addFields adds the exported fields of a struct; those of embedded structs as if they were its own.
func (b *book) addFields(s *structCodec, t reflect.Type, index []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(slices.Clone(index), i)
		full := t.Name() + "." + f.Name
		switch {
		case !f.IsExported() || skipped[full]:
		case f.Anonymous && f.Type.Kind() == reflect.Struct:
			b.addFields(s, f.Type, at)
		default:
			c := fieldForms[full]
			if c == nil {
				c = b.of(f.Type)
			}
			name := memberName(t, f)
			s.fields = append(s.fields, fieldCodec{
				name: name, key: strconv.Quote(name) + ":", index: at, required: required[full], codec: c,
			})
		}
	}
}

// memberName returns the name of the member that stands for a field: as its JSON tag says, else its
// own name in lower case with hyphens.
func memberName(t reflect.Type, f reflect.StructField) string {
	if name, ok := renamed[t.Name()+"."+f.Name]; ok {
		return name
	}
	if tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag != "" && tag != "-" {
		return tag
	}
	return hyphenated(f.Name)
}

var acronyms = strings.NewReplacer("PIDs", "Pids", "IPs", "Ips", "IPv4", "Ipv4", "IPv6", "Ipv6", "VLANs", "Vlans")

// hyphenated turns a Go name into lower case with hyphens: "SRIOVRole" into "sriov-role".
func hyphenated(name string) string {
	runes := []rune(acronyms.Replace(name))
	var b strings.Builder
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func (s *structCodec) writeObject(e *encoder, v reflect.Value) {
	e.raw("{")
	s.writeMembers(e, v, true)
	e.raw("}")
}

// writeMembers writes the members without the braces.
func (s *structCodec) writeMembers(e *encoder, v reflect.Value, first bool) {
	for i := range s.fields {
		f := &s.fields[i]
		field := v.FieldByIndex(f.index)
		if !f.required && field.IsZero() {
			continue
		}
		if !first {
			e.raw(",")
		}
		first = false
		e.raw(f.key)
		f.write(e, field)
	}
}

func (s *structCodec) readObject(d *decoder, v reflect.Value) error {
	start := d.pos
	seen := make([]bool, len(s.fields))
	seenVirtual := 0
	err := d.object(func(name []byte) error {
		at := d.pos
		i, ok := s.byName[string(name)]
		if !ok {
			if c := s.virtual[string(name)]; c != nil {
				if seenVirtual++; seenVirtual > len(s.virtual) {
					return d.failAt(at, "member %q is there twice", name)
				}
				return within(string(name), c.read(d, v))
			}
			return d.failAt(at, "unknown member %q", clip(name))
		}
		if seen[i] {
			return d.failAt(at, "member %q is there twice", name)
		}
		seen[i] = true
		if err := s.fields[i].read(d, v.FieldByIndex(s.fields[i].index)); err != nil {
			return within(s.fields[i].name, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, f := range s.fields {
		if f.required && !seen[i] {
			return d.failAt(start, "member %q is missing", f.name)
		}
	}
	return nil
}

// clip shortens text of strangers for an error message.
func clip(b []byte) string {
	if len(b) > 40 {
		return string(b[:40]) + "…"
	}
	return string(b)
}

var boolCodec = codec{
	write: func(e *encoder, v reflect.Value) { e.raw(strconv.FormatBool(v.Bool())) },
	read: func(d *decoder, v reflect.Value) error {
		b, err := d.bool()
		v.SetBool(b)
		return err
	},
	schema: func(*schemaMaker) object { return object{"type": "boolean"} },
}

func intCodec(t reflect.Type) codec {
	bits := t.Bits()
	return codec{
		write: func(e *encoder, v reflect.Value) { e.int(v.Int()) },
		read: func(d *decoder, v reflect.Value) error {
			n, err := d.int(bits)
			v.SetInt(n)
			return err
		},
		schema: func(*schemaMaker) object { return object{"type": "integer"} },
	}
}

func uintCodec(t reflect.Type) codec {
	bits := t.Bits()
	limits := object{"type": "integer", "minimum": 0}
	if bits <= 32 {
		limits["maximum"] = uint64(1)<<bits - 1
	}
	return codec{
		write: func(e *encoder, v reflect.Value) { e.uint(v.Uint()) },
		read: func(d *decoder, v reflect.Value) error {
			n, err := d.uint(bits)
			v.SetUint(n)
			return err
		},
		schema: func(*schemaMaker) object { return limits },
	}
}

var floatCodec = codec{
	write: func(e *encoder, v reflect.Value) {
		f := v.Float()
		if f != f || f-f != 0 {
			e.fail("%v cannot be written as JSON", f)
			return
		}
		e.buf = strconv.AppendFloat(e.buf, f, 'g', -1, 64)
	},
	read: func(d *decoder, v reflect.Value) error {
		at := d.pos
		digits, err := d.number()
		if err != nil {
			return err
		}
		f, err := strconv.ParseFloat(digits, 64)
		if err != nil {
			return d.failAt(at, "%s is out of range", digits)
		}
		v.SetFloat(f)
		return nil
	},
	schema: func(*schemaMaker) object { return object{"type": "number"} },
}

var stringCodec = codec{
	write: func(e *encoder, v reflect.Value) { e.string(v.String()) },
	read: func(d *decoder, v reflect.Value) error {
		s, err := d.string()
		v.SetString(s)
		return err
	},
	schema: func(*schemaMaker) object { return object{"type": "string"} },
}

func sliceCodec(t reflect.Type, elem *codec) codec {
	return codec{
		write: func(e *encoder, v reflect.Value) {
			if v.IsNil() {
				e.raw("null")
				return
			}
			e.raw("[")
			for i := range v.Len() {
				if i > 0 {
					e.raw(",")
				}
				elem.write(e, v.Index(i))
			}
			e.raw("]")
		},
		read: func(d *decoder, v reflect.Value) error {
			if d.null() {
				return nil
			}
			// All elements get their final place at once: references to others are filled in later.
			n := d.count()
			if err := d.spend(n * int(t.Elem().Size())); err != nil {
				return err
			}
			v.Set(reflect.MakeSlice(t, n, n))
			return d.array(func(i int) error {
				if i >= n {
					return d.fail("an array is not written as JSON demands")
				}
				return elem.read(d, v.Index(i))
			})
		},
		schema: func(s *schemaMaker) object {
			return object{"type": "array", "items": nullable(t.Elem(), elem.schema(s))}
		},
	}
}

func arrayCodec(t reflect.Type, elem *codec) codec {
	return codec{
		write: func(e *encoder, v reflect.Value) {
			e.raw("[")
			for i := range v.Len() {
				if i > 0 {
					e.raw(",")
				}
				elem.write(e, v.Index(i))
			}
			e.raw("]")
		},
		read: func(d *decoder, v reflect.Value) error {
			if n := d.count(); n != t.Len() {
				return d.fail("expected an array of %d elements", t.Len())
			}
			return d.array(func(i int) error {
				if i >= t.Len() {
					return d.fail("an array is not written as JSON demands")
				}
				return elem.read(d, v.Index(i))
			})
		},
		schema: func(s *schemaMaker) object {
			return object{"type": "array", "items": elem.schema(s), "minItems": t.Len(), "maxItems": t.Len()}
		},
	}
}

// mapCodec is for maps from strings to values without references.
func mapCodec(t reflect.Type, elem *codec) codec {
	if t.Key().Kind() != reflect.String {
		panic(fmt.Sprintf("snapshot: no way to write a %v", t))
	}
	return codec{
		write: func(e *encoder, v reflect.Value) {
			if v.IsNil() {
				e.raw("null")
				return
			}
			keys := v.MapKeys()
			slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(a.String(), b.String()) })
			e.raw("{")
			for i, key := range keys {
				if i > 0 {
					e.raw(",")
				}
				e.string(key.String())
				e.raw(":")
				elem.write(e, v.MapIndex(key))
			}
			e.raw("}")
		},
		read: func(d *decoder, v reflect.Value) error {
			if d.null() {
				return nil
			}
			v.Set(reflect.MakeMap(t))
			return d.object(func(name []byte) error {
				key := reflect.New(t.Key()).Elem()
				key.SetString(string(name))
				if v.MapIndex(key).IsValid() {
					return d.fail("member %q is there twice", clip(name))
				}
				if err := d.spend(mapEntrySize + len(name)); err != nil {
					return err
				}
				value := reflect.New(t.Elem()).Elem()
				if err := elem.read(d, value); err != nil {
					return within(clip([]byte(key.String())), err)
				}
				v.SetMapIndex(key, value)
				return nil
			})
		},
		schema: func(s *schemaMaker) object {
			return object{"type": "object", "additionalProperties": nullable(t.Elem(), elem.schema(s))}
		},
	}
}

// mapEntrySize is about what an entry of a map costs beside its key, in bytes.
const mapEntrySize = 64

func pointerCodec(t reflect.Type, elem *codec) codec {
	return codec{
		write: func(e *encoder, v reflect.Value) {
			if v.IsNil() {
				e.raw("null")
				return
			}
			elem.write(e, v.Elem())
		},
		read: func(d *decoder, v reflect.Value) error {
			if d.null() {
				return nil
			}
			if err := d.spend(int(t.Elem().Size())); err != nil {
				return err
			}
			v.Set(reflect.New(t.Elem()))
			return elem.read(d, v.Elem())
		},
		schema: func(s *schemaMaker) object { return elem.schema(s) },
	}
}
