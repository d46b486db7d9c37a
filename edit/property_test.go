package edit_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
)

// written is a generated file in which the generator knows each place that must change.
type written struct {
	text    strings.Builder
	want    strings.Builder // the file after the edit
	sites   int
	t       *rapid.T
	anchors []string // of references in this document
	noted   bool     // this document has the anchor that aliases and merge keys refer to
}

func (w *written) put(s string) {
	w.text.WriteString(s)
	w.want.WriteString(s)
}

// reference puts a reference to nginx in a random style, which the edit is to change to tag.
func (w *written) reference(tag string, flow bool) {
	name := rapid.SampledFrom([]string{"nginx", "library/nginx", "docker.io/nginx", "index.docker.io/library/nginx"}).Draw(w.t, "name")
	quote := rapid.SampledFrom([]string{"", `"`, "'"}).Draw(w.t, "quote")
	if len(w.anchors) > 0 && rapid.IntRange(0, 3).Draw(w.t, "alias") == 0 { // it changes with what it refers to
		w.put("*" + rapid.SampledFrom(w.anchors).Draw(w.t, "anchor") + " ")
		return
	}
	if rapid.IntRange(0, 2).Draw(w.t, "anchored") == 0 {
		anchor := fmt.Sprintf("a%d", w.sites)
		w.put("&" + anchor + " ")
		w.anchors = append(w.anchors, anchor)
	}
	w.sites++
	w.put(quote + name)
	w.text.WriteString(":1.25.3")
	w.want.WriteString(":" + tag)
	w.put(quote)
}

var (
	anyText = rapid.StringMatching(`[a-z\x{e9}\x{65e5}\x{1f389}: #'"\\{}\[\],&*!|>%@-]{0,12}`)
	comment = rapid.StringMatching(`[ a-z\x{e9}\x{65e5}\x{1f389}:#'"\\{}\[\],&*!|>%@-]{0,12}`)
)

// noise is a value that the edit must not touch, in one of YAML's styles.
func (w *written) noise(indent string, flow bool) string {
	text := anyText.Draw(w.t, "text")
	styles := []string{"plain", "single", "double", "number", "flow", "tagged"}
	if w.noted {
		styles = append(styles, "alias")
	}
	if !flow {
		styles = append(styles, "literal", "folded", "null", "multi")
	}
	switch rapid.SampledFrom(styles).Draw(w.t, "style") {
	case "single":
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	case "double":
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `\x41\u00e9"`
	case "number":
		return rapid.SampledFrom([]string{"1.10", "0755", "1e3", "on", "2024-01-01", "~"}).Draw(w.t, "number")
	case "tagged":
		return rapid.SampledFrom([]string{"!!str 1.10", "!custom {a: b}", "!<tag:example.com,2000:x> é", "!!binary aGk=", "! x", "!!str nginx:1.25.3"}).Draw(w.t, "tagged")
	case "alias":
		return "*noise "
	case "flow":
		return rapid.SampledFrom([]string{"[a, 'b', {c: d}]", "{x: [1, 2], \"é\": ü}", "[]", "{}", "[nginx:1.25.3]"}).Draw(w.t, "flow")
	case "literal":
		return "|\n" + indent + "  image: nginx:1.25.3 # not this\n" + indent + "\n" + indent + "    é " + strings.TrimLeft(text, " ")
	case "folded":
		return ">-\n" + indent + "  " + strings.TrimLeft("x"+text, " ") + "\n" + indent + "  nginx:1.25.3"
	case "null":
		return ""
	case "multi":
		return "\"a \n" + indent + "   日本 nginx:1.25.3\n\n" + indent + " b\""
	}
	return "x" + strings.Map(func(r rune) rune {
		if strings.ContainsRune(` :#'"\{}[],&*!|>%@`, r) {
			return '_'
		}
		return r
	}, text)
}

func (w *written) comments(indent string) {
	for range rapid.IntRange(0, 2).Draw(w.t, "comments") {
		w.put(rapid.SampledFrom([]string{"", indent, " "}).Draw(w.t, "before"))
		if rapid.Bool().Draw(w.t, "blank") {
			w.put("\n")
			continue
		}
		w.put("#" + comment.Draw(w.t, "comment") + "\n")
	}
}

func (w *written) lineEnd() {
	if rapid.Bool().Draw(w.t, "trailing") {
		w.put(" #" + comment.Draw(w.t, "comment"))
	}
	w.put("\n")
}

