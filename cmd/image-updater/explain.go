package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/policy"
)

// shownVerdicts is how many tags explain names without --all.
const shownVerdicts = 20

type explainFlags struct {
	current  string
	tagsFrom string
	all      bool
}

func (a *app) explainCommand() *cobra.Command {
	var flags explainFlags
	cmd := &cobra.Command{
		Use:   "explain POLICY",
		Short: "Say which tag a policy chooses, and why not the others",
		Long: `Say which tag a policy chooses for a reference that carries the tag --current, with a verdict for each tag:
chosen, waiting, or the rule that rejected it. With --tags-from nothing is asked: the list comes from a
file or, with -, from standard input, as lines of TAG [RFC3339 push time] [sha256:...] or as the JSON of
image-updater tags -o json.`,
		Example: `  image-updater explain nginx --current 1.25.3-alpine
  image-updater explain nginx --current 1.25.3 --all -o json
  image-updater tags nginx -o json | image-updater explain nginx --current 1.25.3 --tags-from -`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completePolicy,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.explain(cmd.Context(), args[0], flags)
		},
	}
	cmd.Flags().StringVar(&flags.current, "current", "", "what the reference carries now: TAG or TAG@DIGEST")
	cmd.Flags().StringVar(&flags.tagsFrom, "tags-from", "", "file with the list of tags, - for standard input; no registry is asked")
	cmd.Flags().BoolVar(&flags.all, "all", false, "name every tag")
	return cmd
}

func (a *app) explain(ctx context.Context, name string, flags explainFlags) error {
	c, p, err := a.policyNamed(name)
	if err != nil {
		return err
	}
	current, err := parseCurrent(flags.current)
	if err != nil {
		return usage(fmt.Errorf("--current: %w", err))
	}
	decision, err := a.decide(ctx, c, *p, current, flags.tagsFrom)
	if err != nil {
		return failed(err)
	}
	if a.json() {
		return a.printJSON(explanation(*p, decision))
	}
	a.printDecision(*p, decision, flags.all)
	return nil
}

// parseCurrent reads TAG[@DIGEST]; empty is no tag.
func parseCurrent(s string) (policy.Current, error) {
	if s == "" {
		return policy.Current{}, nil
	}
	tag, text, pinned := strings.Cut(s, "@")
	if err := image.CheckTag(tag); err != nil {
		return policy.Current{}, err
	}
	if !pinned {
		return policy.Current{Tag: tag}, nil
	}
	digest, err := image.ParseDigest(text)
	return policy.Current{Tag: tag, Digest: digest}, err
}

// decide decides on the tags of a file or of standard input or, without either, on those of the registry, as a pass does.
func (a *app) decide(ctx context.Context, c *config.Config, p config.Policy, current policy.Current, tagsFrom string) (policy.Decision, error) {
	if tagsFrom != "" {
		list, err := a.tagsFrom(tagsFrom, p)
		if err != nil {
			return policy.Decision{}, err
		}
		return p.Choice.Choose(current, list.lastOfEach(), a.now()), nil
	}
	s, err := a.openSource(ctx, c)
	if err != nil {
		return policy.Decision{}, err
	}
	defer s.close()
	line := a.newProgress()
	defer line.end()
	r := &reconcile.Reconciler{Source: s, Now: a.now, Log: a.logger(), Progress: line.step}
	return r.Decide(ctx, p, current)
}

type explainJSON struct {
	Policy   string        `json:"policy"`
	Image    string        `json:"image"`
	Current  string        `json:"current"`
	Chosen   string        `json:"chosen"`
	Changed  bool          `json:"changed"`
	Verdicts []verdictJSON `json:"verdicts"`
}

type verdictJSON struct {
	Tag     string         `json:"tag"`
	Verdict policy.Outcome `json:"verdict"`
	Rule    policy.Rule    `json:"rule,omitempty"`
	Detail  string         `json:"detail,omitempty"`
	Until   time.Time      `json:"until,omitzero"`
}

