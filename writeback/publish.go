package writeback

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/writeback/forge"
	"github.com/image-updater/image-updater/writeback/git"
)

// Decide is called with what stands at the tip, again after each lost race, and returns the commits to make there. The
// branch is busy meanwhile: its methods that take a context wait until the publication is over.
type Decide func(ctx context.Context, found edit.Found) ([]Commit, error)

// Publication is what is to be published.
type Publication struct {
	Scanner *edit.Scanner
	Paths   edit.Paths
	// Head is the branch to push to: "" or the branch itself, or one of our own that is rebuilt from the branch's tip.
	// Its commits must carry trailers Image-Updater-Change; by these and the target's Author they are known as ours later.
	Head   string
	Decide Decide
	// Replace makes Head anew whatever lies on it, provided that it stands at Lease, "" for a branch that is not there. What
	// lies there is the caller's to look at, by [Branch.Head]. Where it stands elsewhere nothing is pushed: [ErrMoved].
	Replace bool
	Lease   string
}

// ErrMoved is a branch of our own that stands elsewhere than where it was looked at.
var ErrMoved = errors.New("the branch has moved since it was looked at")

// Published says what became of a publication.
type Published struct {
	Branch   string   // that was, or would have been, pushed to
	Tip      string   // where that branch stands now; "" for a head that does not exist
	Commits  []Pushed // none: there was nothing to do
	Preview  Preview
	Attempts int // pushes that were tried
}

// Pushed is one commit.
type Pushed struct {
	ID      string
	URL     string // its page at the forge, "" where that is not known
	Message string
	Changes []edit.Change
}

// Publish finds references, decides about them, commits the changes and pushes the commits. It waits for other
// publications of the same Writer to this remote.
func (b *Branch) Publish(ctx context.Context, p Publication) (Published, error) {
	leave, err := take(ctx, b.line.turn)
	if err != nil {
		return Published{}, err
	}
	defer leave()
	done, err := take(ctx, b.busy)
	if err != nil {
		return Published{}, err
	}
	defer done()
	run := &publication{branch: b, Publication: p, head: b.name}
	if name := strings.TrimPrefix(p.Head, branchPrefix); name != "" {
		run.head = name
	}
	if b.seen != b.line.pushes.Load() { // somebody of ours has pushed while we waited
		if err := b.refresh(ctx); err != nil {
			return Published{}, err
		}
	}
	published, err := run.publish(ctx)
	if err != nil {
		return published, fmt.Errorf("publishing to %s: %w", b.remote, err)
	}
	return published, nil
}

// publication is a Publish under way.
type publication struct {
	Publication
	branch   *Branch
	head     string // the branch to push to
	attempts int
	races    races
	begun    time.Time // when the branch was last read for an attempt
}

// attempt is one draft of the commits and the state of the branch that it was made for.
type attempt struct {
	draft   *git.Draft
	edited  edited
	commits []Pushed
	old     git.Hash // where the branch stood; zero = it did not exist
}

func (p *publication) own() bool { return p.head != p.branch.name }

func (p *publication) publish(ctx context.Context) (Published, error) {
	for p.begun = time.Now(); ; {
		a, err := p.draft(ctx)
		if err != nil {
			return p.result(a, a.old), err
		}
		upToDate, err := p.upToDate(ctx, a)
		if errors.Is(err, errMoved) {
			continue
		}
		if err != nil || upToDate {
			a.commits = nil
			return p.result(a, a.old), err
		}
		landed, err := p.push(ctx, a)
		if err != nil {
			a.commits = nil
			return p.result(a, a.old), err
		}
		if landed {
			return p.landed(ctx, a), nil
		}
	}
}

