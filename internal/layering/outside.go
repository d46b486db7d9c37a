package layering

import (
	"go/ast"
	"path"
	"slices"
	"strings"
)

// Roots of the import paths through which the outside world comes in: files, network, logs, other goroutines, other
// people's deadlines, chance, the machine.
var outsideRoots = []string{
	"os", "net", "log", "sync", "context", "math/rand", "crypto/rand", "path/filepath", "io/ioutil", "syscall", "plugin",
}

// insideRoots are exceptions below those: grammars that only carry the word net in their name.
var insideRoots = []string{"net/url", "net/netip"}

// testingRoots are the libraries that only tests use.
var testingRoots = []string{
	"testing", "net/http/httptest", "github.com/google/go-cmp", "github.com/rogpeppe/go-internal/testscript", "go.uber.org/goleak",
	"pgregory.net/rapid",
}

// clock lists what of package time depends on when it is called.
var clock = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick"}

// surroundings lists by import path what a process gets from whoever started it, and what it does to the process.
var surroundings = map[string][]string{
	"os": {
		"Args", "Getenv", "LookupEnv", "Environ", "ExpandEnv", "Setenv", "Stdin", "Stdout", "Stderr", "Exit", "Getwd", "Chdir",
		"UserHomeDir", "UserCacheDir", "UserConfigDir",
	},
	"log/slog": {"Default", "SetDefault"},
}

func pureImport(name string) bool {
	return !below(name, outsideRoots) || below(name, insideRoots)
}

func testingImport(name string) bool { return below(name, testingRoots) }

// below reports whether name is one of roots or lies under one.
func below(name string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return name == root || strings.HasPrefix(name, root+"/")
	})
}

// inspectPurity looks for what no list of imports shows: the clock, and goroutines.
func (c *checker) inspectPurity(s source) {
	c.inspectNames(s, "time", clock, "a pure package is told the time")
	ast.Inspect(s.file, func(n ast.Node) bool {
		if g, ok := n.(*ast.GoStmt); ok {
			c.report(s, g.Pos(), "starts a goroutine", "a pure package runs in its caller alone")
		}
		return true
	})
}

// inspectSurroundings holds product code to what cmd passes to it.
func (c *checker) inspectSurroundings(s source) {
	for imported, names := range surroundings {
		c.inspectNames(s, imported, names, "environment, streams and exit belong to cmd, which passes on what is needed")
	}
}

// inspectNames reports every use of one of names from the package imported, called or handed on as a value.
func (c *checker) inspectNames(s source, imported string, names []string, rule string) {
	local := localName(s.file, imported)
	switch local {
	case "", "_":
		return
	case ".":
		c.report(s, s.file.Package, "dot-imports "+imported, rule)
		return
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		use, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		// A variable or parameter of the same name has an object; a package does not.
		if x, ok := use.X.(*ast.Ident); ok && x.Name == local && x.Obj == nil && slices.Contains(names, use.Sel.Name) {
			c.report(s, use.Pos(), "uses "+path.Base(imported)+"."+use.Sel.Name, rule)
		}
		return true
	})
}

// localName returns the name by which file knows the package imported, "" if it does not import it.
func localName(file *ast.File, imported string) string {
	for _, spec := range file.Imports {
		if spec.Path.Value != `"`+imported+`"` {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(imported)
	}
	return ""
}
