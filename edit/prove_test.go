package edit

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const proven = `# head
a: &x {b: 1, c: [d, "e"]}   # line
f: *x
g:
  - h: nginx:1.25.3 # tag
    # foot

  - 'i'
--- # second
j: |
  k
`

// Whatever else than the intended value differs after an edit, the proof fails. Each row is a way in which an edit could
// go wrong, made by hand.
func TestTheProofFails(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, old, new string }{
		{"nothing written", "", ""},
		{"another value", "b: 1", "b: 2"},
		{"another type", "b: 1", `b: "1"`},
		{"another key", "g:", "gg:"},
		{"another style", `"e"`, "e"},
		{"another quote", `'i'`, `"i"`},
		{"a flow mapping in block style", "a: &x {b: 1, c: [d, \"e\"]}", "a: &x\n  b: 1\n  c: [d, \"e\"]"},
		{"a literal becomes folded", "j: |", "j: >"},
		{"a head comment is lost", "# head\n", ""},
		{"a line comment changes", "# line", "# lime"},
		{"a foot comment is lost", "    # foot\n", ""},
		{"a comment moves behind a value", "# tag\n    # foot", "# foot\n    # tag"},
		{"another anchor", "&x", "&y"},
		{"an alias is written out", "f: *x", `f: {b: 1, c: [d, "e"]}`},
		{"a key more", "f: *x", "f: *x\nz: 1"},
		{"a key less", "f: *x\n", ""},
		{"an item more", "  - 'i'", "  - 'i'\n  - 'i'"},
		{"an item moves out", "[d, \"e\"]", "[d], e: \"e\""},
		{"documents become one", "--- # second\n", ""},
		{"a document more", "--- # second", "---\n--- # second"},
		{"a tag", "h: nginx", "h: !!str nginx"},
		{"the value becomes a number", "nginx:1.27.4", "1.27"},
		{"the value gets an anchor", "nginx:1.27.4", "&z nginx:1.27.4"},
		{"another value is written too", "'i'", "'nginx:1.27.4'"},
		{"does not parse", "f: *x", "f: *z"},
	} {
		edit, sums := provenEdit(t)
		after := strings.Replace(proven, "nginx:1.25.3", "nginx:1.27.4", 1)
		if test.name == "nothing written" {
			after = proven
		} else if !strings.Contains(after, test.old) {
			t.Fatalf("%s: nothing to replace", test.name)
		}
		tree, err := parseYAML([]byte(strings.Replace(after, test.old, test.new, 1)))
		if err == nil && proves(sums, tree, []splice{edit}) {
			t.Errorf("%s: proved", test.name)
		}
	}
	edit, sums := provenEdit(t)
	for _, raw := range []string{"nginx:1.27.4", `"nginx:1.27.4"`, "'nginx:1.27.4'"} {
		tree, err := parseYAML([]byte(strings.Replace(proven, "nginx:1.25.3", raw, 1)))
		if err != nil || !proves(sums, tree, []splice{edit}) {
			t.Errorf("%s is not proved", raw)
		}
	}
}

// provenEdit returns the edit that makes nginx:1.27.4 of the one reference in proven, and the trace before it.
func provenEdit(t *testing.T) (splice, []uint64) {
	t.Helper()
	tree, err := parseYAML([]byte(proven))
	if err != nil {
		t.Fatal(err)
	}
	printed := traceOf(tree, nil)
	for _, n := range tree.nodes {
		if n.text != "nginx:1.25.3" {
			continue
		}
		at, refusal := tree.span(n)
		if refusal != "" {
			t.Fatal(refusal)
		}
		at.entry = printed.entries[n.ordinal]
		e, refusal := at.splice("nginx:1.27.4")
		if refusal != "" {
			t.Fatal(refusal)
		}
		return e, printed.sums
	}
	t.Fatal("no reference")
	return splice{}, nil
}

// An inserted line that lands in another entry, or under another key, is not proved.
func TestTheProofOfInsertions(t *testing.T) {
	t.Parallel()
	const before = "images:\n- name: nginx # a\n# b\n- name: redis\n"
	tree, err := parseYAML([]byte(before))
	if err != nil {
		t.Fatal(err)
	}
	value := tree.roots[0].value("images").content[0].value("name")
	sums := traceOf(tree, nil).sums
	into := tree.insertionBehind(value)
	if into == nil {
		t.Fatal("no place")
	}
	edit := into.splice("1.27")
	for _, test := range []struct {
		after string
		want  bool
	}{
		{string(spliced([]byte(before), []splice{edit})), true},
		{before, false},
		{"images:\n- name: nginx # a\n# b\n- name: redis\n  newTag: \"1.27\"\n", false},
		{"images:\n- name: nginx # a\n  newTags: \"1.27\"\n# b\n- name: redis\n", false},
		{"images:\n- name: nginx # a\n  newTag: \"1.26\"\n# b\n- name: redis\n", false},
		{"images:\n- name: nginx # a\n  newTag: 1.27\n# b\n- name: redis\n", false},
		{"images:\n- name: nginx # a\n  newTag: \"1.27\"\n- name: redis\n", false},
		{"images:\n- name: nginx\n  newTag: \"1.27\" # a\n# c\n- name: redis\n", false},
		{"images:\n- name: nginx # a\n", false},
	} {
		after, err := parseYAML([]byte(test.after))
		if err != nil {
			t.Fatal(err)
		}
		if got := proves(sums, after, []splice{edit}); got != test.want {
			t.Errorf("proves = %v for:\n%s", got, test.after)
		}
	}
}

// A change of any byte outside the edit that yaml.v3 can see is seen by the proof: what it lets pass decodes alike.
func TestTheProofSeesEveryByte(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tree, err := parseYAML([]byte(proven))
		if err != nil {
			t.Fatal(err)
		}
		sums := traceOf(tree, nil).sums
		at := rapid.IntRange(0, len(proven)-1).Draw(t, "at")
		with := rapid.SampledFrom([]byte("x:-#\n '\"1&*[]{}|>")).Draw(t, "with")
		mutated := proven[:at] + string(with) + proven[at+1:]
		after, err := parseYAML([]byte(mutated))
		if err != nil || !proves(sums, after, nil) {
			return
		}
		for i, n := range after.nodes {
			if n.text != tree.nodes[i].text || n.isString != tree.nodes[i].isString || n.anchor() != tree.nodes[i].anchor() {
				t.Fatalf("%q at %d is not seen:\n%s", with, at, mutated)
			}
		}
		if strings.Map(withoutSpace, mutated) != strings.Map(withoutSpace, proven) {
			t.Fatalf("%q at %d is not seen:\n%s", with, at, mutated)
		}
	})
}

func withoutSpace(r rune) rune {
	if r == ' ' || r == '\n' {
		return -1
	}
	return r
}