// container puts one entry of a list of containers.
func (w *written) container(tag, indent string) {
	if rapid.Bool().Draw(w.t, "flow") {
		w.put(indent + "- {name: " + w.noise("", true) + ", image: ")
		w.reference(tag, true)
		w.put(rapid.SampledFrom([]string{"}", " }", ", x: 1}"}).Draw(w.t, "close"))
		w.lineEnd()
		return
	}
	w.put(indent + "- ")
	first := true
	for i := range rapid.IntRange(0, 3).Draw(w.t, "keys before") {
		w.key(fmt.Sprintf("k%d", i), indent, &first)
	}
	if !first {
		w.put(indent + "  ")
	}
	w.put(rapid.SampledFrom([]string{"image: ", "image:   ", "image:\n" + indent + "    ", `"image" : `, "image:\t"}).Draw(w.t, "image key"))
	w.reference(tag, false)
	w.lineEnd()
	first = false
	w.comments(indent)
	if w.noted && rapid.IntRange(0, 3).Draw(w.t, "merge") == 0 {
		w.put(indent + "  <<: *noise\n")
	}
	for i := range rapid.IntRange(0, 2).Draw(w.t, "keys after") {
		w.key(fmt.Sprintf("z%d", i), indent, &first)
	}
}

func (w *written) key(name, indent string, first *bool) {
	if !*first {
		w.put(indent + "  ")
	}
	*first = false
	value := w.noise(indent+"  ", false)
	w.put(name + ": " + value)
	if strings.HasPrefix(value, "|") || strings.HasPrefix(value, ">") {
		w.put("\n")
		return
	}
	w.lineEnd()
}

// document puts a manifest.
func (w *written) document(tag string) {
	w.anchors, w.noted = nil, false
	w.put("apiVersion: v1\nkind: Pod\n")
	w.comments("")
	w.put("metadata: {é: " + w.noise("", true) + "}\n")
	if rapid.Bool().Draw(w.t, "noted") {
		w.put("x-noise: &noise {q: 1.10, nginx: 'nginx:1.25.3'}\n? [a, b]\n: c\n")
		w.noted = true
	}
	w.put("spec:\n")
	w.comments("  ")
	indent := rapid.SampledFrom([]string{"  ", "    ", " "}).Draw(w.t, "indent")
	w.put("  containers:\n")
	for range rapid.IntRange(1, 4).Draw(w.t, "containers") {
		w.container(tag, "  "+indent)
		w.comments("  " + indent)
	}
}

// anyTag generates all shapes of tags, those that YAML reads as something else above all.
var anyTag = rapid.OneOf(
	rapid.StringMatching(`[A-Za-z0-9_][A-Za-z0-9._-]{0,20}`),
	rapid.StringMatching(`[0-9]{1,4}([._eE-][0-9]{1,4}){0,3}`),
	rapid.SampledFrom([]string{"on", "No", "null", "NULL", "y", "1_000", "0x1f", "0o17", "0b1", "2024-01-01", "1e3", "1.", "08", "_1", "1__2.3"}),
)

// Whatever the style, the comments, the line breaks and the encoding: exactly the tags of the sought image change.
func TestOnlyTheTagsChange(t *testing.T) {
	t.Parallel()
	nginx := repository(t, "nginx")
	scanner, err := edit.NewScanner(edit.Query{Images: []image.Repository{nginx}})
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		tag := anyTag.Draw(t, "tag")
		w := written{t: t}
		for i := range rapid.IntRange(1, 2).Draw(t, "documents") {
			if i > 0 {
				w.put(rapid.SampledFrom([]string{"---\n", "--- # é\n", "...\n---\n", "...\n# between\n%YAML 1.1\n---\n"}).Draw(t, "separator"))
			} else {
				w.put(rapid.SampledFrom([]string{"", "---\n", "%YAML 1.1\n---\n", "# é\n%TAG !e! tag:example.com,2000:\n--- # x\n"}).Draw(t, "begin"))
			}
			w.document(tag)
		}
		in, want := []byte(w.text.String()), []byte(w.want.String())
		if !parses(in) {
			t.Skip("the noise does not parse")
		}
		for _, alter := range alterations {
			if rapid.Bool().Draw(t, "alter") {
				in, want = alter(in), alter(want)
			}
		}
		file := edit.File{Path: "pod.yaml", Data: in}
		found := scanner.Find(file)
		if len(found.Sites) != w.sites || len(found.Refused) > 0 {
			t.Fatalf("found %d sites of %d, refused %v in:\n%s", len(found.Sites), w.sites, found.Refused, in)
		}
		edited := edit.Apply(file, changesTo(found.Sites, tag))
		if !bytes.Equal(edited.Data, want) || len(edited.Refused) > 0 {
			t.Fatalf("refused %v, made:\n%s", edited.Refused, edit.Diff("pod.yaml", want, edited.Data))
		}
	})
}

func parses(data []byte) bool {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		if err := decoder.Decode(new(yaml.Node)); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}

