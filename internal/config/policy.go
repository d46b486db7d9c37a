package config

import (
	"errors"
	"slices"
	"time"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/policy"
)

// leastInterval is the shortest interval, but for 0.
const leastInterval = time.Second

// addPolicy checks what a policy and the defaults say together.
func (c *resolver) addPolicy(p *policyEntry) {
	switch {
	case !p.own("git"):
	case c.only != "":
		c.checkOnly(&p.section, p.Git)
	default:
		c.checkGit(&p.section, p.Git)
	}
	if p.own("notify") {
		c.checkChannels(&p.section, p.Notify)
	}
	inherit(&p.section, &p.policyKeys, c.defaults)
	if c.only != "" {
		p.Git = names{name(c.only)}
	}
	p.limitGuards()
	p.limitPin()
	if p.has("window") && len(p.Window) == 0 && !p.faulty {
		p.fail(p.valueAt("window"), "window: is an empty list; window: {} is always open")
	}
	if p.has("interval") && p.Interval > 0 && time.Duration(p.Interval) < leastInterval {
		p.fail(p.valueAt("interval"), "interval: %v is shorter than %v; 0 is in every pass", time.Duration(p.Interval), leastInterval)
	}
	spec := p.spec()
	choice, err := policy.New(spec)
	for _, e := range fieldErrors(err) {
		p.fail(p.valueAt(e.Field), "%s: %v", e.Field, e.Err)
	}
	if !c.claim(&p.section, "name", string(p.Name)) || p.faulty {
		return
	}
	for _, warning := range choice.Warnings() {
		p.warn(p.valueAt("select."+string(spec.Select.Kind)), "%s", warning)
	}
	if len(p.Git) == 0 && len(c.config.Git) > 0 {
		p.warn(p.top, "names no git, so nothing is written for it")
	}
	checked := p.checked(spec, choice)
	if len(c.config.Notify) == 1 && !p.has("notify") {
		checked.Notify = []string{c.config.Notify[0].Name}
	}
	c.claimGroups(p, checked)
	c.config.Policies = append(c.config.Policies, checked)
}

// claim is what a group's key stands for in one Git repository, by the policy that came first.
type claim struct {
	of     string // "policy", "git" or "group"
	write  Write
	policy string
}

// claimGroups sees to it that what does not belong together is not written together: a group may have the name of a
// policy or of a Git repository, all of a group are written in one way, and a branch has one group that it is made of.
func (c *resolver) claimGroups(p *policyEntry, checked Policy) {
	for _, g := range c.config.Git {
		if !slices.Contains(checked.Git, g.Name) {
			continue
		}
		write := g.WriteFor(checked)
		group, of := write.Group, "group"
		switch write.Group {
		case GroupPolicy:
			group, of = checked.Name, "policy"
		case GroupGit:
			group, of = g.Name, "git"
		}
		first, taken := c.groups[g.Name+" "+group]
		switch {
		case taken && first.of != of:
			p.fail(p.valueAt("write.group"), "write.group: the %s %q would be written together with the %s of the same name", of, group, first.of)
		case taken && first.write.Mode != write.Mode:
			p.fail(p.valueAt("write.mode"), "write.mode: %s, but policy %q of the same group %q is written by %s", write.Mode, first.policy, group, first.write.Mode)
		case taken && first.write.Commits != write.Commits:
			p.fail(p.valueAt("write.commits"), "write.commits: %s, but policy %q of the same group %q has %s", write.Commits, first.policy, group, first.write.Commits)
		case taken && write.Mode == PullRequest && first.write.differs(write) != "":
			key := "write." + first.write.differs(write)
			p.fail(p.valueAt(key), "%s: is another than in policy %q of the same group %q, and they have one pull request", key, first.policy, group)
		case !taken:
			c.groups[g.Name+" "+group] = claim{of, write, checked.Name}
		}
		if write.Mode != Commit {
			c.claimHead(p, g, group)
		}
		if write.Mode == PullRequest && g.Write.Mode != PullRequest && !g.hasToken() {
			p.fail(p.valueAt("write.mode"), "write.mode: pull-request in git %q %s", g.Name, needsToken)
		}
	}
}

// claimHead refuses one branch for two entries of one remote: each would make it anew from a base of its own.
func (c *resolver) claimHead(p *policyEntry, g Git, group string) {
	head := g.URL + " " + group
	if first, taken := c.heads[head]; taken && first != g.Name {
		p.fail(p.valueAt("git"), "git: %q and %q are one remote, and both would be written to its branch image-updater/%s: give each a policy of its own", first, g.Name, group)
		return
	}
	c.heads[head] = g.Name
}

