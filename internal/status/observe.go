package status

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// observer goes through one Status for one [Watch].
type observer struct {
	watch  Watch
	now    Status
	told   Told
	first  bool // nothing was ever told
	events []Event

	mine        []*Policy          // those of the watch
	byName      map[string]*Policy // the same, nil = nobody has asked yet: see named
	hosts, gits map[string]bool
	// failed are the policies that have failed, by "registry HOST" and "git NAME", and faults are those of these places
	// where they have failed as a whole.
	failed map[string][]string
	faults map[string]string
}

// lastingFor is how long a policy or Git repository has to fail until that is news: many a failure is gone when it is tried
// again.
const lastingFor = 3 * time.Minute

// lasts reports whether what has failed since then is worth telling. A time of the future is one of a clock that was wrong.
func (o *observer) lasts(since time.Time) bool {
	return since.IsZero() || !o.now.At.Before(since.Add(lastingFor)) || since.After(o.now.At)
}

func newObserver(w Watch, told Told, now Status) *observer {
	o := &observer{
		watch: w, now: now, told: told.clone(), first: told.Since.IsZero(),
		hosts: map[string]bool{}, gits: map[string]bool{}, failed: map[string][]string{}, faults: map[string]string{},
	}
	if o.first || o.told.Since.After(now.At) {
		o.told.Since = earlier(now.Started, now.At).Truncate(time.Second) // as commits are dated
	}
	for i := range now.Policies {
		p := &now.Policies[i]
		if w.Channel != "" && !slices.Contains(p.Notify, w.Channel) {
			continue
		}
		o.mine = append(o.mine, p)
		if n := len(o.mine); n < 2 || p.Registry != o.mine[n-2].Registry {
			o.hosts[p.Registry] = true
		}
		if n := len(o.mine); n < 2 || !slices.Equal(p.Git, o.mine[n-2].Git) {
			for _, g := range p.Git {
				o.gits[g] = true
			}
		}
		if p.State != Failed {
			continue
		}
		for _, place := range places(p) {
			o.failed[place] = append(o.failed[place], p.Name)
		}
	}
	for _, r := range now.Registries {
		if r.FailingFor >= FailsInARow {
			o.faults["registry "+r.Host] = r.Error
		}
	}
	for _, g := range now.Git {
		if o.lasts(g.Since) {
			o.faults["git "+g.Name] = g.Error
		}
	}
	return o
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// named returns the policy of the watch that is called so, nil = there is none.
func (o *observer) named(name string) *Policy {
	if o.byName == nil {
		o.byName = make(map[string]*Policy, len(o.mine))
		for _, p := range o.mine {
			o.byName[p.Name] = p
		}
	}
	return o.byName[name]
}

func (o *observer) tell(e Event) {
	if e.When.IsZero() {
		e.When = o.now.At
	}
	o.events = append(o.events, e)
}

// wanted returns the events of the kinds that are watched.
func (o *observer) wanted() []Event {
	if len(o.watch.Kinds) == 0 {
		return o.events
	}
	return slices.DeleteFunc(o.events, func(e Event) bool { return !slices.Contains(o.watch.Kinds, e.Kind) })
}

// failures tells what has failed that is no policy.
func (o *observer) failures() {
	if len(o.mine) == 0 {
		return
	}
	o.failure("policy files", Event{Title: "policy files"}, o.now.Config.Fault, o.now.Config.FaultAt)
	stuck := ""
	if o.now.Running.Stuck {
		stuck = "it has not gone on for longer than a step may take"
	}
	o.failure("pass", Event{Title: "pass"}, stuck, time.Time{})
	for _, g := range o.now.Git {
		if !o.gits[g.Name] {
			continue
		}
		o.failure("policies of "+g.Name, Event{Title: "policy files in Git repository " + g.Name, Git: g.Name}, g.Fault, time.Time{})
		o.place("git "+g.Name, Event{Title: "Git repository " + g.Name, Git: g.Name}, g.Since)
	}
	for _, r := range o.now.Registries {
		if o.hosts[r.Host] {
			o.place("registry "+r.Host, Event{Title: "registry " + r.Host, Registry: r.Host}, r.ErrorAt)
		}
	}
}

// place tells that a registry or Git repository has failed, with the policies that have for that.
func (o *observer) place(name string, e Event, since time.Time) {
	e.Policies = slices.Sorted(slices.Values(o.failed[name]))
	o.failure(name, e, o.faults[name], since)
}

// failure tells that something has failed, where fault says why, or that it works again.
func (o *observer) failure(name string, e Event, fault string, since time.Time) {
	alarm, tell := o.told.Others[name], false
	e.When = since
	if fault == "" {
		alarm, tell = alarm.lower(o.now.At)
		e.Kind, e.When = EventRecovered, time.Time{}
	} else {
		alarm, tell = alarm.raise("", o.now.At)
		e.Kind, e.Why = EventFailed, Reason{Rule: RuleError, Detail: fault}
	}
	o.told.setOther(name, alarm)
	if tell {
		o.tell(e)
	}
}

// registries tells where few pulls are left.
func (o *observer) registries() {
	for _, r := range o.now.Registries {
		may := r.Allowance - r.Reserve
		if !o.hosts[r.Host] || !r.Metered || may <= 0 {
			continue
		}
		name := "quota " + r.Host
		alarm, tell := o.told.Others[name], false
		switch {
		case r.Left*10 <= may:
			alarm, tell = alarm.raise("", o.now.At)
		case r.Left*4 >= may:
			alarm, _ = alarm.lower(o.now.At)
		}
		o.told.setOther(name, alarm)
		if tell {
			o.tell(Event{Kind: EventQuota, Registry: r.Host, Why: Reason{
				Rule: "quota", Detail: fmt.Sprintf("%d of the %d pulls that may be spent are left", max(r.Left, 0), may), Until: lowUntil(r),
			}})
		}
	}
}

// lowUntil returns when pulls may be spent again, the zero time where some may be now.
func lowUntil(r Registry) time.Time {
	if r.PausedUntil.After(r.Until) {
		return r.PausedUntil
	}
	return r.Until
}

// proposals tells which pull requests were opened. When nothing was ever told, that is those of this moment alone.
func (o *observer) proposals() {
	open := 0
	for _, g := range o.now.Git {
		open += len(g.Open)
	}
	for _, g := range o.now.Git {
		for _, p := range g.Open {
			key := strings.Join([]string{g.Name, p.Branch, p.Link.Text, p.Link.URL}, " ")
			if slices.Contains(o.told.Proposals, key) {
				continue
			}
			policies := slices.DeleteFunc(slices.Clone(p.Policies), func(name string) bool { return o.named(name) == nil })
			if len(policies) == 0 {
				continue
			}
			o.told.Proposals = remember(o.told.Proposals, key, keptKeys+2*open)
			if o.first && p.State != "opened" {
				continue
			}
			slices.Sort(policies)
			e := Event{Kind: EventPullRequest, Policies: policies, Git: g.Name, Branch: p.Branch, Title: p.Title, Link: p.Link}
			e.Image, e.Registry = o.imageOf(policies)
			o.tell(e)
		}
	}
}

// imageOf returns the image and the registry that all of these policies of the watch have, "" where they have several.
func (o *observer) imageOf(policies []string) (image, registry string) {
	for i, name := range policies {
		p := o.named(name)
		if i == 0 {
			image, registry = p.Image, p.Registry
		}
		if p.Image != image {
			image = ""
		}
		if p.Registry != registry {
			registry = ""
		}
	}
	return image, registry
}

// step is what the changes of one event have in common.
type step struct {
	policy, git, branch, from, to, fromDigest, toDigest, commit string
}

// changes tells what was written to the branch itself since listening began: an event for each policy and step. What was
// written for a pull request is not told: it was told when that was opened, and is not new when it comes to the branch.
func (o *observer) changes() {
	before := make(map[string]bool, len(o.told.Changes))
	for _, key := range o.told.Changes {
		before[key] = true
	}
	at := map[step]int{}                               // of the event of a step
	for _, c := range slices.Backward(o.now.History) { // the latest comes first there
		what := strings.Join([]string{c.Git, c.Policy, c.File, c.From, c.FromDigest, c.To, c.ToDigest}, " ")
		key, proposed := what+" "+c.Commit.Text, what+" proposed"
		if c.When.Before(o.told.Since) || before[key] || before[proposed] {
			continue
		}
		p := o.named(c.Policy)
		if p == nil {
			continue
		}
		if c.Proposal != (Link{}) {
			o.told.Changes = remember(o.told.Changes, proposed, keptKeys)
			continue
		}
		o.told.Changes = remember(o.told.Changes, key, keptKeys)
		s := step{c.Policy, c.Git, c.Branch, c.From, c.To, c.FromDigest, c.ToDigest, c.Commit.Text}
		i, known := at[s]
		if !known {
			i = len(o.events)
			at[s] = i
			o.tell(Event{
				Kind: EventUpdated, When: c.When, Policies: []string{c.Policy}, Image: c.Image, Registry: p.Registry,
				Git: c.Git, Branch: c.Branch, From: c.From, To: c.To, FromDigest: c.FromDigest, ToDigest: c.ToDigest, Link: c.Commit,
			})
		}
		o.events[i].Places++
	}
}
