package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/registry"
)

func (a *app) quotaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "quota",
		Short: "Tell what the registries allow, what is left of it and who spent it",
		Long: `Tell for each registry of the policy files, and account or address, how many pulls it
allows, how many are left, how many of these are left to others, how many this program
spent, and until when it spends none. Without a policy file it tells of Docker Hub.

It spends no pull: registries that count them are asked by a HEAD, which is free, and the
others not at all.`,
		Example: `  image-updater quota
  image-updater quota -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.quota(cmd.Context()) },
	}
}

func (a *app) quota(ctx context.Context) error {
	c, _, err := a.policiesIfAny()
	if err != nil {
		return err
	}
	s, err := a.openSource(ctx, c)
	if err != nil {
		return failed(err)
	}
	var quotas []quotaRow
	var errs []error
	for _, host := range registriesOf(c) {
		q, err := s.client.Quota(ctx, host)
		q.Registry = host
		quotas = append(quotas, quotaRow{q, err})
		if err != nil {
			errs = append(errs, err)
		}
	}
	if err := s.close(); err != nil {
		a.logger().WarnContext(ctx, "closing the cache", "err", err)
	}
	if a.json() {
		err = a.printJSON(quotasJSON(quotas))
	} else {
		a.printQuotas(quotas)
	}
	if err == nil && len(errs) > 0 {
		err = failed(errors.Join(errs...))
	}
	return err
}

// registriesOf returns the registries that the policy files name or have an image in, sorted.
func registriesOf(c *config.Config) []string {
	var hosts []string
	for _, r := range c.Registries {
		hosts = append(hosts, r.Host)
	}
	for _, p := range c.Policies {
		hosts = append(hosts, p.Image.Host)
	}
	if len(hosts) == 0 {
		return []string{image.DockerHub}
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// quotaRow is what is known about one registry, and why that is not all.
type quotaRow struct {
	registry.Quota
	err error
}

// quotaJSON is the stable form of quota -o json.
type quotaJSON struct {
	Registries []quotaRowJSON `json:"registries"`
}

type quotaRowJSON struct {
	Registry      string     `json:"registry"`
	Account       string     `json:"account"`
	Source        string     `json:"source,omitempty"` // the address or the number of the user that is counted
	Metered       bool       `json:"metered"`
	Assumed       bool       `json:"assumed,omitempty"` // allowance and window were not told
	Allowance     *int       `json:"allowance"`         // null, as what follows, = pulls are not counted
	WindowSeconds *int       `json:"windowSeconds"`
	Remaining     *int       `json:"remaining"` // null = not told within the window
	At            *time.Time `json:"at"`        // when it was
	Reserve       *int       `json:"reserve"`
	Spent         *int       `json:"spent"`
	Left          *int       `json:"left"`
	Until         *time.Time `json:"until"`       // null = a pull may be spent now
	PausedUntil   *time.Time `json:"pausedUntil"` // null = it may be asked
	TagsPaused    *time.Time `json:"tagAPIPausedUntil,omitempty"`
	Parked        string     `json:"parked,omitempty"` // why the credential is not sent
	Error         string     `json:"error,omitempty"`
}

func quotasJSON(quotas []quotaRow) quotaJSON {
	out := quotaJSON{Registries: make([]quotaRowJSON, len(quotas))}
	for i, q := range quotas {
		row := quotaRowJSON{
			Registry: q.Registry, Account: q.Account, Source: q.Source, Metered: q.Metered, Assumed: q.Assumed,
			Until: timeOrNull(q.Until), PausedUntil: timeOrNull(q.Paused), TagsPaused: timeOrNull(q.TagsPause),
		}
		if q.Metered {
			row.Allowance, row.WindowSeconds = new(q.Allowance), new(int(q.Window.Seconds()))
			row.Reserve, row.Spent, row.Left = new(q.Reserve), new(q.Spent), new(q.Left)
			if q.Remaining >= 0 {
				row.Remaining, row.At = new(q.Remaining), timeOrNull(q.At)
			}
		}
		if q.Parked != nil {
			row.Parked = q.Parked.Error()
		}
		if q.err != nil {
			row.Error = q.err.Error()
		}
		out.Registries[i] = row
	}
	return out
}

func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC().Truncate(time.Second))
}

// printQuotas prints a table of the registries that count pulls, which fits into 80 columns unless a name is very long,
// and what else there is to say in sentences.
func (a *app) printQuotas(quotas []quotaRow) {
	const line = "%-26s  %12s  %6s  %8s  %6s  %s\n"
	var free, notes []string
	header := false
	for _, q := range quotas {
		notes = append(notes, q.notes()...)
		if !q.Metered {
			if q.err == nil {
				free = append(free, q.Registry)
			}
			continue
		}
		if !header {
			fmt.Fprintf(a.stdout, line, "registry (account)", "pulls", "remain", "reserved", "spent", "to spend")
			header = true
		}
		name := printable(fmt.Sprintf("%s (%s)", q.Registry, q.Account))
		if len(name) > 26 {
			fmt.Fprintln(a.stdout, name)
			name = ""
		}
		remaining := "?"
		if q.Remaining >= 0 {
			remaining = thousands(q.Remaining)
		}
		allowance := thousands(q.Allowance) + " in " + span(q.Window)
		text := fmt.Sprintf(line, name, allowance, remaining, thousands(q.Reserve), thousands(q.Spent), thousands(q.Left))
		if q.Left == 0 {
			text = a.paint(yellow, strings.TrimSuffix(text, "\n")) + "\n"
		}
		fmt.Fprint(a.stdout, text)
	}
	if len(free) > 0 {
		notes = append(notes, "Pulls are not counted, as far as is known: "+strings.Join(free, ", ")+".")
	}
	for i, sentence := range notes {
		if i == 0 && header {
			fmt.Fprintln(a.stdout)
		}
		for _, text := range fold(printable(sentence), 80) {
			fmt.Fprintln(a.stdout, text)
		}
	}
}

// notes says what the numbers do not.
func (q quotaRow) notes() []string {
	var notes []string
	note := func(format string, values ...any) {
		notes = append(notes, q.Registry+fmt.Sprintf(format, values...))
	}
	if q.Source != "" && q.Metered {
		note(" counts the pulls of %s.", q.Source)
	}
	if q.Assumed {
		note(" has not said how many pulls it allows: the least that is known of a registry is assumed.")
	}
	if q.err != nil && !q.At.IsZero() {
		note(" was asked in vain; this is what it said at %s.", moment(q.At))
	}
	if !q.Until.IsZero() {
		note(": no pull is spent before %s; digests and lists of tags go on.", moment(q.Until))
	}
	if !q.Paused.IsZero() {
		note(" asked to be left alone, and is not asked for anything before %s.", moment(q.Paused))
	}
	if !q.TagsPause.IsZero() {
		note(": its tag API asked to be left alone, and is not asked before %s.", moment(q.TagsPause))
	}
	if q.Parked != nil && q.err == nil {
		note(": %s.", q.Parked)
	}
	return notes
}
