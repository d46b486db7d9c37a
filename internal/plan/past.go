package plan

import (
	"slices"
	"strings"
	"time"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
)

// Commit is a commit of the branch, as far as a plan looks at it.
type Commit struct {
	ID      string
	Author  string // the name
	When    time.Time
	Message string
}

// Past is what the commits of a branch tell about what this program wrote there.
type Past struct {
	commits []Commit // the latest first
	ours    map[int]bool
	writes  map[place][]write // the oldest first
	latest  map[string]int    // of each policy hash the latest commit that bears it
}

// place is where references to one image stand. Lines move, so they are no part of it.
type place struct {
	path  string
	image image.Repository
}

// write is one change that was written, by a policy or by the command set.
type write struct {
	from, to value
	commit   int  // its index
	told     bool // by the command set, so by a person: no policy has decided it
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
	p := &Past{commits: commits, ours: map[int]bool{}, writes: map[place][]write{}, latest: map[string]int{}}
	for i, c := range slices.Backward(commits) {
		_, changes := ParseTrailers(c.Message)
		hashes := parseHashes(c.Message)
		for _, hash := range hashes {
			p.latest[hash] = i
		}
		for _, t := range changes {
			p.ours[i] = true
			at := place{t.Path, t.Image}
			p.writes[at] = append(p.writes[at], write{
				from: value{t.From, t.FromDigest}, to: value{t.To, t.ToDigest}, commit: i, told: len(hashes) == 0,
			})
		}
	}
	return p
}

// Tells reports whether the commits tell what was written in the place of each change.
func (p *Past) Tells(changes []Change) bool {
	return !slices.ContainsFunc(changes, func(c Change) bool {
		return len(p.writes[place{c.Site.Path, c.Site.Image}]) == 0
	})
}

// standing is a value that was written and, if nobody has moved it, still stands. The others are those that it followed.
type standing struct {
	value
	others  []value
	commit  int // that wrote it
	decided int // the latest commit of a policy among those that led to it, -1 for none
	undone  int // the commit of the command set that took it back, -1 for none
}

// standings returns what should stand in a place that has so many references, the latest last. newer is the order of
// tags of the policy that asks.
func standings(writes []write, references int, newer func(a, b string) bool) []standing {
	var all []standing
	for _, w := range writes {
		next := standing{value: w.to, commit: w.commit, decided: -1, undone: -1}
		if !w.told {
			next.decided = w.commit
		}
		i := follows(all, w, references)
		if i < 0 && references == 1 { // a person has moved it in between, there is no other
			i = len(all) - 1
		}
		if i >= 0 {
			before := all[i]
			if w.told && before.leadsBack(w.to, newer) { // a person went back by the command set
				all[i].others = append(all[i].others, w.to)
				all[i].undone = w.commit
				continue
			}
			next.others = append(slices.Clone(before.others), before.value)
			if w.told {
				next.decided = before.decided
			}
			all = slices.Delete(all, i, i+1)
		} else if w.told && newer(w.from.tag, w.to.tag) {
			next.value, next.undone = w.from, w.commit
			next.others = []value{w.to}
		}
		next.others = append(next.others, w.from)
		all = append(all, next)
	}
	return all
}

// leadsBack reports whether going to a value is a way back: to an older tag or, where their order does not tell, to what
// stood there before.
func (s standing) leadsBack(to value, newer func(a, b string) bool) bool {
	return newer(s.tag, to.tag) || to != s.value && !newer(to.tag, s.tag) && slices.Contains(s.others, to)
}

// follows returns the index of the value that a write goes on from: one that stands or, if there is no reference of which
// nothing was written yet, one that a person has gone back from. It is -1 for none. Of one commit no write goes on from another.
func follows(all []standing, w write, references int) int {
	for i, s := range slices.Backward(all) {
		if s.commit != w.commit && s.value == w.from {
			return i
		}
	}
	for i, s := range slices.Backward(all) {
		if s.commit != w.commit && len(all) >= references && slices.Contains(s.others, w.from) {
			return i
		}
	}
	return -1
}

// unsettled is what of a place does not stand as it was written.
type unsettled struct {
	open  []standing     // values that no reference holds, the latest first
	loose map[value]bool // what the references hold that were not written so
}

// settleWith matches standing values, the latest last, with the references of a place.
func settleWith(all []standing, sites []edit.Site) unsettled {
	all = all[max(0, len(all)-len(sites)):] // older ones are of references that are gone
	u := unsettled{loose: map[value]bool{}}
	claimed := make([]bool, len(sites))
	for _, s := range slices.Backward(all) {
		i := 0
		for i < len(sites) && (claimed[i] || !s.stands(sites[i])) {
			i++
		}
		if i == len(sites) {
			u.open = append(u.open, s)
			continue
		}
		claimed[i] = true
	}
	for i, site := range sites {
		if !claimed[i] {
			u.loose[valueOf(site)] = true
		}
	}
	return u
}

// stands reports whether a site holds the value.
func (v value) stands(site edit.Site) bool {
	tag, digest := site.Shown(v.tag, v.digest)
	return site.Tag == tag && site.Digest == digest
}

// changed reports whether the policy is another one than when the value was written. It is not, if the policy has written
// anything since as it is now.
func (p *Past) changed(by Policy, s standing) bool {
	latest, known := p.latest[by.hash()]
	return s.decided >= 0 && (!known || latest > s.decided)
}

// by names who moved a reference below a standing value: whose commit says that it reverts ours, else the latest commit
// of somebody else since, which is as much as commits without their files tell. It is "" if there is none.
func (p *Past) by(s standing) string {
	if s.undone >= 0 {
		return p.signed(s.undone)
	}
	latest, others := -1, 0
	for i := range s.commit {
		switch {
		case strings.Contains(p.commits[i].Message, reverts+p.commits[s.commit].ID):
			return p.signed(i)
		case p.ours[i]:
		case latest < 0:
			latest = i
		default:
			others++
		}
	}
	switch {
	case latest < 0:
		return ""
	case others == 0:
		return p.signed(latest)
	case others == 1:
		return p.signed(latest) + " or the commit before it"
	}
	return p.signed(latest) + " or one of the commits before it"
}

func (p *Past) signed(i int) string { return p.commits[i].Author + ", " + short(p.commits[i].ID) }

// short is how Git shows a commit to people.
func short(id string) string { return id[:min(len(id), 7)] }
