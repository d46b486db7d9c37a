package forgetest

import (
	"fmt"
	"slices"
	"strings"
)

// synced does something to a pull request, with the branches as they are now.
func (s *Server) synced(number int, do func(*Pull) error) error {
	s.mu.Lock()
	err := s.sync()
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.on(number, do)
}

// on does something to a pull request that has nothing to do with branches.
func (s *Server) on(number int, do func(*Pull) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pull(number)
	if p == nil {
		return fmt.Errorf("there is no pull request %d", number)
	}
	return do(p)
}

// Pulls returns copies of all pull requests, by number.
func (s *Server) Pulls() ([]Pull, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.sync(); err != nil {
		return nil, err
	}
	var all []Pull
	for _, p := range s.pulls {
		c := *p
		c.Labels, c.Reviewers, c.Assignees = slices.Clone(p.Labels), slices.Clone(p.Reviewers), slices.Clone(p.Assignees)
		c.Comments = slices.Clone(p.Comments)
		all = append(all, c)
	}
	return all, nil
}

// Merge merges a pull request with a commit of a merge, and leaves its branch.
func (s *Server) Merge(number int) error { return s.synced(number, s.merge) }

// Squash merges a pull request with one commit that has its title alone, and leaves its branch.
func (s *Server) Squash(number int) error { return s.synced(number, s.squash) }

// Close closes a pull request without merging it.
func (s *Server) Close(number int) error {
	return s.synced(number, func(p *Pull) error {
		s.finish(p, "closed", "", Person)
		return nil
	})
}

// Reopen opens a closed pull request again.
func (s *Server) Reopen(number int) error {
	return s.synced(number, func(p *Pull) error {
		if p.State != "closed" {
			return fmt.Errorf("pull request %d is %s", number, p.State)
		}
		p.State, p.ClosedBy = "open", ""
		s.touch(p)
		return nil
	})
}

// Comment says something.
func (s *Server) Comment(number int, text string) error {
	return s.on(number, func(p *Pull) error {
		s.say(p, Person, text)
		return nil
	})
}

// AddLabel gives a label.
func (s *Server) AddLabel(number int, name string) error {
	return s.on(number, func(p *Pull) error {
		s.label(p, name)
		return nil
	})
}

// RemoveLabel takes a label away.
func (s *Server) RemoveLabel(number int, name string) error {
	return s.on(number, func(p *Pull) error {
		s.unlabel(p, name)
		return nil
	})
}

// Edit rewrites title and body.
func (s *Server) Edit(number int, title, body string) error {
	return s.on(number, func(p *Pull) error {
		p.Title, p.Body = title, body
		s.touch(p)
		return nil
	})
}

// DeleteBranch deletes a branch.
func (s *Server) DeleteBranch(name string) error {
	_, err := s.Repository.Git("update-ref", "-d", "refs/heads/"+name)
	return err
}

// OpenFromFork opens a pull request from a branch of somebody's fork, and returns its number.
func (s *Server) OpenFromFork(owner, head, base string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.add(Pull{
		Title: "From a fork", Head: head, Base: base, Fork: owner, Author: owner, Tip: strings.Repeat("f", 40),
	}).Number
}

// Fill opens pull requests into a base for branches that it makes: prefix and a number.
func (s *Server) Fill(count int, prefix, base string) error {
	var stream strings.Builder
	for i := range count {
		fmt.Fprintf(&stream, "reset refs/heads/%s%d\nfrom refs/heads/%s^0\n\n", prefix, i, base)
	}
	if err := s.Repository.Import([]byte(stream.String())); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.sync(); err != nil {
		return err
	}
	for i := range count {
		head := fmt.Sprintf("%s%d", prefix, i)
		s.add(Pull{Title: "Update " + head, Body: "One of many.", Head: head, Base: base, Tip: s.tips[head]})
	}
	return nil
}
