package edit_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
)

const pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: nginx:1.25.3\n"

func scannerOf(t testing.TB, q edit.Query) *edit.Scanner {
	t.Helper()
	s, err := edit.NewScanner(q)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func seeking(t testing.TB, names ...string) *edit.Scanner {
	t.Helper()
	var q edit.Query
	for _, name := range names {
		q.Images = append(q.Images, repository(t, name))
	}
	return scannerOf(t, q)
}

func inUTF16(s string) []byte {
	var b bytes.Buffer
	for _, u := range append([]uint16{0xfeff}, utf16.Encode([]rune(s))...) {
		b.Write([]byte{byte(u), byte(u >> 8)})
	}
	return b.Bytes()
}

// Files that cannot be edited whatever is in them are worth a word where they name a sought image.
func TestFilesThatAreNotEdited(t *testing.T) {
	t.Parallel()
	pointer := "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"
	for _, test := range []struct {
		name, path, data string
		refused, notes   []string
	}{
		{name: "too large", path: "a.yaml", data: pod + strings.Repeat("#\n", edit.MaxFile/2),
			refused: []string{"a.yaml:5: is larger than 1048576 bytes"}},
		{name: "too large, another image", path: "a.yaml", data: strings.ReplaceAll(pod, "nginx", "redis") + strings.Repeat("#\n", edit.MaxFile/2)},
		{name: "LFS", path: "a.yaml", data: pointer, notes: []string{"a.yaml: is a Git LFS pointer"}},
		{name: "LFS of no interest", path: "a.png", data: pointer},
		{name: "UTF-16", path: "a.yaml", data: string(inUTF16(pod)), refused: []string{"a.yaml:5: is UTF-16, want UTF-8"}},
		{name: "NUL", path: "a.yaml", data: pod + "\x00", refused: []string{"a.yaml:5: holds NUL bytes, want UTF-8 text"}},
		{name: "invalid UTF-8", path: "a.yaml", data: pod + "#\xff", refused: []string{"a.yaml:5: does not parse: invalid leading UTF-8 octet"}},
		{name: "inner BOM", path: "a.yaml", data: "a: b\n---\n\ufeff" + pod, refused: []string{"a.yaml:7: has a byte order mark in its middle"}},
		{name: "deep", path: "a.yaml", data: pod + "x: " + strings.Repeat("[", 300) + strings.Repeat("]", 300),
			refused: []string{"a.yaml:5: is nested deeper than 200 levels"}},
		{name: "deep JSON", path: "a.json", data: `{"apiVersion": "nginx:1", "image": ` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + "}",
			refused: []string{"a.json:1: is nested deeper than 200 levels"}},
		{name: "unknown escape", path: "a.yaml", data: pod + `x: "\/"`,
			refused: []string{"a.yaml:5: does not parse: line 6: found unknown escape character"}},
		{name: "broken", path: "a.yaml", data: pod + "\t- x", refused: []string{"a.yaml:5: does not parse: line 5: found a tab character that violates indentation"}},
		{name: "broken, another image", path: "a.yaml", data: strings.ReplaceAll(pod, "nginx", "redis") + "# nginxes\n\t- x"},
		{name: "broken template", path: "a.yaml", data: pod + "{{- end }}\n\t",
			notes: []string{"a.yaml:5: is a template: does not parse: line 7: found character that cannot start any token"}},
		{name: "broken JSON", path: "a.json", data: `{"apiVersion": "v1", "image": "nginx"`, refused: []string{"a.json:1: does not parse: unexpected end of JSON input"}},
		{name: "two JSON values", path: "a.json", data: `{"apiVersion": "v1", "image": "nginx"} {}`, refused: []string{"a.json:1: does not parse: text after the JSON value"}},
		{name: "JSON with comments, no manifest", path: "a.json", data: "// x\n{\"image\": \"nginx\"}"},
		{name: "empty", path: "a.yaml"},
		{name: "unknown kind of file", path: "a.md", data: pod},
		{name: "bare path", path: "a.yaml", data: "a: [\nimage: {registry: docker.io, repository: library/nginx}", refused: []string{"a.yaml:2: does not parse: line 2: did not find expected ',' or ']'"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			found := seeking(t, "nginx").Find(edit.File{Path: test.path, Data: []byte(test.data)})
			if diff := cmp.Diff(test.refused, texts(found.Refused)); diff != "" {
				t.Errorf("refused (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.notes, texts(found.Notes)); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
			if len(found.Sites) > 0 {
				t.Errorf("found %+v", found.Sites)
			}
		})
	}
}

// The zero Query finds every reference of every image, and tells broken files as notes.
func TestEveryReference(t *testing.T) {
	t.Parallel()
	s := scannerOf(t, edit.Query{})
	data := "apiVersion: v1\nkind: Pod\nspec:\n  containers: [{image: 'nginx'}, {image: ghcr.io/acme/api:v1}]\n  initContainers:\n" +
		"    - image: ${REGISTRY}/x:1\n"
	found := s.Find(edit.File{Path: "a.yaml", Data: []byte(data)})
	var got []string
	for _, site := range found.Sites {
		got = append(got, fmt.Sprintf("%s:%d:%d %s %s %q %q", site.Path, site.Line, site.Column, site.Format, site.Image, site.Name, site.Tag))
	}
	want := []string{
		`a.yaml:4:24 kubernetes docker.io/library/nginx "nginx" ""`,
		`a.yaml:4:42 kubernetes ghcr.io/acme/api "ghcr.io/acme/api" "v1"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sites (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{`a.yaml:6: holds the variable or template "${REGISTRY}"`}, texts(found.Refused)); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	broken := s.Find(edit.File{Path: "b.yaml", Data: []byte("image: [")})
	if len(broken.Notes) != 1 || len(broken.Refused) != 0 {
		t.Errorf("a broken file: %+v", broken)
	}
}

func TestSites(t *testing.T) {
	t.Parallel()
	nginx := repository(t, "nginx")
	digest := image.Digest("sha256:" + strings.Repeat("1", 64))
	data := pod + "    - image: \"nginx:1.26@" + string(digest) + "\" # image-updater: web\n"
	found := scannerOf(t, edit.Query{Markers: map[string]image.Repository{"web": nginx}}).Find(edit.File{Path: "a/b.yaml", Data: []byte(data)})
	want := []edit.Site{
		{Path: "a/b.yaml", Line: 5, Column: 14, Format: edit.Kubernetes, Image: nginx, Name: "nginx", Tag: "1.25.3"},
		{Path: "a/b.yaml", Line: 6, Column: 14, Format: edit.Kubernetes, Image: nginx, Name: "nginx", Tag: "1.26", Digest: digest, Named: true, Policy: "web"},
	}
	if diff := cmp.Diff(want, found.Sites, ignorePlace); diff != "" {
		t.Errorf("sites (-want +got):\n%s", diff)
	}
}

var ignorePlace = cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".at" }, cmp.Ignore())

func TestWants(t *testing.T) {
	t.Parallel()
	marked := scannerOf(t, edit.Query{Markers: map[string]image.Repository{"web": repository(t, "nginx")}})
	targeted := scannerOf(t, edit.Query{Targets: []edit.Target{{Image: repository(t, "nginx"), File: "x/**/*.lock", Key: "$.a"}}})
	for _, test := range []struct {
		path                    string
		plain, marked, targeted bool
	}{
		{"a.yaml", true, true, true},
		{"a/b.yml", true, true, true},
		{"a/b.json", true, true, true},
		{"base/Kustomization", true, true, true},
		{"a/.env", false, true, false},
		{".env.production", false, true, false},
		{"versions.mk", false, true, false},
		{"Makefile", false, true, false},
		{"infra/main.tfvars", false, true, false},
		{"a.png", false, false, false},
		{"build/Dockerfile.prod", true, true, true},
		{"man/Dockerfile.5.md", false, false, false},
		{"Dockerfile.dockerignore", false, false, false},
		{"a.go", false, false, false},
		{"x/y/z.lock", false, false, true},
		{"y/z.lock", false, false, false},
		{"a.yaml.bak", false, false, false},
	} {
		if got := seeking(t, "nginx").Wants(test.path); got != test.plain {
			t.Errorf("Wants(%q) = %v", test.path, got)
		}
		if got := marked.Wants(test.path); got != test.marked {
			t.Errorf("with markers: Wants(%q) = %v", test.path, got)
		}
		if got := targeted.Wants(test.path); got != test.targeted {
			t.Errorf("with a target: Wants(%q) = %v", test.path, got)
		}
	}
}

// Only a sought image's targets count, here and in Missing.
func TestTargetsOfOtherImages(t *testing.T) {
	t.Parallel()
	s := scannerOf(t, edit.Query{Images: []image.Repository{repository(t, "nginx")},
		Targets: []edit.Target{{Image: repository(t, "redis"), File: "*", Key: "$.a"}}})
	found := s.Find(edit.File{Path: "a.yaml", Data: []byte("a: 1.25")})
	if diff := cmp.Diff(edit.Found{}, found); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	if missing := s.Missing(found); len(missing) > 0 {
		t.Errorf("missing %v", missing)
	}
}

// What cannot be read is told once, whether a key or a regexp leads to a place in it.
func TestUnreadTargets(t *testing.T) {
	t.Parallel()
	nginx := repository(t, "nginx")
	s := scannerOf(t, edit.Query{Images: []image.Repository{nginx}, Targets: []edit.Target{
		{Policy: "a", Image: nginx, File: "*", Key: "$.x"},
		{Policy: "b", Image: nginx, File: "*", Regexp: "x: (.*)"},
	}})
	for data, want := range map[string][]string{
		"x: 1\n\x00": {"a.yaml: holds NUL bytes, want UTF-8 text (a)", "a.yaml: holds NUL bytes, want UTF-8 text (b)"},
		"y: [\n": {"a.yaml: does not parse: line 1: did not find expected node content (a)",
			"*: regexp x: (.*) of the target matches nothing in 1 file (b)"},
	} {
		found := s.Find(edit.File{Path: "a.yaml", Data: []byte(data)})
		var got []string
		for _, r := range append(found.Refused, s.Missing(found)...) {
			got = append(got, fmt.Sprintf("%s (%s)", r, r.Policy))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", data, diff)
		}
	}
}

func TestMissing(t *testing.T) {
	t.Parallel()
	target := func(policy, file, key string) edit.Target {
		return edit.Target{Policy: policy, Image: repository(t, "nginx"), File: file, Key: key}
	}
	s := scannerOf(t, edit.Query{Targets: []edit.Target{target("a", "a/*", "$.x"), target("b", "b/*", "$.x"), target("c", "**", "$.y")}})
	var found edit.Found
	found.Add(s.Find(edit.File{Path: "a/1.yaml", Data: []byte("x: '1'")}))
	found.Add(s.Find(edit.File{Path: "a/2.yaml", Data: []byte("z: 1")}))
	want := []string{"b/*: target matches no file", "**: key $.y of the target matches nothing in 2 files"}
	if diff := cmp.Diff(want, texts(s.Missing(found))); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}

func TestNewScannerErrors(t *testing.T) {
	t.Parallel()
	_, err := edit.NewScanner(edit.Query{Targets: []edit.Target{
		{File: "a", Key: "$.a"},
		{File: "../a", Key: "a", Value: "x", Expect: -1},
		{File: "[", Regexp: "x", Value: "{tag}{tag}"},
		{File: "a", Key: "$.a", Value: "{tags}"},
		{File: "a", Key: "$.a", Regexp: "(a)"},
		{File: "a"},
		{File: "a", Regexp: "("},
	}})
	want := `targets[1].file: glob "../a" leaves the repository
targets[1].key: key "a" does not begin with $
targets[1].value: value "x" holds neither {tag} nor {digest}
targets[1].expect: -1 is less than 0
targets[2].file: glob "[" is malformed
targets[2].regexp: regexp "x" has 0 groups, want one around what is written
targets[2].value: value "{tag}{tag}" holds {tag} twice
targets[3].value: value "{tags}" holds {tags}, want {tag}, {digest} or {image}
targets[4].regexp: stands beside a key, want one of them
targets[5].key: is missing, and there is no regexp either
targets[6].regexp: missing closing ): ` + "`(`"
	if err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
	if e, ok := errors.AsType[*edit.TargetError](err); !ok || e.Index != 1 || e.Field != "file" || e.Err == nil {
		t.Errorf("got %+v, want a *TargetError", e)
	}
}

// Documents made to be expensive are read in a time in proportion to their length: the test ends.
func TestBombs(t *testing.T) {
	t.Parallel()
	var laughs, merges, chain, keys, pointers strings.Builder
	laughs.WriteString("apiVersion: v1\nkind: X\nspec:\n  a0: &a0 {containers: [{image: nginx:1.25.3}]}\n")
	merges.WriteString("apiVersion: v1\nkind: X\nspec:\n  a0: &a0 {image: nginx:1.25.3}\n")
	chain.WriteString("apiVersion: v1\nkind: X\nx0: &a0 {containers: [{image: nginx:1.25.3}]}\n")
	for i := 1; i < 2000; i++ {
		fmt.Fprintf(&laughs, "  a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), i-1)
		fmt.Fprintf(&merges, "  a%d: &a%d {<<: [%s*a%d]}\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), i-1)
		fmt.Fprintf(&chain, "x%d: &a%d [*a%d]\n", i, i, i-1)
	}
	merges.WriteString("  containers: [*a1999]\n")
	chain.WriteString("spec: *a1999\n")
	keys.WriteString("image: nginx:1.25.3\nbig: &big\n")
	pointers.WriteString("apiVersion: v1\nkind: X\nspec:\n  x: &i nginx:1.25.3\n  containers:\n")
	for i := range 20000 {
		fmt.Fprintf(&keys, "  k%d: x\n", i)
		pointers.WriteString("  - image: *i\n")
	}
	keys.WriteString("list:\n" + strings.Repeat("- {<<: *big, repository: nginx, tag: 1.25.3}\n", 10000))
	for name, data := range map[string]string{
		"laughs.yaml": laughs.String(), "merges.yaml": merges.String(), "chain.yaml": chain.String(),
		"values.yaml": keys.String(), "pointers.yaml": pointers.String(),
		"self.yaml":   "apiVersion: &a nginx:1.25.3\nkind: X\nspec: &s {containers: *s, x: [&y [*y]], <<: *s, image: *a}\n",
		"line.yaml":   "apiVersion: v1\nkind: X\nspec: {containers: [" + strings.Repeat("{image: nginx:1.25.3, é: }, ", 15000) + "]}",
		"marked.yaml": "a:\n" + strings.Repeat(`- "nginx:1.25.3" # image-updater: web`+"\n", 20000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scannerOf(t, edit.Query{Markers: map[string]image.Repository{"web": repository(t, "nginx")},
				Targets: []edit.Target{{Image: repository(t, "nginx"), File: "*", Key: "$[*][*][*][*][*][*]"}}})
			file := edit.File{Path: name, Data: []byte(data)}
			found := s.Find(file)
			edited := edit.Apply(file, changesTo(found.Sites, "1.27.4"))
			if len(found.Sites) != len(edited.Applied)+len(edited.Refused) {
				t.Errorf("%d sites, %d applied, %d refused", len(found.Sites), len(edited.Applied), len(edited.Refused))
			}
		})
	}
}
