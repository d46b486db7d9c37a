package layering

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestTree holds this very module to the table.
func TestTree(t *testing.T) {
	t.Parallel()
	tree := os.DirFS("../..")
	if mod, err := fs.ReadFile(tree, "go.mod"); err != nil || !strings.HasPrefix(string(mod), "module "+Design.Module+"\n") {
		t.Fatalf("the module's root is not where it is looked for: %.60q, %v", mod, err)
	}
	found, err := Check(tree, Design)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		t.Error(v)
	}
}

// A table with a cycle, an unknown folder or two rows for one folder would hold nothing.
func TestTable(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, p := range Design.Packages {
		if seen[p.Folder] {
			t.Errorf("%s has two rows", p.Folder)
		}
		for _, f := range p.May {
			// A row may name only rows above it, which is also why there is no cycle.
			if !seen[f] {
				t.Errorf("%s may import %s, which has no row above it", p.Folder, f)
			}
		}
		if p.Kind == Pure {
			for _, f := range p.May {
				if row, _ := Design.row(f); row.Kind != Pure {
					t.Errorf("%s is pure and may import %s, which is not", p.Folder, f)
				}
			}
		}
		seen[p.Folder] = true
	}
}

// fake is a small module that breaks nothing; each case of TestCheck adds one file to it.
func fake(files map[string]string) (fs.FS, Rules) {
	tree := fstest.MapFS{
		"go.mod":                   {Data: []byte("module example.org/m\n")},
		"image/image.go":           {Data: []byte("package image\n")},
		"policy/policy.go":         {Data: []byte("package policy\nimport _ \"example.org/m/image\"\n")},
		"registry/registry.go":     {Data: []byte("package registry\nimport _ \"net/http\"\n")},
		"cmd/m/main.go":            {Data: []byte("package main\nimport _ \"example.org/m/registry\"\n")},
		"internal/kit/kit.go":      {Data: []byte("package kit\nimport _ \"testing\"\n")},
		"heavy/go.mod":             {Data: []byte("module example.org/m/heavy\n")},
		"heavy/heavy.go":           {Data: []byte("package heavy\nimport _ \"example.org/m/nowhere\"\n")},
		"policy/testdata/x.go":     {Data: []byte("package broken {\n")},
		"policy/.#editor.go":       {Data: []byte("no Go at all")},
		"cmd/m/demo.go":            {Data: []byte("package main\nimport _ \"example.org/m/internal/kit\"\n")},
		"registry/outside_test.go": {Data: []byte("package registry_test\nimport _ \"example.org/m/registry\"\nimport _ \"example.org/m/internal/kit\"\n")},
	}
	for name, data := range files {
		tree[name] = &fstest.MapFile{Data: []byte(data)}
	}
	return tree, Rules{
		Module: "example.org/m",
		Packages: []Package{
			{Folder: "image", Kind: Pure},
			{Folder: "policy", Kind: Pure, May: []string{"image"}},
			{Folder: "registry", May: []string{"image"}},
			{Folder: "join", May: []string{"registry", "policy"}},
			{Folder: "cmd/m", Kind: Command},
			{Folder: "internal/kit", Kind: Kit},
			{Folder: "internal/measure", Kind: Tool},
		},
		Modules: []string{"heavy"},
	}
}

