package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/internal/proposal"
	"github.com/image-updater/image-updater/internal/reconcile"
)

// forge is a forge as far as a pass knows one: it keeps pull requests in memory, and takes their tips from Git.
type forge struct {
	repository *gittest.Repository
	fail       map[string]error            // by the name of a call, "create"
	before     func(call string)           // is told of each
	releases   map[string]proposal.Release // by repository@tag
	pulls      []*proposal.Pull            // by number
	comments   map[int][]string

	mu    sync.Mutex // guards calls
	calls []string
}

// called notes a call and returns what is to become of it.
func (f *forge) called(name string, about ...any) error {
	call := strings.TrimSpace(fmt.Sprintln(append([]any{name}, about...)...))
	f.mu.Lock()
	f.calls = append(f.calls, call)
	f.mu.Unlock()
	if f.before != nil {
		f.before(call)
	}
	return f.fail[name]
}

// took returns the calls since the last time.
func (f *forge) took() string {
	calls := strings.Join(f.calls, ", ")
	f.calls = nil
	return calls
}

func (f *forge) Limits() proposal.Limits {
	return proposal.Limits{Title: 255, Body: 65536, Comment: 65536, Labels: true, Reviewers: true, Assignees: true, Drafts: true, AutoMerge: true}
}

func (f *forge) Find(_ context.Context, head string) ([]proposal.Pull, error) {
	var found []proposal.Pull
	for _, p := range slices.Backward(f.pulls) {
		if p.Head != head {
			continue
		}
		if tip, err := f.repository.Tip(head); err == nil && p.Status == proposal.Open {
			p.HeadTip = tip
		}
		found = append(found, *p)
	}
	return found, f.called("find", head)
}

func (f *forge) Opened(_ context.Context, prefix string) ([]proposal.Pull, error) {
	var found []proposal.Pull
	for _, p := range f.pulls {
		if p.Status == proposal.Open && strings.HasPrefix(p.Head, prefix) {
			found = append(found, *p)
		}
	}
	return found, f.called("opened")
}

func (f *forge) Create(_ context.Context, n reconcile.NewPull) (proposal.Pull, error) {
	if err := f.called("create", n.Head); err != nil {
		return proposal.Pull{}, err
	}
	p := &proposal.Pull{Number: len(f.pulls) + 1, URL: fmt.Sprintf("https://forge.example/%d", len(f.pulls)+1), Title: n.Title, Body: n.Body,
		Head: n.Head, Base: n.Base, Status: proposal.Open, Created: time.Now()}
	f.pulls = append(f.pulls, p)
	return *p, nil
}

func (f *forge) Update(_ context.Context, number int, title, body string) error {
	f.pulls[number-1].Title, f.pulls[number-1].Body = title, body
	return f.called("update", number)
}

func (f *forge) Close(_ context.Context, number int) error {
	f.pulls[number-1].Status = proposal.Closed
	return f.called("close", number)
}

func (f *forge) Comments(_ context.Context, number int) ([]string, error) {
	return f.comments[number], f.called("comments", number)
}

func (f *forge) Comment(_ context.Context, number int, text string) error {
	f.comments[number] = append(f.comments[number], text)
	return f.called("comment", number)
}

func (f *forge) Release(_ context.Context, repository, tag string) (proposal.Release, error) {
	release, found := f.releases[repository+"@"+tag]
	if !found {
		return release, errors.Join(reconcile.ErrNoRelease, f.called("release", tag))
	}
	return release, f.called("release", tag)
}

func (f *forge) AddLabels(_ context.Context, number int, names []string) error {
	return f.called("label", number, names)
}

func (f *forge) RemoveLabel(_ context.Context, number int, name string) error {
	f.pulls[number-1].Labels = nil
	return f.called("unlabel", number, name)
}

func (f *forge) RequestReview(_ context.Context, number int, names []string) error {
	return f.called("review", number, names)
}

func (f *forge) Assign(_ context.Context, number int, names []string) error {
	return f.called("assign", number, names)
}

func (f *forge) AutoMerge(_ context.Context, number int) error {
	return f.called("merge when ready", number)
}
func (f *forge) CloseIdleConnections() {}

// memory keeps what was seen, as a state directory does.
type memory map[string]proposal.Memory

func (m memory) Recall(_, head string) proposal.Memory      { return m[head] }
func (m memory) Remember(_, head string, p proposal.Memory) { m[head] = p }

// proposing is a scene with one Git repository whose changes are proposed, and its forge.
type proposing struct {
	*scene
	*reconcile.Reconciler
	fleet *gittest.Repository
	forge *forge
}

// newProposing has a policy for each image named, of which 1.0.0 is written and 1.1.0 is there. write are keys of the
// repository's write.
func newProposing(t *testing.T, write string, images ...string) *proposing {
	t.Helper()
	policies, tags, files := "", map[string][]string{}, gittest.Files{}
	for _, name := range images {
		policies += fmt.Sprintf("  - {name: %s, image: registry.example/%s}\n", name, name)
		tags["registry.example/"+name] = []string{"1.0.0", "1.1.0"}
		files[name+".yaml"] = deployment("registry.example/" + name + ":1.0.0")
	}
	s := newScene(t, `apiVersion: image-updater/v1
git:
  - {name: fleet, url: GITURL/fleet.git, branch: main, auth: {tokenEnv: TOKEN}, write: {mode: pull-request, `+write+`}}
defaults: {git: fleet, interval: 0}
policies:
`+policies, &source{tags: tags})
	p := &proposing{scene: s, Reconciler: s.reconciler(), fleet: s.repository("fleet", files)}
	p.forge = &forge{repository: p.fleet, fail: map[string]error{}, comments: map[int][]string{}}
	p.Reconciler.Forge = func(config.Git) (reconcile.Forge, error) { return p.forge, nil }
	p.Reconciler.Memory = memory{}
	return p
}

func (p *proposing) run() reconcile.Report {
	p.t.Helper()
	return p.Run(p.t.Context(), reconcile.Selection{})
}

// states are the pull requests of a report: "a opened, b unchanged".
func states(r reconcile.Report) string {
	var all []string
	for _, p := range r.PullRequests {
		all = append(all, strings.TrimPrefix(p.Branch, proposal.BranchPrefix)+" "+string(p.State))
	}
	return strings.Join(all, ", ")
}

func problems(r reconcile.Report) string {
	var all []string
	for _, e := range r.Errors {
		all = append(all, e.Policy+": "+e.Err.Error())
	}
	return strings.Join(all, "\n")
}

func warnings(r reconcile.Report) string {
	var all []string
	for _, w := range r.Warnings {
		all = append(all, w.Text)
	}
	return strings.Join(all, "\n")
}
