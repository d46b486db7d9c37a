package reconcile

import (
	"context"
	"maps"
	"slices"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/writeback"
)

// tree is one Git repository in a pass, with the policies that write to it.
type tree struct {
	reconciler *Reconciler
	index      int // its place in the report
	git        config.Git
	policies   []config.Policy         // that were selected, in the order of the policy files
	narrow     bool                    // nothing but what these look at is searched
	writes     map[string]config.Write // how the group of each key is written; nil = not gathered yet

	scanner *edit.Scanner
	paths   edit.Paths
	branch  *writeback.Branch
	read    string // where it stood when it was read first
	tip     string // where found was found
	found   edit.Found
	err     error // why the tree could not be read
	retries int   // pushes that were made again
	waits   bool  // pull requests wait for the next pass
}

// trees returns what is selected: the Git repositories in the order of the policy file, each with its policies. Those in
// owns were opened already.
func (r *Reconciler) trees(s Selection, owns map[string]*own) []*tree {
	var trees []*tree
	for _, g := range r.Config.Git {
		only, selected := s.wants(g.Name)
		if !selected {
			continue
		}
		policies := r.writingTo(g, s.Policy)
		if only != nil {
			named := setOf(only)
			policies = slices.DeleteFunc(policies, func(p config.Policy) bool { return !named[p.Name] })
		}
		o := owns[g.Name]
		if len(policies) == 0 {
			if o != nil && o.branch != nil {
				r.close(g, o.branch)
			}
			continue
		}
		t := &tree{reconciler: r, index: len(trees), git: g, policies: policies, narrow: s.Policy != ""}
		if o != nil {
			t.branch, t.err = o.branch, o.stops()
		}
		if s.Policy != "" || only != nil {
			t.whole()
		}
		trees = append(trees, t)
	}
	return trees
}

func setOf(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}

// told is what a report says of the tree itself.
func (t *tree) told() Tree {
	told := Tree{Git: t.git.Name, Retries: t.retries, Err: t.err, Unfinished: t.waits}
	for _, p := range t.policies {
		told.Policies = append(told.Policies, p.Name)
	}
	if t.err == nil {
		told.Branch, told.Read, told.Tip = t.branch.Name(), t.read, t.branch.Tip()
		told.Images = slices.Collect(maps.Keys(t.images()))
	}
	return told
}

// writingTo returns the policies that write to a Git repository: the one of that name, or all for "".
func (r *Reconciler) writingTo(g config.Git, name string) []config.Policy {
	var policies []config.Policy
	for i := range r.Config.Policies {
		if p := &r.Config.Policies[i]; slices.Contains(p.Git, g.Name) && (name == "" || name == p.Name) {
			policies = append(policies, *p)
		}
	}
	return policies
}

// open reads the branch and finds the references in its files. What fails is kept in err.
func (t *tree) open(ctx context.Context) {
	if t.err != nil {
		return
	}
	t.err = func() error {
		var err error
		query := t.query()
		if t.scanner, err = edit.NewScanner(query); err != nil {
			return err
		}
		looking := t.policies
		if !t.narrow {
			looking = t.reconciler.writingTo(t.git, "")
		}
		t.paths = plan.LookedAt(t.plannedOf(looking), t.targets(looking))
		if t.branch == nil {
			target, err := t.reconciler.Target(t.git)
			if err != nil {
				return err
			}
			if t.branch, err = t.reconciler.Writer.Open(ctx, target); err != nil {
				return err
			}
		}
		t.found, err = t.branch.Find(ctx, t.scanner, t.paths)
		t.tip = t.branch.Tip()
		t.read = t.tip
		return err
	}()
}

// query asks for the images, targets and markers of all policies that write here, also of those that were not selected:
// they govern what they govern. Markers may name any policy of the files: one that writes elsewhere is no mistake.
func (t *tree) query() edit.Query {
	all := t.reconciler.writingTo(t.git, "")
	everyone := t.reconciler.Config.Policies
	q := edit.Query{Markers: make(map[string]image.Repository, len(everyone)), Targets: t.targets(all)}
	for i := range everyone {
		q.Markers[everyone[i].Name] = everyone[i].Image
	}
	asked := map[image.Repository]bool{}
	for _, p := range all {
		if !asked[p.Image] {
			asked[p.Image] = true
			q.Images = append(q.Images, p.Image)
		}
	}
	return q
}

