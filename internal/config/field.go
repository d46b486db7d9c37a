package config

import (
	"reflect"
	"strings"

	"gopkg.in/yaml.v3"
)

// field is a key that a mapping may have, and the field of the Go type it is read into.
type field struct {
	key      string
	index    []int
	required bool
	merge    bool // defaults merge key by key inside it
}

// table has the keys of each mapping of a policy file, in the order they are declared in.
var table = tabulate(reflect.TypeFor[file](), make(map[reflect.Type][]field))

func fieldsOf(t reflect.Type) []field { return table[t] }

// tabulate adds t, and what it holds, to the table.
func tabulate(t reflect.Type, table map[reflect.Type][]field) map[reflect.Type][]field {
	if t.Kind() == reflect.Slice {
		return tabulate(t.Elem(), table)
	}
	if _, known := table[t]; known || t.Kind() != reflect.Struct {
		return table
	}
	table[t] = nil
	for _, f := range reflect.VisibleFields(t) {
		tabulate(f.Type, table)
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if key == "" {
			continue // section, and what is inlined
		}
		table[t] = append(table[t], field{
			key:      key,
			index:    f.Index,
			required: f.Tag.Get("jsonschema") == "required",
			merge:    f.Tag.Get("merge") == "keys",
		})
	}
	return table
}

func keysOf(fields []field) []string {
	return namesOf(fields, func(f field) string { return f.key })
}

// unknown reports a key that the mapping p, which is read into t, does not have.
func (d *decoder) unknown(key, value *yaml.Node, t reflect.Type, fields []field, at, p place) {
	if instead := secretKeys(key.Value, t); len(instead) > 0 {
		p.fail(d.at(key), "%s: a secret must not stand in a policy file: name where it is in %s", at.path, alternatives(instead))
		return
	}
	guess := didYouMean(key.Value, keysOf(fields))
	if guess == "" {
		guess = elsewhere(key.Value, t)
	}
	p.fail(d.at(key), "unknown key %q%s%s", shorten(key.Value), p.within(), guess)
}

// elsewhere returns ` (it belongs into guard)` for a key of a mapping below t.
func elsewhere(key string, t reflect.Type) string {
	for _, f := range fieldsOf(t) {
		below := t.FieldByIndex(f.index).Type
		if below.Kind() != reflect.Struct {
			continue
		}
		for _, b := range fieldsOf(below) {
			if b.key == key {
				return " (it belongs into " + f.key + ")"
			}
		}
	}
	return ""
}

// shorten cuts what is too long to be repeated.
func shorten(s string) string {
	if len(s) <= maxWord {
		return s
	}
	return strings.ToValidUTF8(s[:maxWord], "") + "..."
}
