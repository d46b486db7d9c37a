package layering

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Violation is one place where the tree breaks a rule.
type Violation struct {
	File string // slash-separated, relative to the tree's root
	Line int    // 0 when the whole file or folder is meant
	What string // what stands there
	Rule string // the rule it breaks
}

// String gives the violation as "file:line: what: rule".
func (v Violation) String() string {
	if v.Line == 0 {
		return fmt.Sprintf("%s: %s: %s", v.File, v.What, v.Rule)
	}
	return fmt.Sprintf("%s:%d: %s: %s", v.File, v.Line, v.What, v.Rule)
}

// Check reads all Go files of the module whose root is tree and returns what breaks the rules, sorted by place. The
// error is about reading: a file that cannot be opened or parsed.
func Check(tree fs.FS, rules Rules) ([]Violation, error) {
	c := checker{rules: rules, tree: tree, unknown: map[string]bool{}}
	if err := fs.WalkDir(tree, ".", c.visit); err != nil {
		return nil, fmt.Errorf("checking the layers: %w", err)
	}
	slices.SortFunc(c.found, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.What, b.What))
	})
	return c.found, nil
}

type checker struct {
	rules   Rules
	tree    fs.FS
	unknown map[string]bool // folders without a row that were reported already
	found   []Violation
}

// source is one parsed file with the row of its folder.
type source struct {
	name string
	row  Package
	test bool
	set  *token.FileSet
	file *ast.File
}

func (c *checker) visit(name string, entry fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	if entry.IsDir() {
		return c.enter(name)
	}
	if path.Ext(name) != ".go" || ignored(entry.Name()) {
		return nil
	}
	row, ok := c.rules.row(path.Dir(name))
	if !ok {
		c.reportFolder(path.Dir(name), "holds Go files", "every package has a row in the table of internal/layering")
		return nil
	}
	set := token.NewFileSet()
	data, err := fs.ReadFile(c.tree, name)
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(set, name, data, 0)
	if err != nil {
		return err
	}
	c.inspect(source{name: name, row: row, test: strings.HasSuffix(name, "_test.go"), set: set, file: file})
	return nil
}

// enter decides whether a folder is walked into.
func (c *checker) enter(name string) error {
	if name == "." {
		return nil
	}
	base := path.Base(name)
	if base == "testdata" || base == "vendor" || ignored(base) {
		return fs.SkipDir
	}
	if _, err := fs.Stat(c.tree, path.Join(name, "go.mod")); err == nil {
		if !slices.Contains(c.rules.Modules, name) {
			c.reportFolder(name, "is a module of its own", "nested modules are named in the table of internal/layering")
		}
		return fs.SkipDir
	}
	return nil
}

// ignored reports whether the go command does not look at files and folders of this name.
func ignored(base string) bool {
	return strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")
}

func (c *checker) inspect(s source) {
	for _, spec := range s.file.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has accepted it, so this cannot be
		}
		if rule := c.refusal(s, name); rule != "" {
			c.report(s, spec.Pos(), fmt.Sprintf("imports %q", name), rule)
		}
	}
	if s.test {
		return
	}
	if s.row.Kind == Pure {
		c.inspectPurity(s)
	}
	if s.row.Kind == Product {
		c.inspectSurroundings(s)
	}
}

// refusal returns the rule that forbids s to import name, or "".
func (c *checker) refusal(s source, name string) string {
	if name == c.rules.Module || strings.HasPrefix(name, c.rules.Module+"/") {
		return c.refusalOfOurs(s, strings.TrimPrefix(strings.TrimPrefix(name, c.rules.Module), "/"))
	}
	if s.test {
		return ""
	}
	if s.row.Kind == Pure && !pureImport(name) {
		return "a pure package sees no outside world"
	}
	if testingImport(name) && !mayServeTests(s) {
		return "testing libraries stay out of the binary"
	}
	return ""
}

func (c *checker) refusalOfOurs(s source, folder string) string {
	other, ok := c.rules.row(folder)
	switch {
	case !ok:
		return "it has no row in the table of internal/layering"
	case s.test && folder == s.row.Folder:
		return "" // an external test of the package itself
	case other.Kind == Kit && (s.test || mayServeTests(s)):
		return ""
	case other.Kind == Kit:
		return "kits serve tests, the demo and the tools only"
	case other.Kind == Tool || other.Kind == Command:
		return "nothing builds on a command or a tool"
	case s.row.Kind == Command:
		return ""
	case s.test:
		if c.rules.knows(folder, s.row.Folder) {
			return fmt.Sprintf("%s knows %s, so the tests of %s may not know it", folder, s.row.Folder, s.row.Folder)
		}
		return ""
	case slices.Contains(s.row.May, folder):
		return ""
	case len(s.row.May) == 0:
		return s.row.Folder + " imports none of ours"
	default:
		return fmt.Sprintf("of ours, %s imports only %s", s.row.Folder, strings.Join(s.row.May, ", "))
	}
}

// mayServeTests reports whether the file may start the servers of the kits: the kits themselves, the tools, and of a
// command only the files of its demo.
func mayServeTests(s source) bool {
	switch s.row.Kind {
	case Kit, Tool:
		return true
	case Command:
		return strings.HasPrefix(path.Base(s.name), "demo")
	default:
		return false
	}
}

func (c *checker) report(s source, pos token.Pos, what, rule string) {
	c.found = append(c.found, Violation{File: s.name, Line: s.set.Position(pos).Line, What: what, Rule: rule})
}

// reportFolder reports a folder once, however many files it has.
func (c *checker) reportFolder(folder, what, rule string) {
	if !c.unknown[folder] {
		c.unknown[folder] = true
		c.found = append(c.found, Violation{File: folder, What: what, Rule: rule})
	}
}
