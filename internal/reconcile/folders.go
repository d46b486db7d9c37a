package reconcile

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/writeback"
)

// Folders remembers the policies that Git repositories have themselves, as they last held: what is written to such a
// repository and does not hold must not stop what was there before. Its zero value is ready; passes share it.
type Folders struct {
	mu     sync.Mutex // guards the fields that follow
	held   map[string]config.Folder
	latest joining
}

// joining is what came of joining folders to a configuration.
type joining struct {
	of      *config.Config
	folders []config.Folder
	config  *config.Config
}

// with is [config.Config.With], done once for the same folders, and going on where only some were added to those of before:
// as after a start, when a pass of each Git repository brings its own.
func (f *Folders) with(c *config.Config, folders []config.Folder) (*config.Config, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	joined, more := c, folders
	if n := len(f.latest.folders); f.latest.of == c && n <= len(folders) && slices.EqualFunc(f.latest.folders, folders[:n], sameFolder) {
		joined, more = f.latest.config, folders[n:]
	}
	if len(more) == 0 {
		return joined, nil
	}
	joined, err := joined.With(more...)
	if err == nil {
		f.latest = joining{c, slices.Clone(folders), joined}
	}
	return joined, err
}

func sameFolder(a, b config.Folder) bool {
	return a.Git == b.Git && maps.EqualFunc(a.Files, b.Files, slices.Equal)
}

// hold remembers folders that hold, but for those that were not read: another pass may have read such a one since.
func (f *Folders) hold(owns ...*own) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.held == nil {
		f.held = map[string]config.Folder{}
	}
	for _, o := range owns {
		if !o.aside {
			f.held[o.git.Name] = o.folder
		}
	}
}

// before returns the folder of a Git repository as it last held, and whether that is known.
func (f *Folders) before(git string) (config.Folder, bool) {
	if f == nil {
		return config.Folder{}, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	folder, known := f.held[git]
	return folder, known
}

// Join returns the configuration with the policies that Git repositories have themselves, as they last held.
func (f *Folders) Join(c *config.Config) *config.Config {
	var owns []*own
	for _, g := range c.Git {
		if folder, known := f.before(g.Name); known && g.Policies != "" {
			owns = append(owns, &own{git: g, folder: folder, aside: true})
		}
	}
	return f.join(c, owns)
}

// own is what was read of a Git repository for the sake of its policies.
type own struct {
	git    config.Git
	branch *writeback.Branch // nil when it could not be opened
	folder config.Folder
	err    error // why the folder is not as it stands in the branch, if it is known at all
	none   bool  // it is not known
	aside  bool  // it was not selected, and the folder is the one of before
}

// stops returns why nothing must be decided about the repository: what its own policies govern would be nobody's.
func (o *own) stops() error {
	if o.branch == nil || o.none {
		return o.err
	}
	return nil
}

func (o *own) problem() Problem {
	return Problem{Git: o.git.Name, Err: fmt.Errorf("git %q: %w", o.git.Name, o.err)}
}

// joined returns a Reconciler that has the policies, too, which the selected Git repositories have themselves, and what was
// read of these repositories, by their names.
func (r *Reconciler) joined(ctx context.Context, s Selection) (*Reconciler, map[string]*own) {
	var owns []*own
	for _, g := range r.Config.Git {
		if g.Policies == "" {
			continue
		}
		if _, selected := s.wants(g.Name); selected {
			owns = append(owns, &own{git: g})
		} else if before, known := r.Folders.before(g.Name); known && s.Only != nil {
			owns = append(owns, &own{git: g, folder: before, aside: true})
		}
	}
	if len(owns) == 0 {
		return r, nil
	}
	each(owns, treesAtOnce, func(o *own) {
		if !o.aside {
			o.read(ctx, r)
		}
	})
	all := *r
	if all.Folders == nil {
		all.Folders = &Folders{}
	}
	all.Config = all.Folders.join(r.Config, owns)
	byName := map[string]*own{}
	for _, o := range owns {
		byName[o.git.Name] = o
	}
	return &all, byName
}

// read reads the folder at the tip of the branch.
func (o *own) read(ctx context.Context, r *Reconciler) {
	o.folder.Git = o.git.Name
	target, err := r.Target(o.git)
	if err == nil {
		o.branch, err = r.Writer.Open(ctx, target)
	}
	if err == nil {
		o.folder.Files, err = o.branch.Files(ctx, o.git.Policies, config.IsPolicyFile)
	}
	o.err = err
}

// join joins to c the folders as they stand in the branches, or of those that do not hold what they were before.
func (f *Folders) join(c *config.Config, owns []*own) *config.Config {
	joined, folders := c, []config.Folder{}
	for _, o := range owns {
		folders = append(folders, o.folder)
	}
	if !slices.ContainsFunc(owns, func(o *own) bool { return o.err != nil }) {
		if all, err := f.with(c, folders); err == nil {
			f.hold(owns...)
			return all
		}
	}
	folders = nil
	for _, o := range owns {
		next, err := joined, o.err
		if err == nil {
			if next, err = f.with(c, append(folders, o.folder)); err != nil {
				err = fmt.Errorf("its own policy files do not hold: %w", err)
			}
		}
		if o.err = err; err == nil {
			f.hold(o)
		} else if next, o.none = f.asBefore(c, folders, o); o.none {
			continue
		}
		joined, folders = next, append(folders, o.folder)
	}
	return joined
}

// asBefore joins a folder as it last held to others, if that is known and it still does.
func (f *Folders) asBefore(c *config.Config, to []config.Folder, o *own) (joined *config.Config, none bool) {
	before, known := f.before(o.git.Name)
	if !known {
		return nil, true
	}
	joined, err := f.with(c, append(to, before))
	o.folder = before
	return joined, err != nil
}

// ownReport tells what is wrong with the policies that Git repositories have themselves. What stops a repository is told of
// each policy that writes there, if there is one.
func (r *Reconciler) ownReport(owns map[string]*own) Report {
	var report Report
	for _, g := range r.Config.Git {
		o := owns[g.Name]
		if o != nil && !o.aside && len(r.writingTo(g, "")) == 0 {
			report.Trees = append(report.Trees, o.told())
		}
		switch {
		case o == nil || o.aside:
		case o.stops() != nil && len(r.writingTo(g, "")) > 0:
		case o.err != nil:
			report.Errors = append(report.Errors, o.problem())
		case len(o.folder.Files) == 0:
			report.Warnings = append(report.Warnings, Warning{g.Name, fmt.Sprintf("the branch has no policy files in %s", g.Policies)})
		}
	}
	return report
}

// told is what a report says of a repository that no policy writes to.
func (o *own) told() Tree {
	told := Tree{Git: o.git.Name, Err: o.stops()}
	if o.branch != nil {
		told.Branch, told.Tip = o.branch.Name(), o.branch.Tip()
	}
	return told
}

// Joined returns the configuration with the policies that the Git repository of that name, or all for "", have themselves,
// and what keeps some of them from being known.
func (r *Reconciler) Joined(ctx context.Context, git string) (*config.Config, []Problem) {
	all, owns := r.joined(ctx, Selection{Git: git})
	var problems []Problem
	for _, g := range r.Config.Git {
		o := owns[g.Name]
		if o == nil {
			continue
		}
		if o.branch != nil {
			r.close(g, o.branch)
		}
		if o.err != nil {
			problems = append(problems, o.problem())
		}
	}
	return all.Config, problems
}