// draft finds, decides and makes the commits on the tip as it is known.
func (p *publication) draft(ctx context.Context) (attempt, error) {
	b := p.branch
	var a attempt
	found, err := b.find(ctx, p.Scanner, p.Paths)
	if err != nil {
		return a, err
	}
	commits, err := p.Decide(ctx, found)
	if err != nil {
		return a, err
	}
	a.edited, err = b.apply(ctx, commits)
	a.old = b.stands() // the refs may be older than a push of ours
	if p.own() {
		a.old, _ = b.refs.Tip(branchPrefix + p.head)
	}
	if err != nil || len(a.edited.steps) == 0 {
		return a, err
	}
	if b.tree.Tip() != b.scan.tip { // it was gone before its files were read
		return p.draft(ctx)
	}
	a.draft = b.tree.Draft()
	by := b.signature()
	for _, s := range a.edited.steps {
		files := make([]git.File, 0, len(s.files))
		for path, now := range s.files {
			files = append(files, git.File{Path: path, Data: now.Data})
		}
		id, err := a.draft.Commit(git.Commit{Files: files, Author: by, Message: s.message, Signer: b.signer})
		if err != nil {
			return a, err
		}
		a.commits = append(a.commits, Pushed{
			ID: id.String(), URL: forge.CommitURL(b.url, id.String()), Message: s.message, Changes: s.changes})
	}
	return a, nil
}

// upToDate reports whether the branch needs no push: nothing is to be changed, or a branch of our own has it all.
func (p *publication) upToDate(ctx context.Context, a attempt) (bool, error) {
	if a.draft == nil || a.draft.Empty() {
		return true, nil
	}
	if p.Replace && p.own() {
		if tipText(a.old) != p.Lease {
			return false, ErrMoved
		}
		return false, nil
	}
	if !p.own() || a.old.IsZero() {
		return false, nil
	}
	var paths []string
	for _, f := range a.edited.preview.Files {
		paths = append(paths, f.Path)
	}
	ahead, err := p.branch.remote.Ahead(ctx, a.old, p.branch.tree, paths)
	if err != nil {
		return false, p.gone(ctx, a, err)
	}
	if err := onlyOurs(p.head, p.branch.signature(), ahead); err != nil {
		return false, err
	}
	return carries(ahead, a.messages(), a.edited.preview.Files), nil
}

// messages returns those of the commits.
func (a attempt) messages() []string {
	messages := make([]string, len(a.commits))
	for i, c := range a.commits {
		messages[i] = c.Message
	}
	return messages
}

// tipText writes where a branch stands, "" for one that is not there.
func tipText(tip git.Hash) string {
	if tip.IsZero() {
		return ""
	}
	return tip.String()
}

// errMoved says that a branch was read anew because it stands elsewhere.
var errMoved = errors.New("the branch has moved")

// gone looks whether a branch of ours could not be read because it has been rebuilt or deleted since it was looked at.
func (p *publication) gone(ctx context.Context, a attempt, failed error) error {
	if err := p.branch.gone(ctx, p.head, a.old, failed); !errors.Is(err, ErrMoved) {
		return err
	}
	if err := p.races.lost(ctx, p.branch.writer, p.head, 0); err != nil {
		return err
	}
	return errMoved
}

// landed takes the new tip over, so that the next publication need not ask for it, nor search what the edits have told of.
func (p *publication) landed(ctx context.Context, a attempt) Published {
	b := p.branch
	pushes := b.line.pushes.Add(1)
	if !p.own() && !b.tree.Follows(a.draft.Tip()) {
		tree := a.draft.Tree()
		for _, f := range a.edited.preview.Files {
			if e, ok := tree.Lookup(f.Path); ok {
				b.read.keep(e.Hash, f.New)
			}
		}
		b.scan = b.scan.edited(tree, a.edited)
		b.tree = tree
		b.past.meet(tree)
		b.tip.Store(tree.Tip())
	}
	if !p.own() {
		b.seen = pushes
	}
	b.writer.log().InfoContext(ctx, "pushed commits", "url", b.remote.String(), "branch", p.head,
		"commit", a.draft.Tip().String(), "commits", len(a.commits), "attempts", p.attempts)
	return p.result(a, a.draft.Tip())
}

func (p *publication) result(a attempt, tip git.Hash) Published {
	return Published{Branch: p.head, Tip: tipText(tip), Commits: a.commits, Preview: a.edited.preview, Attempts: p.attempts}
}
