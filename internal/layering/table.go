package layering

// Kind says what a folder is for, and with it which rules hold there beside its list of imports.
type Kind int

const (
	// Product code ends up in the binary.
	Product Kind = iota
	// Pure code is product code whose results depend on its arguments alone.
	Pure
	// Command code is what a person types. It joins everything, and it alone meets the process's surroundings.
	Command
	// Kit code is a real server for tests, and for the demo of a command.
	Kit
	// Tool code checks or measures the program and is no part of it.
	Tool
)

// Package is one row of the table.
type Package struct {
	// Folder is the package's folder, slash-separated, relative to the module's root.
	Folder string
	Kind   Kind
	// May lists the folders of ours that it may import. A [Command] may import all product code whatever stands here,
	// and a [Tool] all kits.
	May []string
}

// Rules is everything [Check] holds a tree to.
type Rules struct {
	// Module is the module's path; an import below it is one of ours.
	Module string
	// Packages is the table, a row for every folder with Go files.
	Packages []Package
	// Modules lists the folders of nested modules, which keep heavy dependencies out of the product and are not checked.
	Modules []string
}

// Design is the table as the design gives it.
var Design = Rules{
	Module: "github.com/image-updater/image-updater",
	Packages: []Package{
		{Folder: "image", Kind: Pure},
		{Folder: "policy", Kind: Pure, May: []string{"image"}},
		{Folder: "edit", Kind: Pure, May: []string{"image"}},
		{Folder: "internal/message", Kind: Pure, May: []string{"image"}},
		{Folder: "internal/plan", Kind: Pure, May: []string{"image", "policy", "edit", "internal/message"}},
		{Folder: "internal/proposal", Kind: Pure, May: []string{"image", "policy", "edit", "internal/plan", "internal/message"}},
		{Folder: "internal/schedule", Kind: Pure, May: []string{"image"}},
		{Folder: "internal/forecast", Kind: Pure, May: []string{"image"}},
		{Folder: "internal/status", Kind: Pure},

		{Folder: "cache"},
		{Folder: "registry", May: []string{"image", "cache"}},
		{Folder: "writeback/git"},
		{Folder: "writeback/forge"},
		{Folder: "writeback", May: []string{"image", "edit", "writeback/git", "writeback/forge"}},

		{Folder: "internal/config", May: []string{"image", "policy", "edit", "internal/message"}},
		{Folder: "internal/reconcile", May: []string{
			"image", "policy", "edit", "internal/plan", "internal/proposal", "internal/config", "writeback",
		}},
		{Folder: "internal/daemon", May: []string{
			"image", "policy", "internal/plan", "internal/schedule", "internal/config", "internal/status", "internal/reconcile",
		}},
		{Folder: "internal/hook", May: []string{"image", "internal/status"}},
		{Folder: "internal/web", May: []string{"internal/status"}},
		{Folder: "internal/notify", May: []string{"image", "internal/status", "internal/message"}},

		{Folder: "cmd/image-updater", Kind: Command},

		{Folder: "internal/registrytest", Kind: Kit, May: []string{"image"}},
		{Folder: "internal/gittest", Kind: Kit},
		{Folder: "internal/forgetest", Kind: Kit, May: []string{"internal/gittest"}},
		{Folder: "internal/web/webtest", Kind: Kit, May: []string{"internal/status"}},
		{Folder: "internal/notifytest", Kind: Kit},
		{Folder: "internal/layering", Kind: Tool},
		{Folder: "internal/bench", Kind: Tool, May: []string{"cache", "image", "policy", "registry"}},
	},
	Modules: []string{"integration", "tools"},
}

// row returns the row of folder.
func (r Rules) row(folder string) (Package, bool) {
	for _, p := range r.Packages {
		if p.Folder == folder {
			return p, true
		}
	}
	return Package{}, false
}

// knows reports whether the table lets the package in folder reach the one in other, directly or through others.
// The table is small and has no cycles (a test says so), hence the plain recursion.
func (r Rules) knows(folder, other string) bool {
	p, ok := r.row(folder)
	if !ok {
		return false
	}
	if p.Kind == Command {
		return true
	}
	for _, f := range p.May {
		if f == other || r.knows(f, other) {
			return true
		}
	}
	return false
}
