package web

import (
	"strings"

	"github.com/image-updater/image-updater/internal/status"
)

// level is how things are in one word, which is also a class of the page.
type level string

const (
	good     level = "good"
	notice   level = "notice" // a person should look at it some time
	bad      level = "bad"    // something does not work
	starting level = "starting"
)

// health answers the question whether all is well.
type health struct {
	Level    level
	Sentence string   // a few words
	Points   []string // what there is to say about it, the worst first
	Counts   []count  // of the policies by state, all states
	Total    int
	// Fault is the policy file's, a line for each error.
	Fault   []string
	FaultAt moment
	Loaded  moment
}

// count is how many policies are in a state.
type count struct {
	State status.State
	N     int
}

// healthOf judges a moment.
func healthOf(v view) health {
	h := health{Total: len(v.Policies), Counts: countStates(v.Policies), Loaded: v.at(v.Config.Loaded)}
	if v.Config.Fault != "" {
		h.Fault, h.FaultAt = faultLines(v.Config.Fault), v.at(v.Config.FaultAt)
	}
	broken := brokenThings(v)
	failed, asks := h.of(status.Failed), h.of(status.Held)+h.of(status.NotFound)
	switch {
	case len(broken) > 0 || failed > 0:
		h.Level, h.Points = bad, broken
		h.Sentence = "Something does not work"
		if failed > 0 {
			h.Sentence = counted(failed, "policy fails", "policies fail")
		}
	case !v.Ready:
		h.Level, h.Sentence = starting, "Starting"
		h.Points = []string{"The Git repositories are being read for the first time."}
		return h
	case asks > 0:
		h.Level, h.Sentence = notice, counted(asks, "policy needs a person", "policies need a person")
	case h.Total == 0:
		h.Level, h.Sentence, h.Points = notice, "There is nothing to do", []string{"No policy file that was read has a policy."}
		return h
	default:
		h.Level, h.Sentence = good, "All is well"
	}
	h.Points = append(h.Points, h.summary())
	return h
}

// faultLines are the errors of a policy file, at most so many as a person mends before reading again.
func faultLines(fault string) []string {
	const most = 40
	lines := strings.Split(strings.TrimSpace(fault), "\n")
	if more := len(lines) - most; more > 0 {
		lines = append(lines[:most:most], "and "+counted(more, "more error", "more errors"))
	}
	for i, line := range lines {
		lines[i] = cut(line)
	}
	return lines
}

// brokenThings tells what does not work beside single policies.
func brokenThings(v view) []string {
	var broken []string
	if v.Config.Fault != "" {
		broken = append(broken, "The policy file is not valid.")
	}
	if v.Running.Stuck {
		broken = append(broken, "The pass does not go on.")
	}
	for _, g := range v.Git {
		if g.Error != "" || g.Fault != "" {
			broken = append(broken, "Git repository "+g.Name+" has an error.")
		}
	}
	for _, r := range v.Registries {
		switch {
		case r.Parked != "":
			broken = append(broken, "The credentials of "+r.Host+" are refused.")
		case r.FailingFor >= status.FailsInARow:
			broken = append(broken, r.Host+" does not answer as it should.")
		}
	}
	return broken
}

// summary says in one sentence how many policies are how.
func (h health) summary() string {
	if h.of(status.UpToDate) == h.Total {
		return counted(h.Total, "policy is", "policies are all") + " up to date."
	}
	var parts []string
	for _, part := range []struct {
		n         int
		one, many string
	}{
		{h.of(status.UpToDate), "is up to date", "are up to date"},
		{h.of(status.Held), "is held back", "are held back"},
		{h.of(status.NotFound), "is not found in Git", "are not found in Git"},
		{h.of(status.Proposed), "has an open pull request", "have an open pull request"},
		{h.of(status.Waiting), "waits for its time", "wait for their time"},
		{h.of(status.New), "was not looked at yet", "were not looked at yet"},
		{h.of(status.Suspended), "is suspended", "are suspended"},
	} {
		if part.n > 0 {
			parts = append(parts, counted(part.n, part.one, part.many))
		}
	}
	if len(parts) == 0 {
		return counted(h.Total, "policy.", "policies.")
	}
	return "Of " + counted(h.Total, "policy", "policies") + " " + enumerated(parts) + "."
}

func (h health) of(state status.State) int {
	for _, c := range h.Counts {
		if c.State == state {
			return c.N
		}
	}
	return 0
}

func countStates(policies []status.Policy) []count {
	n := make(map[status.State]int, len(status.States))
	for i := range policies {
		n[policies[i].State]++
	}
	counts := make([]count, len(status.States))
	for i, state := range status.States {
		counts[i] = count{state, n[state]}
	}
	return counts
}

// enumerated joins parts as a sentence does: a, b and c.
func enumerated(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}
