package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/policy"
)

// How many tags explain names without --all.
const (
	shownTags     = 20
	shownWaiting  = 8
	shownRefusals = 8
	shownOfARule  = 3 // of the refusals
)

// printDecision is the answer for people: the decision and why, the tags that matter, and what was left out.
func (a *app) printDecision(p config.Policy, d policy.Decision, all bool) {
	out := a.newPage()
	defer out.Flush()
	out.line(a.paint(bold, p.Name) + "  " + p.Image.String())
	out.paragraph(a.headline(d))
	if stop, closed := reconcile.Gate(p).Closed(a.now()); closed {
		until := ""
		if !stop.Until.IsZero() {
			until = ", until " + moment(stop.Until)
		}
		out.paragraph(a.paint(yellow, "nothing is written now") + ": " + stop.Why + until)
	}
	shown := d.Verdicts
	if !all {
		shown = notable(d)
	}
	if len(shown) > 0 {
		out.line("")
	}
	rows := make([]row, len(shown))
	for i, v := range shown {
		rows[i] = a.verdictRow(p, d, v)
	}
	out.table(rows)
	if len(shown) < len(d.Verdicts) {
		out.line("")
		out.paragraph("not shown: " + leftOut(p.Spec, d.Verdicts, shown) + "; --all names them")
	}
}

// headline says what is decided, and why.
func (a *app) headline(d policy.Decision) string {
	if d.Chosen == "" {
		none := a.paint(yellow, "no tag is allowed")
		if len(d.Verdicts) == 0 {
			return none + ": the list is empty"
		}
		return none
	}
	why := ""
	if v := d.Verdicts[0]; v.Outcome == policy.Chosen {
		why = ": " + printable(v.Detail())
	}
	waits := slices.ContainsFunc(d.Verdicts[:min(2, len(d.Verdicts))], func(v policy.Verdict) bool { return v.Outcome == policy.Waiting })
	switch {
	case !d.Changed && waits:
		return a.paint(green, d.Chosen) + " stays for now" + why
	case !d.Changed:
		return a.paint(green, d.Chosen) + " stays" + why
	case d.Current == "":
		return "-> " + a.paint(green, d.Chosen) + why
	case d.Current == d.Chosen:
		return a.paint(green, d.Chosen) + " gets a new digest, " + d.Digest.String() + why
	}
	return d.Current + " -> " + a.paint(green, d.Chosen) + why
}

// verdictRow is the line of one tag: the tag, what became of it, and why in words.
func (a *app) verdictRow(p config.Policy, d policy.Decision, v policy.Verdict) row {
	r := row{name: printable(v.Tag), word: string(v.Outcome)}
	switch {
	case v.Outcome == policy.Chosen:
		r.style = green
	case v.Outcome == policy.Waiting:
		r.style, r.text = yellow, a.wait(p, v)
	case v.Rule == policy.RuleNotBest:
		r.style, r.word, r.text = dim, string(v.Rule), "allowed, but not the best"
		if v.Tag == d.Current {
			r.text = "the current tag"
		}
	default:
		r.word, r.text = string(v.Rule), printable(v.Detail())
	}
	return r
}

// wait says until when a tag waits, and for what.
func (a *app) wait(p config.Policy, v policy.Verdict) string {
	if v.Until.IsZero() {
		return printable(v.Detail())
	}
	until := fmt.Sprintf("until %s, in %s", moment(v.Until), span(v.Until.Sub(a.now())))
	if v.Rule == policy.RuleMinAge {
		return fmt.Sprintf("%s: younger than %s", until, span(p.Spec.Guard.MinAge))
	}
	return until + ": " + printable(v.Detail())
}

// notable returns the verdicts shown without --all: the chosen tag, what waits, the tags above it that a rule is against,
// and the best of the others that are allowed.
func notable(d policy.Decision) []policy.Verdict {
	var shown []policy.Verdict
	waiting := 0
	rest := d.Verdicts
	for len(rest) > 0 && rest[0].Outcome != policy.Rejected {
		if rest[0].Outcome == policy.Chosen || waiting < shownWaiting {
			shown = append(shown, rest[0])
		}
		if rest[0].Outcome == policy.Waiting {
			waiting++
		}
		rest = rest[1:]
	}
	shown = append(shown, d.Refusals(shownOfARule, shownRefusals)...)
	for _, v := range rest {
		if v.Rule != policy.RuleNotBest || len(shown) == shownTags {
			break
		}
		shown = append(shown, v)
	}
	return shown
}

// leftOut says what the verdicts are that are not shown, most first: "1,204 older, 18 artifacts".
func leftOut(s policy.Spec, all, shown []policy.Verdict) string {
	var counts tally
	counts.add(all, 1)
	counts.add(shown, -1)
	slices.SortFunc(counts, func(a, b ruleCount) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.rule, b.rule))
	})
	var words []string
	for _, c := range counts {
		if c.n > 0 {
			one, many := tagsOf(c.rule, s)
			words = append(words, count(c.n, one, many))
		}
	}
	return strings.Join(words, ", ")
}

// tally counts verdicts by their rules, of which there are few: finding one is faster than in a map.
type tally []ruleCount

type ruleCount struct {
	rule policy.Rule
	n    int
}

func (t *tally) add(verdicts []policy.Verdict, n int) {
	at := 0
	for i := range verdicts {
		rule := verdicts[i].Rule
		if at == len(*t) || (*t)[at].rule != rule {
			at = slices.IndexFunc(*t, func(c ruleCount) bool { return c.rule == rule })
		}
		if at < 0 {
			at = len(*t)
			*t = append(*t, ruleCount{rule: rule})
		}
		(*t)[at].n += n
	}
}

// tagsOf names one and many tags that a rule is against, so that a number can stand in front.
func tagsOf(rule policy.Rule, s policy.Spec) (one, many string) {
	same := func(text string) (one, many string) { return text, text }
	switch rule {
	case policy.RuleArtifact:
		return "artifact", "artifacts"
	case policy.RuleMatch:
		if s.Select.Kind == policy.FollowDigest {
			return "other tag", "other tags"
		}
		return same("not matching tags.match")
	case policy.RuleIgnore:
		return same("ignored")
	case policy.RuleNoVersion:
		switch s.Select.Kind {
		case policy.Numeric:
			return "that is no number", "that are no numbers"
		case policy.Newest:
			return same("of unknown time")
		}
		return "that is no version", "that are no versions"
	case policy.RuleScheme:
		return same("numbered in another way")
	case policy.RuleVariant:
		return "of another variant", "of other variants"
	case policy.RulePrerelease:
		return "pre-release", "pre-releases"
	case policy.RuleRange:
		return same("outside the range")
	case policy.RuleOlder:
		if !ascends(s) {
			return same("behind the current one")
		}
		return same("older")
	case policy.RuleBump:
		return same("too large a step away")
	case policy.RuleMinAge:
		return same("still too young")
	case policy.RulePlatforms:
		return "that lacks a platform", "that lack a platform"
	case policy.RuleQuota:
		return same("waiting for the registry's quota")
	case policy.RuleHeld:
		return same("held back")
	case policy.RuleNotBest:
		return same("allowed but not the best")
	}
	return same(string(rule))
}

// ascends reports whether the highest, last or newest tag wins.
func ascends(s policy.Spec) bool { return s.Select.Arg != "descending" }
