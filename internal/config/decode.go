package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// maxAliased bounds how many values of one file may be reached through aliases, or a few lines of them would unfold
// into gigabytes.
const maxAliased = 100_000

// decoder fills the types of a policy file from the nodes of one file, and goes on after each fault to find all of them.
type decoder struct {
	file    string
	report  *report
	aliases int // how many aliases the node at hand is below
	aliased int // how many nodes were reached through aliases
}

// place is where a value belongs: a path in a section.
type place struct {
	*section
	path  string
	sound bool // for rules: the mapping there was read without a fault
}

func (p place) child(key string) place {
	if p.path == "" {
		return place{section: p.section, path: key}
	}
	return place{section: p.section, path: p.path + "." + key}
}

func (p place) item(i int) place {
	return place{section: p.section, path: p.path + "[" + strconv.Itoa(i) + "]"}
}

// within returns ` in "guard"`, or nothing at the top of a section.
func (p place) within() string {
	if p.path == "" {
		return ""
	}
	return " in " + p.path
}

// ruled is implemented by mappings with rules between their keys. They are looked at when the mapping has been read.
type ruled interface{ rules(p place) }

// oneOrMany is implemented by lists that may be written without brackets when they have one element.
type oneOrMany interface{ oneOrMany() }

// decode reads n into v, which stands at p.
func (d *decoder) decode(n *yaml.Node, v reflect.Value, p place) {
	if n.Kind == yaml.AliasNode {
		d.aliases++
		defer func() { d.aliases-- }()
		n = meant(n)
	}
	if d.aliases > 0 && !d.mayReach(n, p) {
		return
	}
	switch target := v.Addr().Interface().(type) {
	case scalar:
		d.scalar(n, target, p)
		return
	case enumeration:
		d.word(n, v, target.words(), p)
		return
	case entry:
		p = place{section: begin(target, d.report, d.file, n)}
	}
	switch v.Kind() {
	case reflect.Struct:
		d.mapping(n, v, p)
	case reflect.Slice:
		d.sequence(n, v, p)
	case reflect.Bool:
		d.boolean(n, v, p)
	default:
		panic("config: no way to read a " + v.Type().String()) // a fault of a key's type; the tests read all keys
	}
}

// meant returns what an alias stands for, and any other node itself.
func meant(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// mayReach counts n and reports whether the bound of values behind aliases still allows it.
func (d *decoder) mayReach(n *yaml.Node, p place) bool {
	d.aliased++
	if d.aliased == maxAliased+1 {
		p.fail(d.at(n), "more than %d values of this file come through aliases", maxAliased)
	}
	return d.aliased <= maxAliased
}

func (d *decoder) at(n *yaml.Node) Position { return position(d.file, n) }

// fault reports what is wrong with the value n at p.
func (d *decoder) fault(n *yaml.Node, p place, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if p.path != "" {
		message = p.path + ": " + message
	}
	p.fail(d.at(n), "%s", message)
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, p place) {
	if n.Kind != yaml.MappingNode {
		d.fault(n, p, "want keys and values, got %s", describe(n))
		return
	}
	faults := d.report.count
	fields := fieldsOf(v.Type())
	seen := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if !d.isKey(key, p) {
			continue
		}
		if line, twice := seen[key.Value]; twice {
			p.fail(d.at(key), "duplicate key %q%s, which is on line %d already", key.Value, p.within(), line)
			continue
		}
		seen[key.Value] = key.Line
		d.pair(key, value, v, fields, p)
	}
	for _, f := range fields {
		if _, found := seen[f.key]; f.required && !found {
			p.fail(first(d.file, n), "missing key %q%s", f.key, p.within())
		}
	}
	if r, ok := v.Addr().Interface().(ruled); ok {
		p.sound = d.report.count == faults
		r.rules(p)
	}
}

// first returns where the first key of a mapping stands.
func first(file string, n *yaml.Node) Position {
	if len(n.Content) > 0 {
		n = n.Content[0]
	}
	return position(file, n)
}

