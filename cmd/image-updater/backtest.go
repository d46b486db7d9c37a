package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/policy"
)

type backtestFlags struct {
	current  string
	tagsFrom string
	since    string
}

func (a *app) backtestCommand() *cobra.Command {
	var flags backtestFlags
	cmd := &cobra.Command{
		Use:   "backtest POLICY --tags-from FILE",
		Short: "Replay a tag history: which updates a policy would have made, and when",
		Long: `Replay a tag history: print each update that a policy would have made, when, and how long the tag had waited.
The policy decides again at each push, and when a tag has become old enough. Nothing is asked: the history
comes from a file or, with -, from standard input, as lines of TAG TIME [sha256:...] in any order or as the
JSON of image-updater tags -o json; every tag needs the time of its push (RFC 3339). For a policy that
follows the digest of a tag, each line of that tag is one push and needs its digest, too.

The replay begins with the tag --current, when it was pushed, or without one with the first tag the policy
chooses. With --since it begins at that time, with --current or the best tag of then.`,
		Example: `  image-updater backtest nginx --tags-from history.txt
  image-updater backtest nginx --tags-from history.txt --current 1.25.3-alpine --since 2026-01-01
  image-updater backtest nginx --tags-from - -o json < history.txt`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completePolicy,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.backtest(cmd.Context(), args[0], flags)
		},
	}
	cmd.Flags().StringVar(&flags.current, "current", "", "what the reference carries at the beginning: TAG or TAG@DIGEST")
	cmd.Flags().StringVar(&flags.tagsFrom, "tags-from", "", "file with the history, - for standard input")
	cmd.Flags().StringVar(&flags.since, "since", "", "when to begin: 2026-11-21 (in UTC) or 2026-11-21T10:00:00Z (default the first push)")
	return cmd
}

func (a *app) backtest(ctx context.Context, name string, flags backtestFlags) error {
	_, p, err := a.policyNamed(ctx, name)
	if err != nil {
		return err
	}
	current, err := parseCurrent(flags.current)
	if err != nil {
		return usage(fmt.Errorf("--current: %w", err))
	}
	since, err := parseSince(flags.since)
	if err != nil {
		return usage(fmt.Errorf("--since: %w", err))
	}
	if flags.tagsFrom == "" {
		return usage(errors.New("no history of tags"), "--tags-from names a file with lines of TAG TIME, or - for standard input")
	}
	list, err := a.tagsFrom(flags.tagsFrom, *p)
	if err != nil {
		return failed(err)
	}
	history, err := list.history(p.Choice)
	if err != nil {
		return err
	}
	replay := p.Choice.Replay(current, history, since)
	if d := p.Choice.Choose(replay.Start, nil, replay.Begin); d.Current != "" && !d.Usable {
		fmt.Fprintf(a.stderr, "note: %s; only a reference that a marker, a target or set names is moved from there\n", printable(d.Unusable))
	}
	if a.json() {
		return a.printJSON(backtestOf(*p, replay))
	}
	a.printReplay(*p, replay)
	return nil
}

// parseSince reads a day or a time; empty is none.
func parseSince(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, s); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is neither a day like 2026-11-21 nor a time like 2026-11-21T10:00:00Z", s)
}

// history returns the pushes of a list: of each tag the last one, but each one of a tag whose digest is followed. A list
// that does not say of each tag when it was pushed is refused, as is a push of the followed tag without a digest: leaving
// such tags out would give an answer that nobody could trust.
func (l *tagList) history(p *policy.Policy) ([]policy.Candidate, error) {
	pushes := l.candidates
	followed, follows := p.Followed()
	if !follows {
		pushes = l.lastOfEach()
	}
	for _, c := range pushes {
		switch {
		case c.Pushed.IsZero():
			return nil, failed(fmt.Errorf("%s:%d: tag %q has no push time", l.name, l.line(c), c.Tag), l.howToTime(c.Tag)...)
		case follows && c.Tag == followed && c.Digest == "":
			return nil, failed(fmt.Errorf("%s:%d: tag %q has no digest", l.name, l.line(c), c.Tag),
				fmt.Sprintf(`its digest is what the policy follows: "%s 2026-11-21T10:00:00Z sha256:...", one line for each push`, c.Tag))
		}
	}
	return pushes, nil
}

