package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/policy"
)

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
	c, p, err := a.policyNamed(ctx, name)
	if err != nil {
		return err
	}
	current, err := parseCurrent(flags.current)
	if err != nil {
		return usage(fmt.Errorf("--current: %w", err))
	}
	if flags.tagsFrom != "" {
		defer hoard()()
	}
	decision, err := a.decide(ctx, c, *p, current, flags.tagsFrom)
	if _, untimed := errors.AsType[*plan.UntimedError](err); untimed { // which every verdict says of its tag
		fmt.Fprintln(a.stderr, "warning:", printable(err.Error()))
		err = nil
	}
	if err != nil {
		return failed(err)
	}
	if a.json() {
		return a.printJSON(explanation(*p, decision, a.now()))
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
		candidates := list.lastOfEach()
		a.noteUnjudged(p, candidates)
		return p.Choice.Choose(current, candidates, a.now()), nil
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

// hoardLimit is how much memory is used before any of it is collected, when a list is judged.
const hoardLimit = 512 << 20

// hoard keeps what is allocated until the returned function is called. Of what is made from a list, some 500 bytes for
// each tag, nearly all is in use until the answer is printed: there is nothing to collect, and looking for it would take
// a tenth of the time.
func hoard() (end func()) {
	limit := debug.SetMemoryLimit(-1)
	debug.SetMemoryLimit(min(limit, hoardLimit))
	percent := debug.SetGCPercent(-1)
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}

// noteUnjudged says on stderr what a list does not tell, so that the policy cannot judge it: nobody else is asked. A tag
// without a time says so itself.
func (a *app) noteUnjudged(p config.Policy, list []policy.Candidate) {
	if len(p.Spec.Guard.Platforms) == 0 {
		return
	}
	unknown := 0
	for i := range list {
		if list[i].Platforms == nil {
			unknown++
		}
	}
	if unknown > 0 {
		fmt.Fprintf(a.stderr, "note: the list has no platforms for %s, so guard.platforms is not judged there\n",
			count(unknown, "tag", "tags"))
	}
}

type explainJSON struct {
	Policy   string        `json:"policy"`
	Image    string        `json:"image"`
	Current  string        `json:"current"`
	Chosen   string        `json:"chosen"`
	Changed  bool          `json:"changed"`
	Verdicts []verdictJSON `json:"verdicts"`
	Held     *stopJSON     `json:"held,omitempty"`
}

// stopJSON is why a decision would not be written now.
type stopJSON struct {
	Rule   policy.Rule `json:"rule"`
	Detail string      `json:"detail"`
	Until  time.Time   `json:"until,omitzero"`
}

type verdictJSON struct {
	Tag     string         `json:"tag"`
	Verdict policy.Outcome `json:"verdict"`
	Rule    policy.Rule    `json:"rule,omitempty"`
	Detail  string         `json:"detail,omitempty"`
	Until   time.Time      `json:"until,omitzero"`
}

func explanation(p config.Policy, d policy.Decision, now time.Time) explainJSON {
	out := explainJSON{Policy: p.Name, Image: p.Image.String(), Current: d.Current, Chosen: d.Chosen,
		Changed: d.Changed, Verdicts: make([]verdictJSON, len(d.Verdicts))}
	for i, v := range d.Verdicts {
		out.Verdicts[i] = verdictJSON{Tag: v.Tag, Verdict: v.Outcome, Rule: v.Rule, Detail: v.Detail(), Until: v.Until.UTC()}
	}
	if stop, closed := reconcile.Gate(p).Closed(now); closed {
		out.Held = &stopJSON{Rule: stop.Rule, Detail: stop.Why, Until: stop.Until}
	}
	return out
}

// policyNamed reads the policy files and finds one policy in them or, if it is none of theirs, in those that the Git
// repositories have themselves.
func (a *app) policyNamed(ctx context.Context, name string) (*config.Config, *config.Policy, error) {
	c, err := a.policies()
	if err != nil {
		return nil, nil, err
	}
	p, err := c.PolicyNamed(name)
	if err != nil && haveOwnPolicies(c, "") {
		var unknown error
		c, unknown = a.withOwnPolicies(ctx, c, "")
		if p, err = c.PolicyNamed(name); err != nil && unknown != nil {
			return nil, nil, unknown // it may be among those
		}
	}
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
