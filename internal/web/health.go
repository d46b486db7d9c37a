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
	Sentence string  // a few words
	Points   []point // what there is to say about it, the worst first
	Counts   []count // of the policies by state, all states
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

// point is one thing to say about how things are, with what it is about between its words.
type point struct {
	Before string
	About  link // where more of it is, zero = nothing is said that has a page
	After  string
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
		h.Level, h.Points = bad, fewest(broken)
		h.Sentence = "Something does not work"
		if failed > 0 {
			h.Sentence = counted(failed, "policy fails", "policies fail")
		}
	case !v.Ready:
		h.Level, h.Sentence = starting, "Starting"
		h.Points = firstReads(v)
		return h
	case asks > 0:
		h.Level, h.Sentence = notice, counted(asks, "policy needs a person", "policies need a person")
	case 2*h.of(status.New) > h.Total:
		h.Level, h.Sentence = starting, "Looking for the first time"
		h.Points = []point{{Before: grouped(h.of(status.New)) + " of " + counted(h.Total, "policy", "policies") + " have no list of tags yet."}}
		return h
	case h.Total == 0:
		h.Level, h.Sentence, h.Points = notice, "There is nothing to do", []point{{Before: "No policy file that was read has a policy."}}
		return h
	default:
		h.Level, h.Sentence = good, "All is well"
	}
	h.Points = append(h.Points, h.summary())
	return h
}

// fewest keeps as many points as are read at a glance: when a network is down, nearly everything is broken.
func fewest(points []point) []point {
	const most = 6
	if more := len(points) - most; more > 1 {
		return append(points[:most:most], point{Before: "And " + grouped(more) + " more; each says so below."})
	}
	return points
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
func brokenThings(v view) []point {
	var broken []point
	if v.Config.Fault != "" {
		broken = append(broken, point{Before: "The policy file is not valid."})
	}
	if v.Running.Stuck {
		broken = append(broken, point{Before: "The pass does not go on."})
	}
	for _, f := range v.Files {
		if f.Error != "" {
			broken = append(broken, point{Before: "What " + f.Flag + " names cannot be read, and what it held before still holds: " + cut(f.Error) + "."})
		}
	}
	for _, g := range v.Git {
		switch about := (link{g.Name, gitPage(g.Name)}); {
		case g.Error != "":
			broken = append(broken, point{"Git repository ", about, " cannot be read or written."})
		case g.Fault != "":
			broken = append(broken, point{"The policy files of Git repository ", about, " are not valid."})
		}
	}
	for _, r := range v.Registries {
		switch {
		case r.Parked != "":
			broken = append(broken, point{"The credentials of ", link{r.Host, registryPage(r.Host)}, " are refused."})
		case r.FailingFor >= status.FailsInARow:
			broken = append(broken, point{"", link{r.Host, registryPage(r.Host)}, " does not answer as it should."})
		}
	}
	return broken
}

// firstReads names the Git repositories that all waits for after a start.
func firstReads(v view) []point {
	const most = 3
	var reads []point
	for _, g := range v.Git {
		if g.Read.IsZero() && g.Error == "" {
			reads = append(reads, point{"Git repository ", link{g.Name, gitPage(g.Name)}, " is being read for the first time."})
		}
	}
	if more := len(reads) - most; more > 0 {
		reads = append(reads[:most:most], point{Before: "So " + others(more) + "."})
	}
	if len(reads) == 0 {
		return []point{{Before: "The Git repositories are being read for the first time."}}
	}
	return reads
}

func others(n int) string {
	if n == 1 {
		return "is 1 other"
	}
	return "are " + grouped(n) + " others"
}

// summary says how many policies ask for nothing. How many of the others there are stands below it, by state.
func (h health) summary() point {
	fine := h.of(status.UpToDate)
	switch {
	case h.Total == 0:
		return point{Before: "There are no policies."}
	case fine == h.Total:
		return point{Before: counted(h.Total, "policy is", "policies are all") + " up to date."}
	case h.Total == 1:
		return point{Before: "1 policy is not up to date."}
	case fine == 0:
		return point{Before: "None of " + counted(h.Total, "policy", "policies") + " is up to date."}
	case fine == 1:
		return point{Before: "1 of " + counted(h.Total, "policy", "policies") + " is up to date."}
	default:
		return point{Before: grouped(fine) + " of " + counted(h.Total, "policy", "policies") + " are up to date."}
	}
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
