package edit

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	data := `
a: {b-c/d: one, "x.y": two, '': three, "it's": four}
list: [zero, {name: x, v: [p, q]}, {name: y, v: r}, {v: s}, 5]
odd: {name: {name: x}, k: {name: x}}
alias: &anchor {z: end, name: x}
use: *anchor
merge: {<<: *anchor, own: 1}
merges: {<<: [{p: first}, {p: second, q: third}]}
---
a: {b-c/d: again}
`
	tree, err := parseYAML([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		key  string
		want []string
	}{
		{"$.a.b-c/d", []string{"one", "again"}},
		{"$.a['x.y']", []string{"two"}},
		{`$["a"]['']`, []string{"three"}},
		{`$.a["it's"]`, []string{"four"}},
		{"$.list[0]", []string{"zero"}},
		{"$.list[4]", []string{"5"}},
		{"$.list[5]", nil},
		{"$.list[*].v", []string{"r", "s"}},
		{"$.list[*].v[*]", []string{"p", "q"}},
		{`$.list[?(@.name=="x")].v[1]`, []string{"q"}},
		{`$.list[?(@.name == 'y')].v`, []string{"r"}},
		{`$.odd[?(@.name=="x")].name`, []string{"x", "x"}},
		{"$.use.z", []string{"end"}},
		{"$.merge.z", []string{"end"}},
		{"$.merge.own", []string{"1"}},
		{"$.merges.p", []string{"first"}},
		{"$.merges.q", []string{"third"}},
		{"$.a[0]", nil},
		{"$.list.v", nil},
		{"$.none.none", nil},
	} {
		path, err := parseKey(test.key)
		if err != nil {
			t.Errorf("%s: %v", test.key, err)
			continue
		}
		var got []string
		for _, root := range tree.roots {
			matches, tooMany := path.find(root)
			if tooMany {
				t.Errorf("%s gives up", test.key)
			}
			for _, m := range matches {
				if text, found := m.node.scalarText(); found {
					got = append(got, text)
				}
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.key, diff)
		}
	}
}

func TestKeyErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ key, want string }{
		{"", `key "" does not begin with $`},
		{"a.b", `does not begin with $`},
		{"$", "names the whole file"},
		{"$a", `want . or [ at "a"`},
		{"$.", `no name after the dot at "."`},
		{"$..a", `no name after the dot at "..a"`},
		{"$.a.*", `no name after the dot at ".*"`},
		{"$.a[", `want a quoted name, a number, * or ?(...) at "["`},
		{"$.a[-1]", `want a quoted name, a number, * or ?(...) at "[-1]"`},
		{"$.a[99999999999999999999]", "want a quoted name, a number"},
		{"$.a[1", `no closing bracket at "[1"`},
		{"$.a['x]", "no closing quote"},
		{"$.a['x'", "no closing bracket"},
		{"$.a[?(@.x=1)]", `want ?(@.name=="x")`},
		{"$.a[?(@.x==1)]", `want a quoted text at "1)]"`},
		{`$.a[?(@.x=="y"]`, `want ?(@.name=="x")`},
		{`$.a[?(x=="y")]`, `want ?(@.name=="x")`},
		{`$.a[?(@.=="y")]`, `want ?(@.name=="x")`},
		{"$.é", "no name after the dot"},
	} {
		if err := CheckKey(test.key); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("CheckKey(%q) = %v, want an error with %q", test.key, err, test.want)
		}
	}
}

// A key never panics, whatever it is, and whatever it is asked of.
func FuzzKey(f *testing.F) {
	f.Add(`$.spec.template.spec.containers[*].env[?(@.name=="DD_VERSION")].value`, "spec: {template: []}")
	f.Add(`$['a'][0][*]["b"]`, "&a [*a, {<<: *a}]")
	f.Fuzz(func(t *testing.T, key, data string) {
		path, err := parseKey(key)
		if err != nil {
			return
		}
		if CheckKey(key) != nil || len(path) == 0 {
			t.Fatalf("key %q is parsed to %v and refused", key, path)
		}
		tree, err := parseYAML([]byte(data))
		if err != nil {
			return
		}
		for _, root := range tree.roots {
			path.find(root)
		}
	})
}
