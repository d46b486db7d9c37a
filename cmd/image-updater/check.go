package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/policy"
)

func (a *app) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Read the policy files and report every error with its position",
		Long: `Read the policy files and report every error of all of them at once, each with file, line and column.
Nothing is asked and nothing is written.

A warning is what is allowed but hardly meant; a credential that is named but not there, for a policy file may be
checked where its secrets are not; a key or certificate that is there and cannot be used; and that the policies
cost more than a registry is known to allow (see forecast). Warnings change no exit code.`,
		Example: `  image-updater check
  image-updater check -f policies/ -f team-a.yaml
  image-updater check -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.check(cmd.Context()) },
	}
}

type checkJSON struct {
	Files      []string    `json:"files"`
	Policies   int         `json:"policies"`
	Git        int         `json:"git"`
	Registries int         `json:"registries"`
	Errors     []faultJSON `json:"errors"`
	Warnings   []string    `json:"warnings"`
}

type faultJSON struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Policy  string `json:"policy,omitempty"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

func (a *app) check(ctx context.Context) error {
	c, err := a.policies()
	if err != nil {
		if faults := (config.Errors)(nil); a.json() && errors.As(err, &faults) {
			return errors.Join(a.printJSON(faultsJSON(faults)), err)
		}
		return err
	}
	warnings := a.warnings(ctx, c)
	if a.json() {
		return a.printJSON(checkJSON{Files: c.Files, Policies: len(c.Policies), Git: len(c.Git),
			Registries: len(c.Registries), Errors: []faultJSON{}, Warnings: warnings})
	}
	for _, w := range warnings {
		fmt.Fprintln(a.stderr, "warning:", printable(w))
	}
	fmt.Fprintf(a.stdout, "%s: %s, %s, %s: no errors\n", filesText(c.Files), count(len(c.Policies), "policy", "policies"),
		count(len(c.Git), "Git repository", "Git repositories"), count(len(c.Registries), "registry", "registries"))
	return nil
}

// warnings gathers what is odd about the policy files, what they name that is not there, and what they will cost too much.
func (a *app) warnings(ctx context.Context, c *config.Config) []string {
	warnings := []string{}
	for _, w := range c.Warnings {
		warnings = append(warnings, w.Error())
	}
	for _, err := range slices.Concat(a.absentSecrets(c), a.unusableKeys(c), a.unusableChannels(c)) {
		warnings = append(warnings, err.Error())
	}
	return append(warnings, a.foreseen(ctx, c)...)
}

// foreseen says where the policies will cost more than there is, and what they will not be told, by what earlier passes
// left in the state folder.
func (a *app) foreseen(ctx context.Context, c *config.Config) []string {
	s, err := a.openMemory(ctx, c)
	if err != nil {
		return nil // a warning is not worth an error
	}
	defer s.close()
	var warnings []string
	for _, p := range c.Policies {
		pushed := p.Spec.Select == (policy.Select{Kind: policy.Newest, Arg: "pushed"})
		if pushed && s.Tells(ctx, p.Image, image.PushedFact) == 0 {
			warnings = append(warnings, fmt.Sprintf("%s: policy %q: select.newest: %s is not known to tell when tags were pushed; created goes by when they were built",
				p.Position, p.Name, p.Image.Host))
		}
	}
	for _, err := range forecastOf(ctx, c, s.client, forecastFlags{churn: usualChurn, offline: true}).over() {
		warnings = append(warnings, err.Error()+"; image-updater forecast shows it")
	}
	return warnings
}

func faultsJSON(faults config.Errors) checkJSON {
	out := checkJSON{Files: []string{}, Errors: []faultJSON{}, Warnings: []string{}}
	for _, f := range faults {
		out.Errors = append(out.Errors, faultJSON{f.File, f.Line, f.Column, f.Policy, f.Message, f.Hint})
	}
	return out
}

func filesText(files []string) string {
	if len(files) == 1 {
		return files[0]
	}
	return count(len(files), "file", "files")
}