func explanation(p config.Policy, d policy.Decision) explainJSON {
	out := explainJSON{Policy: p.Name, Image: p.Image.String(), Current: d.Current, Chosen: d.Chosen,
		Changed: d.Changed, Verdicts: make([]verdictJSON, len(d.Verdicts))}
	for i, v := range d.Verdicts {
		out.Verdicts[i] = verdictJSON{Tag: v.Tag, Verdict: v.Outcome, Rule: v.Rule, Detail: v.Detail(), Until: v.Until}
	}
	return out
}

// printDecision is the answer for people: the decision and why, the tags that matter, and a count of the rest.
func (a *app) printDecision(p config.Policy, d policy.Decision, all bool) {
	fmt.Fprintf(a.stdout, "%s  %s\n", a.paint(bold, p.Name), p.Image)
	fmt.Fprintf(a.stdout, "%s\n", a.headline(d))
	if !d.Usable && d.Changed {
		fmt.Fprintln(a.stdout, "The current tag is none this policy can compare: only a reference that a marker, a target or set names is written; one that was merely found is left alone.")
	}
	shown := d.Verdicts
	if !all {
		shown = notable(d)
	}
	if len(shown) > 0 {
		fmt.Fprintln(a.stdout)
	}
	t := a.table()
	for _, v := range shown {
		fmt.Fprintf(t, "  %s\t%s\t%s\n", v.Tag, v.Outcome, a.reason(v))
	}
	t.Flush()
	if rest := d.Verdicts[len(shown):]; len(rest) > 0 && !all {
		fmt.Fprintf(a.stdout, "\nnot shown: %s; --all names them\n", countRules(d.Verdicts, shown))
	}
}

func (a *app) headline(d policy.Decision) string {
	switch {
	case d.Chosen == "":
		return a.paint(yellow, "no tag is allowed")
	case !d.Changed:
		return fmt.Sprintf("%s stays: nothing better is allowed", a.paint(green, d.Chosen))
	case d.Current == "":
		return "-> " + a.paint(green, d.Chosen)
	}
	return fmt.Sprintf("%s -> %s", d.Current, a.paint(green, d.Chosen))
}

// reason words a verdict; the rule is named so that it can be looked up in the documentation.
func (a *app) reason(v policy.Verdict) string {
	text := printable(v.Detail())
	if v.Outcome == policy.Waiting && !v.Until.IsZero() {
		text += ", until " + moment(v.Until)
	}
	if v.Rule != "" {
		text = strings.TrimSpace(text + " " + a.paint(dim, "("+string(v.Rule)+")"))
	}
	return text
}

// notable returns the verdicts shown without --all: the first ones, and in any case the first refusal of a tag that is
// higher than the chosen one, which is what people ask about.
func notable(d policy.Decision) []policy.Verdict {
	shown := slices.Clone(d.Verdicts[:min(shownVerdicts, len(d.Verdicts))])
	if v, refused := d.Refused(); refused && !slices.Contains(shown, v) {
		shown[len(shown)-1] = v
	}
	return shown
}

// countRules says how many verdicts of each rule are not among the shown ones, most first.
func countRules(all, shown []policy.Verdict) string {
	counts := map[policy.Rule]int{}
	for _, v := range all {
		counts[v.Rule]++
	}
	for _, v := range shown {
		counts[v.Rule]--
	}
	var rules []policy.Rule
	for rule, n := range counts {
		if n > 0 {
			rules = append(rules, rule)
		}
	}
	slices.SortFunc(rules, func(a, b policy.Rule) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	words := make([]string, len(rules))
	for i, rule := range rules {
		words[i] = thousands(counts[rule]) + " " + string(rule)
	}
	return strings.Join(words, ", ")
}

// policyNamed reads the policy files and finds one policy in them.
func (a *app) policyNamed(name string) (*config.Config, *config.Policy, error) {
	c, err := a.policies()
	if err != nil {
		return nil, nil, err
	}
	p, err := c.PolicyNamed(name)
	if err != nil {
		return nil, nil, usage(err)
	}
	return c, p, nil
}

// completePolicy gives the shell the names of policies as the first argument; with a broken policy file it gives none.
func (a *app) completePolicy(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	c, err := a.policies()
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := make([]string, len(c.Policies))
	for i, p := range c.Policies {
		names[i] = p.Name
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