// TestCheck shows that each rule is able to fail, and at the right line.
func TestCheck(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{name: "nothing"},
		{
			name:  "folder without a row",
			files: map[string]string{"util/a.go": "package util\n", "util/b.go": "package util\n"},
			want:  []string{"util: holds Go files: every package has a row in the table of internal/layering"},
		},
		{
			name:  "module without a name",
			files: map[string]string{"sub/go.mod": "module sub\n", "sub/a.go": "package sub\n"},
			want:  []string{"sub: is a module of its own: nested modules are named in the table of internal/layering"},
		},
		{
			name:  "import that is not granted",
			files: map[string]string{"registry/more.go": "package registry\n\nimport _ \"example.org/m/policy\"\n"},
			want:  []string{`registry/more.go:3: imports "example.org/m/policy": of ours, registry imports only image`},
		},
		{
			name:  "import of ours where none is granted",
			files: map[string]string{"image/more.go": "package image\nimport _ \"example.org/m/policy\"\n"},
			want:  []string{`image/more.go:2: imports "example.org/m/policy": image imports none of ours`},
		},
		{
			name:  "import of a folder without a row",
			files: map[string]string{"join/a.go": "package join\nimport _ \"example.org/m/gone\"\n"},
			want:  []string{`join/a.go:2: imports "example.org/m/gone": it has no row in the table of internal/layering`},
		},
		{
			name:  "import of the command",
			files: map[string]string{"join/a.go": "package join\nimport _ \"example.org/m/cmd/m\"\n"},
			want:  []string{`join/a.go:2: imports "example.org/m/cmd/m": nothing builds on a command or a tool`},
		},
		{
			name: "outside world in a pure package",
			files: map[string]string{
				"policy/a.go": "package policy\nimport (\n\t\"fmt\"\n\t\"math/rand/v2\"\n\t\"net/url\"\n\t\"os/exec\"\n)\n",
			},
			want: []string{
				`policy/a.go:4: imports "math/rand/v2": a pure package sees no outside world`,
				`policy/a.go:6: imports "os/exec": a pure package sees no outside world`,
			},
		},
		{
			name: "clock in a pure package",
			files: map[string]string{
				"policy/a.go": "package policy\nimport \"time\"\nvar now = time.Now\nfunc f(t time.Time) { _ = time.Since(t) }\n",
				"policy/b.go": "package policy\nimport clock \"time\"\nvar a = clock.Now()\n",
				"policy/c.go": "package policy\nimport . \"time\"\nvar b = Now()\n",
				"policy/d.go": "package policy\nimport _ \"time\"\ntype x struct{ Now int }\nfunc g(time x) int { return time.Now }\n",
			},
			want: []string{
				"policy/a.go:3: uses time.Now: a pure package is told the time",
				"policy/a.go:4: uses time.Since: a pure package is told the time",
				"policy/b.go:3: uses time.Now: a pure package is told the time",
				"policy/c.go:1: dot-imports time: a pure package is told the time",
			},
		},
		{
			name:  "goroutine in a pure package",
			files: map[string]string{"policy/a.go": "package policy\nfunc f() {\n\tgo f()\n}\n"},
			want:  []string{"policy/a.go:3: starts a goroutine: a pure package runs in its caller alone"},
		},
		{
			name: "surroundings of the process in product code",
			files: map[string]string{
				"registry/a.go": "package registry\nimport \"os\"\nvar home = os.Getenv(\"HOME\")\n",
				"registry/b.go": "package registry\nimport \"log/slog\"\nvar log = slog.Default()\n",
				"cmd/m/env.go":  "package main\nimport \"os\"\nvar home = os.Getenv(\"HOME\")\n",
			},
			want: []string{
				"registry/a.go:3: uses os.Getenv: environment, streams and exit belong to cmd, which passes on what is needed",
				"registry/b.go:3: uses slog.Default: environment, streams and exit belong to cmd, which passes on what is needed",
			},
		},
		{
			name: "testing in the binary",
			files: map[string]string{
				"registry/a.go":         "package registry\nimport _ \"net/http/httptest\"\n",
				"cmd/m/run.go":          "package main\nimport _ \"example.org/m/internal/kit\"\nimport _ \"testing\"\n",
				"internal/measure/a.go": "package main\nimport _ \"example.org/m/internal/kit\"\n",
			},
			want: []string{
				`cmd/m/run.go:2: imports "example.org/m/internal/kit": kits serve tests, the demo and the tools only`,
				`cmd/m/run.go:3: imports "testing": testing libraries stay out of the binary`,
				`registry/a.go:2: imports "net/http/httptest": testing libraries stay out of the binary`,
			},
		},
		{
			name: "tests",
			files: map[string]string{
				"policy/pure_test.go":  "package policy\nimport _ \"os\"\nimport _ \"example.org/m/registry\"\n",
				"image/above_test.go":  "package image_test\nimport _ \"example.org/m/join\"\n",
				"cmd/m/all_test.go":    "package main\nimport _ \"example.org/m/policy\"\nimport _ \"testing\"\n",
				"policy/clock_test.go": "package policy\nimport \"time\"\nvar start = time.Now()\n",
			},
			want: []string{`image/above_test.go:2: imports "example.org/m/join": join knows image, so the tests of image may not know it`},
		},
		{
			name: "what the build leaves out",
			files: map[string]string{
				"policy/a_windows.go": "package policy\nimport _ \"os\"\n",
				"policy/b.go":         "//go:build never\n\npackage policy\nimport _ \"net\"\n",
			},
			want: []string{
				`policy/a_windows.go:2: imports "os": a pure package sees no outside world`,
				`policy/b.go:4: imports "net": a pure package sees no outside world`,
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			found, err := Check(fake(test.files))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range found {
				got = append(got, v.String())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

// A file that cannot be read must not pass for a file without imports.
func TestCheckUnreadable(t *testing.T) {
	t.Parallel()
	if _, err := Check(fake(map[string]string{"policy/a.go": "package {"})); err == nil {
		t.Error("a file that does not parse was accepted")
	}
	tree, rules := fake(nil)
	if _, err := Check(unreadable{tree, "policy/policy.go"}, rules); err == nil || !strings.Contains(err.Error(), "policy/policy.go") {
		t.Errorf("reading a file failed, got error %v", err)
	}
}

// unreadable is a tree with one file that cannot be opened.
type unreadable struct {
	fs.FS
	name string
}

func (u unreadable) Open(name string) (fs.File, error) {
	if name == u.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return u.FS.Open(name)
}

// Lists that are looked up by name stay free of doubles, for a double is a slip of whoever wrote it.
func TestLists(t *testing.T) {
	t.Parallel()
	for _, list := range [][]string{outsideRoots, insideRoots, testingRoots, clock} {
		sorted := slices.Sorted(slices.Values(list))
		if len(slices.Compact(sorted)) != len(list) {
			t.Errorf("%q has a double", list)
		}
	}
}

// docs/architecture.md has the same table, as far as it is built.
func TestDocs(t *testing.T) {
	t.Parallel()
	docs, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string][]string{} // by folder, what the row says
	for line := range strings.Lines(string(docs)) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			continue
		}
		for _, folder := range quoted(cells[1]) {
			told[folder] = cells
		}
	}
	for _, p := range Design.Packages {
		row, ok := told[p.Folder]
		_, err := os.Stat("../../" + p.Folder)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case !ok:
			t.Errorf("%s has no row", p.Folder)
		case p.Kind != Product && p.Kind != Pure:
		case len(p.May) == 0 && strings.TrimSpace(row[3]) != "nothing" || len(p.May) > 0 && !slices.Equal(quoted(row[3]), p.May):
			t.Errorf("%s may import %q, and the row says %s", p.Folder, p.May, row[3])
		case strings.Contains(row[2], "Pure") != (p.Kind == Pure):
			t.Errorf("%s: pure or not: %s", p.Folder, row[2])
		}
	}
}

// quoted returns what stands between backticks.
func quoted(cell string) []string {
	var all []string
	for i, part := range strings.Split(cell, "`") {
		if i%2 == 1 {
			all = append(all, part)
		}
	}
	return all
}
