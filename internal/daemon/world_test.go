package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/internal/status"
	"github.com/image-updater/image-updater/policy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is registries and Git repositories, without a network: a look and a pass take a while of the clock, and no more.
type world struct {
	config  *config.Config
	fault   error         // of the policy files
	look    time.Duration // that it takes
	passing time.Duration

	mu       sync.Mutex // guards what follows
	tags     map[image.Repository]int
	born     map[image.Repository]time.Time // of the last tag
	kept     map[image.Repository]int
	keptAt   map[image.Repository]time.Time
	looks    map[image.Repository][]time.Time // that were answered
	asked    int
	down     map[string]bool // hosts, and Git repositories
	hangs    map[string]bool // hosts, and Git repositories, that answer nothing
	refuses  map[string]bool // policies that cannot be decided
	stuck    bool            // passes go on for ever
	late     bool            // forges take all their time
	pushing  time.Duration   // that a pass takes to end, cut off or not
	telling  time.Duration   // that it takes to tell where a branch stood when it was asked
	asking   int             // where branches stand
	held     map[string]time.Time
	written  map[string]int // the tag in Git, by Git repository and policy
	tips     map[string]int
	passes   []reconcile.Selection
	writes   []write
	running  map[string]int // passes, by Git repository
	overlaps int
}

// write is one change that a pass has made.
type write struct {
	git, policy string
	tag         int
	late        time.Duration // after the tag was pushed
}

func newWorld(t testing.TB, text string) *world {
	t.Helper()
	w := &world{look: 50 * time.Millisecond, passing: time.Second, tags: map[image.Repository]int{}, born: map[image.Repository]time.Time{},
		kept: map[image.Repository]int{}, keptAt: map[image.Repository]time.Time{}, looks: map[image.Repository][]time.Time{},
		down: map[string]bool{}, held: map[string]time.Time{}, written: map[string]int{}, tips: map[string]int{}, running: map[string]int{}}
	w.config = parse(t, text)
	for _, p := range w.config.Policies {
		w.tags[p.Image] = 1
		for _, g := range p.Git {
			w.written[g+" "+p.Name] = 1
		}
	}
	return w
}

