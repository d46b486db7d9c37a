package plan

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
)

// Commit is a commit of the branch, as far as a plan looks at it.
type Commit struct {
	ID      string
	Maker   string // the name of who made it what it is
	When    time.Time
	Message string
	// Made says that it is as this program has made it. Of others that carry our trailers (they were squashed, amended, or
	// have taken over a message) these tell what was proposed, and not what they did.
	Made bool
}

// Past is what the commits of a branch tell about what this program wrote there.
type Past struct {
	commits []Commit          // the latest first
	bare    []int             // the work of others: the commits without changes of ours, the latest first
	altered []int             // those with changes of ours that are not as we made them, the latest first
	writes  map[place][]write // the oldest first
	latest  map[string]int    // of each policy hash the latest commit that bears it
	reverts map[string]int    // of the id of a commit the latest one that says that it reverts it
}

// place is where references to one image stand. Lines move, so they are no part of it.
type place struct {
	path  string
	image image.Repository
}

// write is one change that was written, by a policy or by the command set, or that was proposed in a commit of others.
type write struct {
	from, to value
	commit   int      // its index
	nth      int      // which it is of those that its commit has for the place
	policies []string // that may be behind it
	told     bool     // by the command set, so by a person: no policy has decided it
	made     bool
}

// value is what a reference holds.
type value struct {
	tag    string
	digest image.Digest
}

func valueOf(site edit.Site) value { return value{site.Tag, site.Digest} }

// reverts is what git revert writes before the id of a commit.
const reverts = "This reverts commit "

// Gist returns the lines of a commit message that a Past reads: it tells the same of the gists as of the messages.
func Gist(message string) string {
	var gist strings.Builder
	for line := range strings.Lines(message) {
		if strings.HasPrefix(line, trailerPrefix) || strings.Contains(line, reverts) {
			gist.WriteString(line)
		}
	}
	return gist.String()
}

// NewPast reads the trailers of commits, which come latest first.
func NewPast(commits []Commit) *Past {
	p := &Past{commits: commits, writes: map[place][]write{}, latest: map[string]int{}, reverts: map[string]int{}}
	for i, c := range slices.Backward(commits) {
		hashes := parseHashes(c.Message)
		for _, hash := range hashes {
			p.latest[hash] = i
		}
		for id := range reverted(c.Message) {
			p.reverts[id] = i
		}
		changes := ParseChanges(c.Message)
		switch {
		case len(changes) == 0:
			p.bare = append(p.bare, i)
		case !c.Made:
			p.altered = append(p.altered, i)
		}
		nth := map[place]int{}
		for _, t := range changes {
			at := place{t.Path, t.Image}
			p.writes[at] = append(p.writes[at], write{
				from: value{t.From, t.FromDigest}, to: value{t.To, t.ToDigest}, commit: i, nth: nth[at], policies: t.Policies,
				told: len(hashes) == 0, made: c.Made,
			})
			nth[at]++
		}
	}
	slices.Reverse(p.bare)
	slices.Reverse(p.altered)
	return p
}

// reverted yields the ids of the commits that a message says to revert.
func reverted(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, after := range strings.Split(text, reverts)[1:] {
			end := strings.IndexFunc(after, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) })
			if end < 0 {
				end = len(after)
			}
			if !yield(after[:end]) {
				return
			}
		}
	}
}

// Tells reports whether the commits tell what was written in the place of each change.
func (p *Past) Tells(changes []Change) bool {
	return !slices.ContainsFunc(changes, func(c Change) bool {
		return len(p.writes[place{c.Site.Path, c.Site.Image}]) == 0
	})
}

// Told reports whether a commit tells of exactly this change. Those of a pull request that was merged as one commit with other
// words do not.
func (p *Past) Told(t Trailer) bool {
	if p == nil {
		return false
	}
	from, to := value{t.From, t.FromDigest}, value{t.To, t.ToDigest}
	return slices.ContainsFunc(p.writes[place{t.Path, t.Image}], func(w write) bool { return w.from == from && w.to == to })
}

// changed reports whether the policy is another one than when the value was written. It is not, if the policy has written
// anything since as it is now.
func (p *Past) changed(by Policy, s standing) bool {
	latest, known := p.latest[by.hash()]
	return s.decided >= 0 && (!known || latest > s.decided)
}

// by names who moved a reference below a standing value: whose commit says that it reverts the one that wrote it, else the
// latest commit of somebody else since, which is as much as commits without their files tell. What others have made of ours
// is the last to be thought of, that one included. It is "" if there is none.
func (p *Past) by(s standing) string {
	if s.undone >= 0 {
		return p.signed(s.undone)
	}
	if i, ok := p.reverted(s); ok {
		return p.signed(i)
	}
	switch since, _ := slices.BinarySearch(p.bare, s.commit); since {
	case 0:
		if len(p.altered) == 0 || p.altered[0] > s.commit {
			return ""
		}
		return p.signed(p.altered[0])
	case 1:
		return p.signed(p.bare[0])
	case 2:
		return p.signed(p.bare[0]) + " or the commit before it"
	}
	return p.signed(p.bare[0]) + " or one of the commits before it"
}

// reverted returns the commit that says that it reverts the one that wrote a standing value.
func (p *Past) reverted(s standing) (commit int, ok bool) {
	commit, ok = p.reverts[p.commits[s.commit].ID]
	return commit, ok && commit < s.commit
}

func (p *Past) signed(i int) string { return p.commits[i].Maker + ", " + short(p.commits[i].ID) }

// short is how Git shows a commit to people.
func short(id string) string { return id[:min(len(id), 7)] }