func changesTo(sites []edit.Site, tag string) (changes []edit.Change) {
	for _, site := range sites {
		changes = append(changes, edit.Change{Site: site, Tag: tag})
	}
	return changes
}

// Whatever the tag, a value that is only a tag reads back as that string, in every style and by both versions of YAML;
// and nothing else of the file changes.
func TestTheTagReadsBack(t *testing.T) {
	t.Parallel()
	nginx := repository(t, "nginx")
	scanner, err := edit.NewScanner(edit.Query{Images: []image.Repository{nginx}})
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		old, tag := anyTag.Draw(t, "old"), anyTag.Draw(t, "tag")
		quote := rapid.SampledFrom([]string{"", "'", `"`}).Draw(t, "quote")
		before, after := "a: {repository: nginx, tag: "+quote, quote+", x: 1.10} # é\n"
		file := edit.File{Path: "values.yaml", Data: []byte(before + old + after)}
		found := scanner.Find(file)
		if quote == "" && (len(found.Sites) == 0 || found.Sites[0].Tag == "") {
			return // null, ~
		}
		edited := edit.Apply(file, changesTo(found.Sites, tag))
		if len(edited.Refused) > 0 {
			t.Fatal(edited.Refused)
		}
		var read struct {
			A struct{ Tag any }
		}
		if err := yaml.Unmarshal(edited.Data, &read); err != nil {
			t.Fatal(err)
		}
		raw := strings.TrimSuffix(strings.TrimPrefix(string(edited.Data), strings.TrimSuffix(before, quote)), strings.TrimPrefix(after, quote))
		quoted := raw == `"`+tag+`"` || raw == "'"+tag+"'"
		if !quoted && raw != tag {
			t.Fatalf("%q became %q", file.Data, edited.Data)
		}
		if old != tag && read.A.Tag != tag {
			t.Fatalf("%q reads as %v (%T)", edited.Data, read.A.Tag, read.A.Tag)
		}
		if old == tag && !quoted && fmt.Sprint(read.A.Tag) != tag {
			t.Fatalf("%q was left and reads as %v", edited.Data, read.A.Tag)
		}
		if again := edit.Apply(edit.File{Path: file.Path, Data: edited.Data}, changesTo(scanner.Find(edit.File{Path: file.Path, Data: edited.Data}).Sites, tag)); len(again.Applied) > 0 {
			t.Fatalf("%q is changed again", edited.Data)
		}
	})
}

// A line with newTag is put in behind every entry that has none, and no other byte moves.
func TestInsertedTags(t *testing.T) {
	t.Parallel()
	scanner, err := edit.NewScanner(edit.Query{Images: []image.Repository{repository(t, "nginx")}})
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		tag := anyTag.Draw(t, "tag")
		w := written{t: t}
		newline := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "newline")
		w.comments("")
		w.put("images:\n")
		entries := rapid.IntRange(1, 4).Draw(t, "entries")
		for i := range entries {
			w.comments("  ")
			indent := rapid.SampledFrom([]string{"  - ", "  -   "}).Draw(t, "indent")
			w.put(fmt.Sprintf("%sname: n%d", indent, i))
			w.lineEnd()
			pad := strings.Repeat(" ", len(indent))
			w.put(pad + "newName: " + rapid.SampledFrom([]string{"nginx", "'library/nginx'", `"docker.io/nginx"`}).Draw(t, "name"))
			w.lineEnd()
			w.want.WriteString(pad + "newTag: \x00\n")
			w.comments("    ")
		}
		in := strings.ReplaceAll(w.text.String(), "\n", newline)
		want := strings.ReplaceAll(w.want.String(), "\n", newline)
		if rapid.Bool().Draw(t, "no final newline") && !strings.HasSuffix(in, newline+newline) {
			in, want = strings.TrimSuffix(in, newline), strings.TrimSuffix(want, newline)
		}
		file := edit.File{Path: "kustomization.yaml", Data: []byte(in)}
		edited := edit.Apply(file, changesTo(scanner.Find(file).Sites, tag))
		plain, quoted := strings.ReplaceAll(want, "\x00", tag), strings.ReplaceAll(want, "\x00", `"`+tag+`"`)
		if want = quoted; string(edited.Data) == plain && isPlainString(tag) {
			want = plain
		}
		if string(edited.Data) != want || len(edited.Applied) != entries {
			t.Fatalf("applied %d of %d, refused %v, made:\n%s", len(edited.Applied), entries, edited.Refused,
				edit.Diff("kustomization.yaml", []byte(want), edited.Data))
		}
	})
}

// isPlainString asks yaml.v3, and knows the words that only YAML 1.1 reads as something else.
func isPlainString(s string) bool {
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(s), &n); err != nil || n.Content[0].Tag != "!!str" {
		return false
	}
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "0x", "0b", "0o":
		return false
	}
	return true
}
