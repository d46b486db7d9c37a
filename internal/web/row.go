package web

import (
	"net/url"
	"strings"
	"time"

	"github.com/image-updater/image-updater/internal/status"
)

// row is a policy in a table or list.
type row struct {
	Name, Page string
	Image      string
	Rule       string
	Git        []string
	State      status.State
	Step       step
	Places     int // in Git
	Why        reason
	Since      moment
	Looked     moment
	Next       moment
	Written    moment
	Commit     link
	Proposal   link
}

// step is the way of a reference from the tag it carries to the one it is to get.
type step struct {
	From, To           string
	FromDigest, Digest string // short, where only the digest moves
	Moves              bool
	Later              bool // To is what waits or is held
}

// reason is why something is as it is.
type reason struct {
	Rule, Detail string
	Until        moment
}

// longText is how many bytes of a text from outside a page shows. The API has all of it.
const longText = 600

// cut shortens what somebody else has written at length.
func cut(text string) string {
	if len(text) <= longText {
		return text
	}
	return strings.ToValidUTF8(text[:longText], "") + "…"
}

// link is a text that may have a page of its own.
type link struct{ Text, URL string }

func (v view) row(p *status.Policy) row {
	r := row{
		Name: p.Name, Page: policyPage(p.Name), Image: p.Image, Rule: ruleOf(p), Git: p.Git, State: p.State, Why: v.reason(p.Why),
		Places: len(p.References), Since: v.since(p.Since), Looked: v.at(p.Looked), Next: v.next(p.NextLook), Written: v.at(p.Written),
		Commit: linkOf(p.Commit), Proposal: linkOf(p.Proposal),
	}
	if ref := telling(p); ref != nil {
		r.Step = stepAt(ref)
	}
	return r
}

// next is when something will happen; what should have happened is due.
func (v view) next(t time.Time) moment {
	m := v.at(t)
	if !t.IsZero() && !t.After(v.now) {
		m.Words = "due"
	}
	return m
}

// ruleOf is what a policy selects by: semver >=1.25 <2.
func ruleOf(p *status.Policy) string { return strings.TrimSpace(p.Kind + " " + p.Rule) }

// telling is the reference that stands for a policy: the first that is in its state.
func telling(p *status.Policy) *status.Reference {
	for i := range p.References {
		if p.References[i].State == p.State {
			return &p.References[i]
		}
	}
	if len(p.References) == 0 {
		return nil
	}
	return &p.References[0]
}

func stepOf(from, to, fromDigest, toDigest string) step {
	s := step{From: from, To: to}
	if fromDigest != toDigest && toDigest != "" && from == to {
		s.FromDigest, s.Digest = status.ShortDigest(fromDigest), status.ShortDigest(toDigest)
	}
	s.Moves = to != "" && (from != to || s.Digest != "")
	return s
}

// stepAt is the way of a reference: to the tag that is kept back from it where it has no other to go.
func stepAt(ref *status.Reference) step {
	s := stepOf(ref.Current, ref.Chosen, ref.CurrentDigest, ref.ChosenDigest)
	if !s.Moves && ref.Coming != "" {
		s.To, s.Moves, s.Later = ref.Coming, true, true
	}
	return s
}

func (v view) reason(r status.Reason) reason {
	return reason{Rule: r.Rule, Detail: cut(r.Detail), Until: v.left(r.Until)}
}

// linkOf keeps the address of pages only.
func linkOf(l status.Link) link {
	u, err := url.Parse(l.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return link{Text: l.Text}
	}
	return link{Text: l.Text, URL: l.URL}
}

func policyPage(name string) string   { return "/policies/" + url.PathEscape(name) }
func registryPage(host string) string { return "/registries/" + url.PathEscape(host) }
func gitPage(name string) string      { return "/git/" + url.PathEscape(name) }

// written is one change that was made.
type written struct {
	When         moment
	Policy, Page string
	Image        string
	Git, Branch  string
	GitPage      string
	File         string
	Step         step
	Commit       link
	Proposal     link
	Places       int // that the commit has changed in the same way, where they are told as one
}

// latest returns the last changes, those of one policy in one commit as one, and whether there are more.
func (v view) latest(most int) (latest []written, more bool) {
	for i := range v.History {
		w := &v.History[i]
		if i > 0 && alike(&v.History[i-1], w) {
			latest[len(latest)-1].Places++
			continue
		}
		if len(latest) == most {
			return latest, true
		}
		latest = append(latest, v.written(w))
	}
	return latest, false
}

// alike reports whether two changes differ in their place alone.
func alike(a, b *status.Written) bool {
	return a.Policy == b.Policy && a.Git == b.Git && a.Commit == b.Commit && a.From == b.From && a.To == b.To &&
		a.FromDigest == b.FromDigest && a.ToDigest == b.ToDigest
}

func (v view) written(w *status.Written) written {
	return written{
		When: v.at(w.When), Policy: w.Policy, Page: policyPage(w.Policy), Image: w.Image, Git: w.Git, Branch: w.Branch,
		GitPage: gitPage(w.Git), File: w.File, Step: stepOf(w.From, w.To, w.FromDigest, w.ToDigest),
		Commit: linkOf(w.Commit), Proposal: linkOf(w.Proposal), Places: 1,
	}
}

// writtenBy returns the latest changes that match, at most so many.
func (v view) writtenBy(most int, matches func(*status.Written) bool) []written {
	var found []written
	for i := range v.History {
		if len(found) == most {
			break
		}
		if matches(&v.History[i]) {
			found = append(found, v.written(&v.History[i]))
		}
	}
	return found
}