// howToTime says how a list gets the times of a history.
func (l *tagList) howToTime(tag string) []string {
	hints := []string{fmt.Sprintf(`a history needs one for each tag: "%s 2026-11-21T10:00:00Z", or "pushed" in JSON`, tag)}
	if slices.ContainsFunc(l.candidates, func(c policy.Candidate) bool { return !c.Pushed.IsZero() }) {
		return hints
	}
	return append(hints, "image-updater tags IMAGE -o json gives the times where the registry tells them, as Docker Hub does; "+
		"for any other write the lines from your own records, such as the dates of your releases")
}

type backtestJSON struct {
	Policy  string       `json:"policy"`
	Image   string       `json:"image"`
	Start   string       `json:"start"`
	End     string       `json:"end"`
	Since   time.Time    `json:"since,omitzero"`
	Updates []updateJSON `json:"updates"`
}

type updateJSON struct {
	At     time.Time `json:"at"`
	From   string    `json:"from"`
	To     string    `json:"to"`
	Pushed time.Time `json:"pushed"`
	Waited float64   `json:"waited"` // seconds
}

func backtestOf(p config.Policy, r policy.Replay) backtestJSON {
	start, end := r.Start.Tag, r.Last.Chosen
	out := backtestJSON{Policy: p.Name, Image: p.Image.String(), Start: start, End: end, Since: r.Begin.UTC(),
		Updates: make([]updateJSON, len(r.Updates))}
	for i, u := range r.Updates {
		from, to := stepNames(u)
		out.Updates[i] = updateJSON{At: u.At.UTC(), From: from, To: to, Pushed: u.Pushed.UTC(), Waited: u.Waited().Seconds()}
	}
	return out
}

// stepNames says what an update goes from and to: tags, with their digests where nothing else differs.
func stepNames(u policy.Update) (from, to string) {
	if u.From.Tag != u.To.Tag {
		return u.From.Tag, u.To.Tag
	}
	return u.From.Tag + "@" + u.From.Digest.String(), u.To.Tag + "@" + u.To.Digest.String()
}

// printReplay is the answer for people: where it begins, a line for each update, and one that sums up.
func (a *app) printReplay(p config.Policy, r policy.Replay) {
	fmt.Fprintf(a.stdout, "%s  %s\n", a.paint(bold, p.Name), p.Image)
	if r.Start.Tag != "" && !r.Begin.IsZero() {
		fmt.Fprintf(a.stdout, "from %s, as of %s\n", r.Start.Tag, moment(r.Begin))
	}
	if len(r.Updates) > 0 {
		fmt.Fprintln(a.stdout)
	}
	t := a.table()
	for _, u := range r.Updates {
		from, to := u.From.Tag, u.To.Tag
		if from == to {
			from, to = from+"@"+u.From.Digest.Short(), to+"@"+u.To.Digest.Short()
		}
		fmt.Fprintf(t, "  %s\t%s -> %s\t%s\n", moment(u.At), from, to, a.paint(dim, waited(u)))
	}
	t.Flush()
	fmt.Fprintln(a.stdout)
	fmt.Fprintln(a.stdout, a.replaySummary(r))
}

func (a *app) replaySummary(r policy.Replay) string {
	text := count(len(r.Updates), "update", "updates")
	if !r.Begin.IsZero() {
		text += fmt.Sprintf(" in %s, from %s to %s", count(int(r.End.Sub(r.Begin)/day), "day", "days"),
			r.Begin.UTC().Format(time.DateOnly), r.End.UTC().Format(time.DateOnly))
	}
	if r.Last.Chosen == "" {
		text += "; " + a.paint(yellow, "no tag is allowed")
	} else {
		text += "; it ends at " + a.paint(green, r.Last.Chosen)
	}
	if v, refused := r.Last.Refused(); refused {
		text += fmt.Sprintf("; %s is not taken: %s", v.Tag, printable(v.Detail()))
	}
	return text
}

// waited says how long a tag was there before it was taken, in the units of policy files.
func waited(u policy.Update) string {
	units := inUnits(u.Waited())
	if len(units) == 0 {
		return "at once"
	}
	return "waited " + strings.Join(units, "")
}
