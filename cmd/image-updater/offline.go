package main

import (
	"fmt"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/policy"
)

// noteUnknown says on stderr what a policy asks of tags and a list does not tell, since with a list nobody else is asked.
func (a *app) noteUnknown(p config.Policy, list []policy.Candidate) {
	for _, note := range unknowns(p.Spec, list) {
		fmt.Fprintln(a.stderr, "note:", note)
	}
}

func unknowns(s policy.Spec, list []policy.Candidate) []string {
	var notes []string
	lacking := func(note string, lacks func(c *policy.Candidate) bool) {
		n := 0
		for i := range list {
			if lacks(&list[i]) {
				n++
			}
		}
		if n > 0 {
			notes = append(notes, fmt.Sprintf(note, count(n, "tag", "tags")))
		}
	}
	unpushed := func(c *policy.Candidate) bool { return c.Pushed.IsZero() }
	if s.Guard.MinAge > 0 {
		lacking("the list has no push time for %s, which guard.minAge lets wait", unpushed)
	}
	if len(s.Guard.Platforms) > 0 {
		lacking("the list has no platforms for %s, so guard.platforms is not judged there",
			func(c *policy.Candidate) bool { return c.Platforms == nil })
	}
	switch s.Select {
	case policy.Select{Kind: policy.Newest, Arg: "pushed"}:
		lacking("the list has no push time for %s, which select.newest cannot order", unpushed)
	case policy.Select{Kind: policy.Newest, Arg: "created"}:
		lacking("the list has no build time for %s, which select.newest cannot order",
			func(c *policy.Candidate) bool { return c.Created.IsZero() })
	}
	if s.Select.Kind == policy.FollowDigest {
		lacking("the list has no digest for %s, so whether it was pushed again is not known",
			func(c *policy.Candidate) bool { return c.Tag == s.Select.Arg && c.Digest == "" })
	}
	return notes
}
