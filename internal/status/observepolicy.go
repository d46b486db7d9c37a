package status

import (
	"slices"
	"time"
)

// policies tells what goes on and off with the policies of the watch, and forgets those that are gone.
func (o *observer) policies() {
	kept := map[string]ToldPolicy{}
	for _, p := range o.mine {
		told, known := o.told.Policies[p.Name]
		if !known && p.State != Failed && p.State != Held && p.State != Waiting {
			continue // nearly all
		}
		switch p.State {
		case Failed:
			told.Failed = o.failedPolicy(p, told.Failed)
		case New: // it was not looked at yet, so nothing is known
		default:
			told.Failed = o.workingPolicy(p, told.Failed)
			told = o.standing(p, told)
		}
		if told != (ToldPolicy{}) {
			kept[p.Name] = told
		}
	}
	o.told.Policies = kept
}

// failedPolicy tells that a policy has failed for some time, unless that is because its registry or Git repository has: then that one is
// told, and the alarm is on and says about which it is.
func (o *observer) failedPolicy(p *Policy, a Alarm) Alarm {
	if place := o.covering(p); place != "" {
		if !a.On {
			a.On, a.About = true, place
		}
		return a
	}
	if !o.lasts(p.Since) {
		return a
	}
	a, tell := a.raise("", o.now.At)
	if tell {
		o.tell(policyEvent(EventFailed, p))
	}
	return a
}

func (o *observer) workingPolicy(p *Policy, a Alarm) Alarm {
	alone := a.About == ""
	a, tell := a.lower(o.now.At)
	if tell && alone {
		o.tell(policyEvent(EventRecovered, p))
	}
	return a
}

// covering returns which place of a policy has failed as a whole, "" = none.
func (o *observer) covering(p *Policy) string {
	for _, place := range places(p) {
		if o.faults[place] != "" {
			return place
		}
	}
	return ""
}

// places are the registry and the Git repositories of a policy.
func places(p *Policy) []string {
	all := []string{"registry " + p.Registry}
	for _, g := range p.Git {
		all = append(all, "git "+g)
	}
	return all
}

// standing tells of a policy that is held or waits.
func (o *observer) standing(p *Policy, told ToldPolicy) ToldPolicy {
	tell := false
	if p.State == Held {
		if told.Held, tell = told.Held.raise(p.Why.Rule+" "+p.Why.Detail, o.now.At); tell {
			o.tell(standingEvent(EventHeld, p))
		}
	} else {
		told.Held, _ = told.Held.lower(o.now.At)
	}
	if p.State != Waiting {
		told.Waits, told.Waiting = time.Time{}, Alarm{}
		return told
	}
	if told.Waits.IsZero() || told.Waits.After(o.now.At) || !p.Since.IsZero() && p.Since.Before(told.Waits) {
		told.Waits = o.now.At
		if !p.Since.IsZero() {
			told.Waits = earlier(p.Since, o.now.At)
		}
	}
	if o.now.At.Before(told.Waits.Add(o.watch.WaitingAfter)) {
		return told
	}
	if told.Waiting, tell = told.Waiting.raise("", o.now.At); tell {
		o.tell(standingEvent(EventWaiting, p))
	}
	return told
}

// standingEvent is that of a policy of which a newer tag is kept back. Its reference is the first in the same state.
func standingEvent(kind EventKind, p *Policy) Event {
	e := policyEvent(kind, p)
	i := slices.IndexFunc(p.References, func(r Reference) bool { return r.State == p.State })
	if i < 0 {
		return e
	}
	r := p.References[i]
	e.Git, e.From, e.FromDigest = r.Git, r.Current, r.CurrentDigest
	if r.Chosen != r.Current || r.ChosenDigest != r.CurrentDigest {
		e.To, e.ToDigest = r.Chosen, r.ChosenDigest
	} else {
		e.To = r.Coming
	}
	return e
}

func policyEvent(kind EventKind, p *Policy) Event {
	e := Event{Kind: kind, Policies: []string{p.Name}, Image: p.Image, Registry: p.Registry, Why: p.Why, Link: p.Proposal}
	if len(p.Git) == 1 {
		e.Git = p.Git[0]
	}
	if kind == EventRecovered {
		e.Why, e.Link = Reason{}, Link{}
	}
	return e
}
