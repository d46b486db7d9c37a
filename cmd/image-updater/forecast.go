package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"github.com/image-updater/image-updater/internal/forecast"
)

// forecastFlags are those of forecast. Their zero values are what check assumes, but for churn.
type forecastFlags struct {
	churn   float64
	offline bool
}

// usualChurn is how many new tags a repository is taken to get in a day.
const usualChurn = 1

func (a *app) forecastCommand() *cobra.Command {
	flags := forecastFlags{}
	cmd := &cobra.Command{
		Use:   "forecast",
		Short: "Tell what the policies cost before they run, against what the registries allow",
		Long: `Tell how many requests and counted pulls these policies cost at each registry on a day
like any other and in the first pass, against the pull allowance less its reserve and
against the rate. Exit code 1 when they cost more than there is.

Nothing is listed. What is known from earlier passes is used: how long the lists are,
what a registry wants to be shown, what it allows. Where it is not known what Docker Hub
allows, it is asked by one HEAD, which is no pull; --offline asks nobody, no credential
helper either.`,
		Example: `  image-updater forecast
  image-updater forecast --churn 5
  image-updater forecast --offline -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.forecast(cmd.Context(), flags) },
	}
	cmd.Flags().Float64Var(&flags.churn, "churn", usualChurn, "new tags to expect in each repository in a day")
	cmd.Flags().BoolVar(&flags.offline, "offline", false, "ask nobody, also not for an allowance that is not known")
	return cmd
}

func (a *app) forecast(ctx context.Context, flags forecastFlags) error {
	if flags.churn < 0 || math.IsNaN(flags.churn) || math.IsInf(flags.churn, 0) {
		return usage(fmt.Errorf("--churn %v is no number of tags", flags.churn))
	}
	c, err := a.policies()
	if err != nil {
		return err
	}
	open := a.openSource
	if flags.offline {
		open = a.openMemory
		if haveOwnPolicies(c, "") {
			fmt.Fprintln(a.stderr, "note: the policies that Git repositories have themselves are left out")
		}
	} else if c, err = a.withOwnPolicies(ctx, c, ""); err != nil {
		return err
	}
	s, err := open(ctx, c)
	if err != nil {
		return failed(err)
	}
	outlook := forecastOf(ctx, c, s.client, flags)
	if err := s.close(); err != nil {
		a.logger().WarnContext(ctx, "closing the cache", "err", err)
	}
	for _, err := range separate(errors.Join(outlook.failed...)) {
		fmt.Fprintln(a.stderr, "warning:", printable(err.Error()))
	}
	if a.json() {
		err = a.printJSON(outlook.json())
	} else {
		a.printOutlook(outlook)
	}
	if over := outlook.over(); err == nil && len(over) > 0 {
		err = failed(errors.Join(over...), outlook.hints()...)
	}
	return err
}

// forecastJSON is the stable form of forecast -o json (DESIGN.md, section 5.1).
type forecastJSON struct {
	Registries []forecastRowJSON `json:"registries"`
}

type forecastRowJSON struct {
	Registry        string   `json:"registry"`
	Account         string   `json:"account"`
	RequestsPerDay  int      `json:"requestsPerDay"`
	PullsPerDay     int      `json:"pullsPerDay"`
	FirstPass       costJSON `json:"firstPass"`
	AllowancePerDay *int     `json:"allowancePerDay"` // null = not known, or pulls are not counted
	Reserve         *int     `json:"reserve"`         // pulls of the allowance that are left to others
	Over            bool     `json:"over"`
}

type costJSON struct {
	Requests int `json:"requests"`
	Pulls    int `json:"pulls"`
}

func (o outlook) json() forecastJSON {
	out := forecastJSON{Registries: make([]forecastRowJSON, len(o.rows))}
	for i, r := range o.rows {
		row := forecastRowJSON{
			Registry: r.Registry, Account: r.Account, RequestsPerDay: whole(r.Day.Requests), PullsPerDay: whole(r.Day.Pulls),
			FirstPass: costJSON{whole(r.First.Requests), whole(r.First.Pulls)}, Over: r.Over(),
		}
		if r.Allowance > 0 {
			row.AllowancePerDay, row.Reserve = new(whole(r.Allowance)), new(whole(r.Allowance-r.Budget()))
		}
		out.Registries[i] = row
	}
	return out
}

// whole rounds up: a request that is made on some days is made.
func whole(n float64) int { return int(math.Ceil(n - 1e-6)) }

// printOutlook prints a table that fits into 80 columns unless a registry's name is very long, and what it rests on.
func (a *app) printOutlook(o outlook) {
	if len(o.rows) == 0 {
		fmt.Fprintln(a.stdout, "no registry is asked")
		return
	}
	const line = "%-26s  %9s  %6s  %9s  %6s  %s\n"
	fmt.Fprintf(a.stdout, line, "", "a day:", "", "first", "", "pulls to")
	fmt.Fprintf(a.stdout, line, "registry (account)", "requests", "pulls", "pass", "pulls", "spend a day")
	for _, r := range o.rows {
		name := printable(fmt.Sprintf("%s (%s)", r.Registry, cmp.Or(r.Account, "account not known")))
		if len(name) > 26 {
			fmt.Fprintln(a.stdout, name)
			name = ""
		}
		text := fmt.Sprintf(line, name, thousands(whole(r.Day.Requests)), thousands(whole(r.Day.Pulls)),
			thousands(whole(r.First.Requests)), thousands(whole(r.First.Pulls)), o.toSpend(r))
		if r.Over() {
			text = a.paint(red, strings.TrimSuffix(text, "\n")) + "\n"
		}
		fmt.Fprint(a.stdout, text)
	}
	for _, sentence := range o.notes() {
		fmt.Fprintln(a.stdout)
		for _, text := range fold(sentence, 80) {
			fmt.Fprintln(a.stdout, text)
		}
	}
}

// toSpend says what of the allowance there is to spend.
func (o outlook) toSpend(r forecast.Row) string {
	quota := o.quotas[r.Registry]
	switch {
	case r.Allowance > 0:
		return thousands(int(r.Budget())) + " of " + thousands(whole(r.Allowance))
	case quota.Metered:
		return "not known"
	}
	return "no limit"
}

// fold breaks a text into lines of so many bytes at most, but for words that are longer.
func fold(text string, width int) []string {
	var lines []string
	for word := range strings.FieldsSeq(text) {
		last := len(lines) - 1
		if last >= 0 && len(lines[last])+1+len(word) <= width {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}
