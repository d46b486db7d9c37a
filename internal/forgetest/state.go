package forgetest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Pull is a pull request, as the forge keeps it.
type Pull struct {
	Number      int
	Title, Body string // the title with the word that some forges tell drafts by
	Head, Base  string
	Fork        string // owner of the fork that Head is a branch of, "" if it is one of the repository
	Tip         string // of Head, as it was last seen
	State       string // "open", "closed", "merged"
	MergeCommit string
	Draft       bool
	Author      string
	ClosedBy    string
	Labels      []string
	Reviewers   []string
	Assignees   []string
	Auto        bool // it is to be merged when everything is there
	Comments    []Comment
	Created     time.Time
	Updated     time.Time
	Closed      time.Time
	Version     int // counts the changes
}

// Comment is what somebody said about a pull request.
type Comment struct {
	Author, Body string
	Created      time.Time
}

// state is what the forge remembers beside the branches.
type state struct {
	pulls  []*Pull // by number
	labels []string
	tips   map[string]string // of the branches, as they were last seen
	twin   bool              // somebody else opens at the same moment what is opened next

	releases map[string]string // texts by owner/name@tag
}

func (s *Server) now() time.Time {
	if s.Now != nil {
		return s.Now().UTC()
	}
	return time.Now().UTC()
}

// branches reads the tips from the repository.
func (s *Server) branches() (map[string]string, error) {
	out, err := s.Repository.Git("for-each-ref", "--format=%(objectname) %(refname:strip=2)", "refs/heads")
	if err != nil {
		return nil, err
	}
	tips := map[string]string{}
	for line := range strings.Lines(out) {
		id, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		tips[name] = id
	}
	return tips, nil
}

// closesWithBranch says which forges close a pull request whose branch is gone. At the others it stays open, and cannot
// be merged.
var closesWithBranch = []string{GitHub, GitLab, Gitea, BitbucketServer}

// seesMerges says which forges notice that somebody has merged by Git. The others can be set to, or do not.
var seesMerges = []string{GitHub, GitLab, BitbucketCloud, BitbucketServer}

// sync brings the pull requests up to what has become of their branches.
func (s *Server) sync() error {
	tips, err := s.branches()
	if err != nil {
		return err
	}
	before := s.tips
	s.tips = tips
	for _, p := range s.pulls {
		if p.State != "open" || p.Fork != "" {
			continue
		}
		tip, there := tips[p.Head]
		if there && tip != p.Tip {
			p.Tip = tip
			s.touch(p)
		}
		if base := tips[p.Base]; slices.Contains(seesMerges, s.kind) && before[p.Base] != base && s.contains(base, p.Tip) {
			s.finish(p, "merged", base, Person)
		}
		if !there && p.State == "open" && slices.Contains(closesWithBranch, s.kind) {
			s.finish(p, "closed", "", Person)
		}
	}
	return nil
}

// contains reports whether a commit is an ancestor of another one, or the same.
func (s *Server) contains(of, id string) bool {
	_, err := s.Repository.Git("merge-base", "--is-ancestor", id, of)
	return err == nil
}

func (s *Server) touch(p *Pull) {
	p.Updated = s.now()
	p.Version++
}

func (s *Server) finish(p *Pull, state, merge, by string) {
	p.State, p.MergeCommit, p.ClosedBy, p.Closed, p.Auto = state, merge, by, s.now(), false
	s.touch(p)
}

// pull returns a pull request, nil if there is none of that number.
func (s *Server) pull(number int) *Pull {
	if number < 1 || number > len(s.pulls) {
		return nil
	}
	return s.pulls[number-1]
}

// trouble is why a pull request cannot be opened.
type trouble int

const (
	fine trouble = iota
	noHead
	noBase
	noCommits
	exists
)

// open opens a pull request for a branch of the repository.
func (s *Server) open(p Pull) (*Pull, trouble) {
	tip, there := s.tips[p.Head]
	base, based := s.tips[p.Base]
	switch {
	case !there:
		return nil, noHead
	case !based:
		return nil, noBase
	case s.contains(base, tip):
		return nil, noCommits
	}
	for _, other := range s.pulls {
		if other.State == "open" && other.Fork == "" && other.Head == p.Head && other.Base == p.Base {
			return other, exists
		}
	}
	p.Tip = tip
	if s.twin {
		s.twin = false
		s.add(p)
	}
	return s.add(p), fine
}

func (s *Server) add(p Pull) *Pull {
	p.Number, p.State, p.Created = len(s.pulls)+1, "open", s.now()
	if p.Author == "" {
		p.Author = Bot
	}
	p.Updated = p.Created
	s.pulls = append(s.pulls, &p)
	return &p
}

// label gives a pull request a label, which the repository has from then on.
func (s *Server) label(p *Pull, name string) {
	if !slices.Contains(s.labels, name) {
		s.labels = append(s.labels, name)
	}
	if !slices.Contains(p.Labels, name) {
		p.Labels = append(p.Labels, name)
		s.touch(p)
	}
}

func (s *Server) unlabel(p *Pull, name string) {
	if i := slices.Index(p.Labels, name); i >= 0 {
		p.Labels = slices.Delete(p.Labels, i, i+1)
		s.touch(p)
	}
}

func (s *Server) say(p *Pull, author, text string) Comment {
	c := Comment{Author: author, Body: text, Created: s.now()}
	p.Comments = append(p.Comments, c)
	s.touch(p)
	return c
}

// newest returns the pull requests that are wanted, the newest first.
func (s *Server) newest(want func(*Pull) bool) []*Pull {
	var got []*Pull
	for _, p := range slices.Backward(s.pulls) {
		if want(p) {
			got = append(got, p)
		}
	}
	return got
}

// merge makes the commit of a merge on the base.
func (s *Server) merge(p *Pull) error {
	return s.join(p, fmt.Sprintf("Merge pull request #%d", p.Number), s.tips[p.Base], p.Tip)
}

// squash makes one commit of a pull request on the base, which has its title and nothing of the messages of its commits.
func (s *Server) squash(p *Pull) error {
	return s.join(p, fmt.Sprintf("%s (#%d)", p.Title, p.Number), s.tips[p.Base])
}

func (s *Server) join(p *Pull, message string, parents ...string) error {
	base := s.tips[p.Base]
	tree, err := s.Repository.Git("merge-tree", "--write-tree", base, p.Tip)
	if err != nil {
		return fmt.Errorf("merging pull request %d: %w", p.Number, err)
	}
	tree, _, _ = strings.Cut(tree, "\n")
	args := []string{"commit-tree", "-m", message}
	for _, parent := range parents {
		args = append(args, "-p", parent)
	}
	commit, err := s.Repository.Git(append(args, tree)...)
	if err != nil {
		return err
	}
	commit = strings.TrimSpace(commit)
	if _, err := s.Repository.Git("update-ref", "refs/heads/"+p.Base, commit, base); err != nil {
		return err
	}
	s.tips[p.Base] = commit
	s.finish(p, "merged", commit, Person)
	return nil
}