func (p *policyEntry) checked(spec policy.Spec, choice *policy.Policy) Policy {
	checked := Policy{
		Name:     string(p.Name),
		Image:    image.Repository(p.Image),
		Spec:     spec,
		Choice:   choice,
		Pin:      p.Pin || spec.Select.Kind == policy.FollowDigest,
		Git:      namesOf(p.Git, func(n name) string { return string(n) }),
		Paths:    namesOf(p.Paths, func(g glob) string { return string(g) }),
		Write:    p.Write.checked(&p.section),
		Interval: defaultInterval,
		Adaptive: defaultAdaptive,
		Suspend:  p.Suspend,
		Windows:  p.Window.checked(),
		Notify:   namesOf(p.Notify, func(n name) string { return string(n) }),
		Position: p.top,
	}
	if p.has("interval") {
		checked.Interval = time.Duration(p.Interval)
	}
	if p.has("adaptive") {
		checked.Adaptive = p.Adaptive
	}
	for _, t := range p.Targets {
		checked.Targets = append(checked.Targets, edit.Target{
			Policy: checked.Name,
			Image:  checked.Image,
			File:   string(t.File),
			Key:    string(t.Key),
			Regexp: string(t.Regexp),
			Value:  string(t.Value),
			Expect: int(t.Expect),
		})
	}
	return checked
}

// spec returns the texts of the policy for package policy.
func (p *policyEntry) spec() policy.Spec {
	s := policy.Spec{
		Match:   string(p.Tags.Match),
		Extract: string(p.Tags.Extract),
		Ignore:  namesOf(p.Tags.Ignore, func(t text) string { return string(t) }),
		Select:  p.Select.spec(),
		Guard: policy.Guard{
			Bump:       policy.Bump(p.Guard.Bump),
			Prerelease: p.Guard.Prerelease,
			Downgrade:  p.Guard.Downgrade,
			Variant:    policy.Variant(p.Guard.Variant),
			MinAge:     time.Duration(p.Guard.MinAge),
		},
	}
	for _, want := range p.Guard.Platforms {
		s.Guard.Platforms = append(s.Guard.Platforms, image.Platform(want))
	}
	return s
}

func (k *selectKeys) spec() policy.Select {
	switch {
	case k.Calver != "":
		return policy.Select{Kind: policy.Calver, Arg: string(k.Calver)}
	case k.Numeric != "":
		return policy.Select{Kind: policy.Numeric, Arg: string(k.Numeric)}
	case k.Alphabetical != "":
		return policy.Select{Kind: policy.Alphabetical, Arg: string(k.Alphabetical)}
	case k.Newest != "":
		return policy.Select{Kind: policy.Newest, Arg: string(k.Newest)}
	case k.Digest != "":
		return policy.Select{Kind: policy.FollowDigest, Arg: string(k.Digest)}
	case k.Semver != "":
		return policy.Select{Kind: policy.Semver, Arg: string(k.Semver)}
	}
	return policy.Select{Kind: policy.Semver, Arg: "*"}
}

// limitGuards holds guards to the kinds of policy they are for: written elsewhere they are a fault, coming from
// defaults they are dropped.
func (p *policyEntry) limitGuards() {
	kind := p.Select.spec().Kind
	versions := []policy.Kind{policy.Semver, policy.Calver}
	for _, guard := range []struct {
		key   string
		kinds []policy.Kind
		drop  func()
	}{
		{"guard.bump", versions, func() { p.Guard.Bump = "" }},
		{"guard.variant", versions, func() { p.Guard.Variant = "" }},
		{"guard.prerelease", versions, func() { p.Guard.Prerelease = false }},
		{"guard.downgrade", versions[:1], func() { p.Guard.Downgrade = false }},
	} {
		if slices.Contains(guard.kinds, kind) {
			continue
		}
		// That it must not go down holds for all kinds, so saying so does no harm.
		if p.own(guard.key) && (guard.key != "guard.downgrade" || p.Guard.Downgrade) {
			kinds := namesOf(guard.kinds, func(k policy.Kind) string { return string(k) })
			p.fail(p.keyAt(guard.key), "%s: is for %s, not for %s", guard.key, alternatives(kinds), kind)
		}
		guard.drop()
	}
}

// limitPin refuses a policy that follows a digest and says that it writes none. A default gives way: following a digest
// is writing it.
func (p *policyEntry) limitPin() {
	if p.Select.spec().Kind == policy.FollowDigest && p.own("pin") && !p.Pin {
		p.fail(p.valueAt("pin"), "pin: false, but select.digest writes the digest it follows")
	}
}

// fieldErrors returns the single errors that policy.New joins.
func fieldErrors(err error) []*policy.FieldError {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*policy.FieldError
		for _, one := range joined.Unwrap() {
			all = append(all, fieldErrors(one)...)
		}
		return all
	}
	var e *policy.FieldError
	if errors.As(err, &e) {
		return []*policy.FieldError{e}
	}
	return []*policy.FieldError{{Field: "select", Err: err}}
}
