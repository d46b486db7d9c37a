package edit

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"
)

func TestLineStarts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		data string
		want []int
	}{
		{"", []int{0}},
		{"a", []int{0}},
		{"a\n", []int{0, 2}},
		{"a\nb\n\nc", []int{0, 2, 4, 5}},
		{"a\r\nb\rc\n\r", []int{0, 3, 5, 7, 8}},
		{"\ufeffa\nb", []int{3, 5}},
		{"a\u0085b\u2028c\u2029d", []int{0, 3, 7, 11}},
		{"\u00e2\u0086\u2027", []int{0}},
	} {
		if diff := cmp.Diff(test.want, lineStarts([]byte(test.data))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.data, diff)
		}
	}
}

// The offset of every scalar that is written as it reads is where its text is.
func TestOffsetsOfScalars(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		breaks := rapid.SampledFrom([]string{"\n", "\r\n", "\r", "\u2028", "\u2029"})
		var data strings.Builder
		data.WriteString(rapid.SampledFrom([]string{"", "\ufeff"}).Draw(t, "mark"))
		for range rapid.IntRange(1, 6).Draw(t, "lines") {
			data.WriteString("- " + rapid.SampledFrom([]string{"", "&a ", "&日本 "}).Draw(t, "anchor") +
				rapid.SampledFrom([]string{"word", `"é日🎉"`, "'日 本'", "{é: x, 日: [🎉, y]}", "", "# é"}).Draw(t, "value") +
				rapid.SampledFrom([]string{"", " ", " # é 日"}).Draw(t, "end") + breaks.Draw(t, "break"))
		}
		var n yaml.Node
		if yaml.Unmarshal([]byte(data.String()), &n) != nil {
			t.Skip("does not parse")
		}
		tree, err := parseYAML([]byte(data.String()))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range tree.nodes {
			if n.kind != scalar || n.null {
				continue
			}
			if _, refusal := tree.span(n); refusal != "" {
				t.Fatalf("%q in %q %s", n.text, data.String(), refusal)
			}
		}
	})
}

// Comments are told from what looks like them in quoted and block scalars.
func TestMarkersInScalars(t *testing.T) {
	t.Parallel()
	const marker = " # image-updater: web"
	for _, test := range []struct {
		name, data string
		want       []int // lines of markers
	}{
		{"plain", "a: b" + marker, []int{1}},
		{"no space before", "a: b# image-updater:web", nil},
		{"double", `a: "b` + marker + `"`, nil},
		{"double with escapes", `a: "b\"` + marker + `" # x`, nil},
		{"behind a double", `a: "b # c"` + marker, []int{1}},
		{"single", "a: 'it''s" + marker + "'", nil},
		{"behind a single", "a: 'it''s # '" + marker, []int{1}},
		{"over lines", "a: \"b\n  c" + marker + "\n  d\"" + marker, []int{3}},
		{"literal", "a: |\n  b" + marker + "\nc: d" + marker, []int{3}},
		{"header of a literal", "a: |" + marker + "\n  b", []int{1}},
		{"literal with indicator", "a:\n  b: |2\n      c" + marker + "\n    d" + marker + "\n  e: f" + marker, []int{5}},
		{"folded in a list", "- >-\n  b" + marker + "\n- c" + marker, []int{3}},
		{"nested lists", "- - |\n    b" + marker + "\n  - c" + marker, []int{3}},
		{"literal at the root", "--- |\n b" + marker + "\n---\na: b" + marker, []int{4}},
		{"blank lines in a literal", "a: |\n  b\n\n  c" + marker + "\n\nd: e" + marker, []int{6}},
		{"comment behind a literal", "a: |\n  b\n# image-updater: web\nc: d", []int{3}},
		{"flow", "a: [b,\n  c]" + marker, []int{2}},
		{"anchored", "a: &x \"b" + marker + "\"", nil},
		{"tagged", "a: !!str \"b" + marker + "\"" + marker, []int{1}},
		{"empty literal", "a: |\nb: c" + marker, []int{2}},
	} {
		for _, newline := range []string{"\n", "\r\n"} {
			tree, err := parseYAML([]byte(strings.ReplaceAll(test.data, "\n", newline)))
			if err != nil {
				t.Errorf("%s: %v", test.name, err)
				continue
			}
			var got []int
			for _, m := range tree.markers() {
				got = append(got, m.line)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.name, diff)
			}
		}
	}
}