// isKey reports whether key can be one of ours at all.
func (d *decoder) isKey(key *yaml.Node, p place) bool {
	switch {
	case key.Kind != yaml.ScalarNode:
		p.fail(d.at(key), "want text as key%s, got %s", p.within(), describe(key))
	case key.ShortTag() == "!!merge":
		p.fail(d.at(key), "merge keys (<<) are not supported").
			Hint = "what policies have in common can stand in defaults"
	default:
		return true
	}
	return false
}

// pair reads one key and its value into the field of v that is called so.
func (d *decoder) pair(key, value *yaml.Node, v reflect.Value, fields []field, p place) {
	i := slices.IndexFunc(fields, func(f field) bool { return f.key == key.Value })
	at := p.child(key.Value)
	if i < 0 {
		d.unknown(key, value, v.Type(), fields, at, p)
		return
	}
	p.marks[at.path] = mark{key: d.at(key), value: d.at(value)}
	d.decode(value, v.FieldByIndex(fields[i].index), at)
}

func (d *decoder) sequence(n *yaml.Node, v reflect.Value, p place) {
	items := n.Content
	if n.Kind != yaml.SequenceNode {
		if _, ok := v.Addr().Interface().(oneOrMany); !ok {
			d.fault(n, p, "want a list, got %s", describe(n))
			return
		}
		items = []*yaml.Node{n}
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		at := p
		if n.Kind == yaml.SequenceNode {
			at = p.item(i)
			p.marks[at.path] = mark{key: d.at(item), value: d.at(item)}
		}
		d.decode(item, v.Index(i), at)
	}
}

func (d *decoder) scalar(n *yaml.Node, target scalar, p place) {
	accepts := func(tag string) bool { return tag == "!!str" }
	if l, ok := target.(lenient); ok {
		accepts = l.accepts
	}
	if !d.isScalar(n, accepts, p) {
		return
	}
	if err := target.parse(n.Value); err != nil {
		d.fault(n, p, "%v", err)
	}
}

func (d *decoder) word(n *yaml.Node, v reflect.Value, words []string, p place) {
	if !d.isScalar(n, func(tag string) bool { return tag == "!!str" }, p) {
		return
	}
	if slices.Contains(words, n.Value) {
		v.SetString(n.Value)
		return
	}
	d.fault(n, p, "unknown value %q%s, want %s", n.Value, didYouMean(n.Value, words), alternatives(words))
}

func (d *decoder) boolean(n *yaml.Node, v reflect.Value, p place) {
	var b bool
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" || n.Decode(&b) != nil {
		d.fault(n, p, "want true or false, got %s", describe(n))
		return
	}
	v.SetBool(b)
}

// isScalar reports whether n is one value of a type that is accepted. What the value is stays out of the message: it
// may be a secret in the wrong place.
func (d *decoder) isScalar(n *yaml.Node, accepts func(tag string) bool, p place) bool {
	switch {
	case n.Kind == yaml.ScalarNode && accepts(n.ShortTag()):
		if strings.TrimSpace(n.Value) != "" {
			return true
		}
		d.fault(n, p, "is empty")
	case accepts("!!str"):
		quotes := ""
		if n.Kind == yaml.ScalarNode && n.ShortTag() != "!!null" {
			quotes = " (put it in quotes)"
		}
		d.fault(n, p, "want text, got %s%s", describe(n), quotes)
	default:
		d.fault(n, p, "want a number, got %s", describe(n))
	}
	return false
}

// describe says in words what kind of value n is.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys and values"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	switch tag := n.ShortTag(); tag {
	case "!!null":
		return "nothing"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	case "!!timestamp":
		return "a date"
	case "!!str":
		return "text"
	default:
		return fmt.Sprintf("a value tagged %q", tag)
	}
}

// alternatives joins words for people: a, b or c.
func alternatives(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
