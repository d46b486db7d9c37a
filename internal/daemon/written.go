package daemon

import (
	"fmt"
	"time"

	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/internal/status"
)

// onlyWritten is findings of nothing but what was written.
func (l *loop) onlyWritten(p *passing, report reconcile.Report, now time.Time) status.Findings {
	f := l.finder(report, now)
	found := status.Findings{Pass: f.pass(p), Written: f.written()}
	for _, c := range report.Commits {
		for _, name := range c.Policies {
			found.Found = append(found.Found, status.Finding{Policy: name, Git: c.Git, Unread: true, Commit: commitLink(c.ID, c.URL)})
		}
	}
	return found
}

// written tells what the pass has written.
func (f finder) written() []status.Written {
	var all []status.Written
	for _, c := range f.report.Changes {
		commit, made := f.commits[held{c.Git, c.Policy}]
		if !made {
			continue
		}
		w := status.Written{When: f.now, Policy: c.Policy, Image: c.Site.Image.Familiar(), Git: c.Git, Branch: commit.Branch, File: c.Site.Path,
			From: c.Site.Tag, To: c.To, FromDigest: c.Site.Digest.String(), ToDigest: c.ToDigest.String(), Commit: commitLink(commit.ID, commit.URL)}
		if pull := f.pulls[held{c.Git, commit.Branch}]; pull.Open() {
			w.Proposal = pullLink(pull)
		}
		all = append(all, w)
	}
	return all
}

// written tells what a history has.
func (l *loop) written(h reconcile.History) []status.Written {
	all := make([]status.Written, 0, min(len(h.Written), status.HistoryKept))
	for _, w := range h.Written[:min(len(h.Written), status.HistoryKept)] {
		all = append(all, status.Written{When: w.When, Policy: w.Policy(), Image: w.Image.Familiar(), Git: w.Git, Branch: w.Branch, File: w.Path,
			From: w.From, To: w.To, FromDigest: w.FromDigest.String(), ToDigest: w.ToDigest.String(), Commit: commitLink(w.Commit, "")})
	}
	return all
}

func pullLink(p reconcile.PullRequest) status.Link {
	return status.Link{Text: fmt.Sprintf("#%d", p.Number), URL: p.URL}
}

func commitLink(id, url string) status.Link { return status.Link{Text: id[:min(len(id), 7)], URL: url} }