func (*tree) targets(of []config.Policy) []edit.Target {
	var targets []edit.Target
	for _, p := range of {
		targets = append(targets, p.Targets...)
	}
	return targets
}

// images returns the images the tree refers to.
func (t *tree) images() map[image.Repository]bool {
	images := map[image.Repository]bool{}
	for _, site := range t.found.Sites {
		images[site.Image] = true
	}
	return images
}

// plan decides what was found at the tip, now or after a lost race. Where it would change something, what was written
// there before is looked at first: a person may have taken it back. With an error it is the plan without that.
func (t *tree) plan(ctx context.Context, found edit.Found, observed *observation) (plan.Plan, error) {
	found.Refused = append(slices.Clone(found.Refused), t.scanner.Missing(found)...)
	in := plan.Input{
		Git: t.git.Name, Policies: t.planned(), Found: found, Lists: observed.known(), Now: observed.started}
	made := plan.Make(in)
	changes := made.Wanted()
	if len(changes) == 0 {
		return made, nil
	}
	var err error
	if in.Past, err = t.past(ctx, changes); err != nil {
		return made, err
	}
	made = plan.Make(in)
	made.Groups = t.squash(made.Groups)
	return made, nil
}

// depths are how many commits, one behind the other, are looked through for what was written before. The second is for
// references of which the first tells nothing.
var depths = []int{1000, 10_000}

// past reads what was written before in the places of changes.
func (t *tree) past(ctx context.Context, changes []plan.Change) (*plan.Past, error) {
	var past *plan.Past
	for _, depth := range depths {
		log, err := t.branch.History(ctx, depth)
		if err != nil {
			return nil, err
		}
		commits := make([]plan.Commit, len(log.Commits))
		for i, c := range log.Commits {
			commits[i] = plan.Commit{ID: c.ID, Maker: c.Maker, When: c.When, Message: c.Message, Made: c.Made}
		}
		if past = plan.NewPast(commits); !log.Cut || past.Tells(changes) {
			break
		}
	}
	return past, nil
}

// lacking returns what has to be looked up before the references to some images can be decided. Most need nothing, and
// are not decided here.
func (t *tree) lacking(found edit.Found, observed *observation, known lists, of func(image.Repository) bool) []plan.Missing {
	if t.err != nil {
		return nil
	}
	curious := map[image.Repository]bool{}
	for _, p := range t.policies {
		curious[p.Image] = curious[p.Image] || p.Pin || p.Choice.Facts() != 0 || known[p.Image].Unconfirmed()
	}
	var sites []edit.Site
	for _, site := range found.Sites {
		if of(site.Image) && (curious[site.Image] || site.Digest != "") {
			sites = append(sites, site)
		}
	}
	return plan.Make(plan.Input{
		Git: t.git.Name, Policies: t.planned(), Found: edit.Found{Sites: sites}, Lists: known, Now: observed.started}).Missing
}

// planned returns all policies that write here as package plan takes them.
func (t *tree) planned() []plan.Policy {
	selected := map[string]bool{}
	for _, p := range t.policies {
		selected[p.Name] = true
	}
	all := t.plannedOf(t.reconciler.writingTo(t.git, ""))
	for i := range all {
		all[i].Aside = !selected[all[i].Name]
	}
	return all
}

func (t *tree) plannedOf(of []config.Policy) []plan.Policy {
	policies := make([]plan.Policy, len(of))
	for i, p := range of {
		policies[i] = plan.Policy{Name: p.Name, Image: p.Image, Choice: p.Choice, Pin: p.Pin, Paths: p.Paths, Group: t.groupKey(p), Gate: Gate(p)}
	}
	return policies
}

// Gate returns when what p decides is written.
func Gate(p config.Policy) plan.Gate { return plan.Gate{Suspended: p.Suspend, Windows: p.Windows} }

// groupKey names the commit or branch a policy's changes go to.
func (t *tree) groupKey(p config.Policy) string {
	switch group := t.git.WriteFor(p).Group; group {
	case config.GroupPolicy:
		return p.Name
	case config.GroupGit:
		return t.git.Name
	default:
		return group
	}
}

func closeAll(trees []*tree) {
	for _, t := range trees {
		if t.branch != nil {
			t.reconciler.close(t.git, t.branch)
		}
	}
}

func (r *Reconciler) close(g config.Git, branch *writeback.Branch) {
	if err := branch.Close(); err != nil {
		r.log().Warn("closing a Git repository", "git", g.Name, "err", err)
	}
}