func parse(t testing.TB, text string) *config.Config {
	t.Helper()
	c, err := config.Load(fstest.MapFS{"policies.yaml": {Data: []byte("apiVersion: image-updater/v1\n" + text)}}, []string{"policies.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// release pushes a new tag of an image.
func (w *world) release(r image.Repository) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tags[r]++
	w.born[r] = time.Now()
}

func (w *world) set(do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	do()
}

func (w *world) load(context.Context) (*Setup, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fault != nil {
		return nil, w.fault
	}
	c := w.config
	return &Setup{
		Config: c, Registry: w, Quotas: w, Joined: func() *config.Config { return c },
		Run: func(ctx context.Context, s reconcile.Source, only reconcile.Selection, p Progress) reconcile.Report {
			return w.run(ctx, c, s, only, p)
		},
		Decide: func(ctx context.Context, s reconcile.Source, p config.Policy, current policy.Current) (policy.Decision, error) {
			list, _, err := s.Candidates(ctx, p.Image, 0, time.Hour)
			return p.Choice.Choose(current, list, time.Now()), err
		},
		Tip:     w.tip,
		History: func(context.Context, string) reconcile.History { return reconcile.History{} },
		Close:   func() error { return nil },
	}, nil
}

func (w *world) list(tags int) []policy.Candidate {
	all := make([]policy.Candidate, tags)
	for i := range all {
		all[i].Tag = fmt.Sprintf("1.%d.0", i+1)
	}
	return all
}

var errDown = errors.New("connection refused")

func (*world) Expect([]image.Repository) {}

func (*world) Tells(context.Context, image.Repository, image.Facts) image.Facts { return 0 }

func (w *world) Candidates(ctx context.Context, r image.Repository, _ image.Facts, _ time.Duration) ([]policy.Candidate, bool, error) {
	takes := time.After(w.look)
	w.mu.Lock()
	if w.hangs[r.Host] {
		takes = nil
	}
	w.mu.Unlock()
	select {
	case <-takes:
	case <-ctx.Done():
		return nil, false, context.Cause(ctx)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	if w.down[r.Host] {
		return nil, false, errDown
	}
	w.kept[r], w.keptAt[r] = w.tags[r], time.Now()
	w.looks[r] = append(w.looks[r], time.Now())
	return w.list(w.tags[r]), false, nil
}

func (*world) Look(context.Context, image.Repository, string, image.Facts, time.Time) (policy.Candidate, error) {
	return policy.Candidate{}, errors.New("nobody follows a tag here")
}

func (w *world) Kept(_ context.Context, r image.Repository, _ image.Facts) (Kept, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	tags, found := w.kept[r]
	return Kept{Candidates: w.list(tags), At: w.keptAt[r]}, found
}

func (*world) Terms(_ context.Context, _ string, repositories []image.Repository, _ []image.Facts) Terms {
	return Terms{PerSecond: 20, Requests: slices.Repeat([]float64{1}, len(repositories))}
}

func (w *world) Standing(_ context.Context, r *status.Registry) { r.Account = "anonymous" }

func (w *world) Requests() []reconcile.Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return []reconcile.Request{{Registry: "docker.io", Requests: w.asked}}
}

// remoteWithin is how long a Git repository is waited for that answers nothing.
const remoteWithin = 4 * time.Minute

// hang waits for a Git repository if that answers nothing.
func (w *world) hang(ctx context.Context, git string) error {
	w.mu.Lock()
	hangs := w.hangs[git]
	w.mu.Unlock()
	if !hangs {
		return nil
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(remoteWithin):
		return errors.New("it did not answer in time")
	}
}

func (w *world) tip(ctx context.Context, git string) (string, error) {
	if err := w.hang(ctx, git); err != nil {
		return "", err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down[git] {
		return "", errDown
	}
	tip := fmt.Sprint(w.tips[git])
	w.asking++
	w.mu.Unlock()
	time.Sleep(w.telling)
	w.mu.Lock()
	w.asking--
	return tip, nil
}

// run is a pass: the highest tag is written.
func (w *world) run(ctx context.Context, c *config.Config, s reconcile.Source, only reconcile.Selection, progress Progress) reconcile.Report {
	w.mu.Lock()
	w.passes = append(w.passes, only)
	for git := range only.Only {
		w.running[git]++
		if w.running[git] > 1 {
			w.overlaps++
		}
	}
	stuck, pushing := w.stuck, w.pushing
	w.mu.Unlock()
	defer w.set(func() {
		for git := range only.Only {
			w.running[git]--
		}
	})
	if stuck {
		<-ctx.Done()
		return reconcile.Report{}
	}
	time.Sleep(pushing)
	select {
	case <-time.After(w.passing):
	case <-ctx.Done():
		return reconcile.Report{}
	}
	report := reconcile.Report{}
	for _, g := range c.Git {
		selected, in := only.Only[g.Name]
		if !in {
			continue
		}
		w.decide(ctx, &report, c, g, s, selected, w.hang(ctx, g.Name))
		progress("writing", 1, 1)
	}
	return report
}

func (w *world) decide(ctx context.Context, report *reconcile.Report, c *config.Config, g config.Git, s reconcile.Source, selected []string, err error) {
	w.mu.Lock()
	if w.down[g.Name] {
		err = errDown
	}
	tree := reconcile.Tree{Git: g.Name, Branch: "main", Read: fmt.Sprint(w.tips[g.Name])}
	w.mu.Unlock()
	var made []string
	for _, p := range c.Policies {
		if !slices.Contains(p.Git, g.Name) {
			continue
		}
		tree.Images = append(tree.Images, p.Image)
		if selected != nil && !slices.Contains(selected, p.Name) {
			continue
		}
		tree.Policies = append(tree.Policies, p.Name)
		if err != nil {
			report.Errors = append(report.Errors, reconcile.Problem{Git: g.Name, Policy: p.Name, Err: err})
			continue
		}
		if w.refuses[p.Name] {
			report.Errors = append(report.Errors, reconcile.Problem{Git: g.Name, Policy: p.Name, Err: errDown})
			continue
		}
		if w.one(ctx, report, g, p, s) {
			made = append(made, p.Name)
		}
	}
	if err != nil {
		tree.Images, tree.Read, tree.Err = nil, "", err
		report.Trees = append(report.Trees, tree)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(made) > 0 {
		w.tips[g.Name]++
		report.Commits = append(report.Commits, reconcile.Commit{Git: g.Name, Branch: "main", ID: fmt.Sprintf("%040d", w.tips[g.Name]), Policies: made})
	}
	tree.Tip, tree.Unfinished = fmt.Sprint(w.tips[g.Name]), w.late
	report.Trees = append(report.Trees, tree)
}

// one decides one policy, and reports whether it has written.
func (w *world) one(ctx context.Context, report *reconcile.Report, g config.Git, p config.Policy, s reconcile.Source) bool {
	list, _, err := s.Candidates(ctx, p.Image, 0, time.Hour)
	w.mu.Lock()
	defer w.mu.Unlock()
	at := g.Name + " " + p.Name
	site := edit.Site{Path: p.Name + ".yaml", Line: 1, Image: p.Image, Tag: fmt.Sprintf("1.%d.0", w.written[at])}
	ruling := plan.Ruling{Policy: p.Name, Site: site, To: site.Tag, Err: err}
	wait := w.held[p.Name]
	switch {
	case err != nil:
	case len(list) > w.written[at] && wait.After(time.Now()):
		ruling.Held = plan.Held{Policy: p.Name, Tag: list[len(list)-1].Tag, Rule: policy.RuleMinAge, Detail: "young", Until: wait}
		report.Held = append(report.Held, reconcile.Held{Git: g.Name, Held: ruling.Held})
	case len(list) > w.written[at]:
		ruling.Changed, ruling.To = true, list[len(list)-1].Tag
		w.written[at] = len(list)
		late := time.Duration(0)
		if born := w.born[p.Image]; len(list) == w.tags[p.Image] {
			late = time.Since(born)
		}
		w.writes = append(w.writes, write{g.Name, p.Name, len(list), late})
		report.Changes = append(report.Changes, plan.Change{Policy: p.Name, Git: g.Name, Site: site, To: ruling.To})
	}
	report.References = append(report.References, reconcile.Reference{Git: g.Name, Ruling: ruling})
	return ruling.Changed
}

// fleet is so many policies, of an image each, of some registries, written to some Git repositories.
func fleet(policies, registries, gits int, interval string) string {
	var b strings.Builder
	b.WriteString("git:\n")
	for i := range gits {
		fmt.Fprintf(&b, "  - {name: fleet-%d, url: 'https://git.acme.example/fleet-%[1]d.git'}\n", i)
	}
	fmt.Fprintf(&b, "defaults: {interval: %s}\npolicies:\n", interval)
	for i := range policies {
		fmt.Fprintf(&b, "  - {name: app-%d, image: r%d.acme.example/team/app-%[1]d, git: fleet-%[3]d}\n", i, i%registries, i%gits)
	}
	return b.String()
}

// begin runs a daemon in the bubble of the test, until the function it returns is called.
func begin(t testing.TB, o Options) (*Daemon, func()) {
	t.Helper()
	d := New(o)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	return d, func() {
		t.Helper()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}
