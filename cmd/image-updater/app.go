package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"
)

// app is one call of the program: where it reads and writes, and the flags that every command has. Clock, environment
// and standard streams enter the program here and nowhere else.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	env            func(name string) (value string, set bool)
	now            func() time.Time

	files     []string // -f
	output    string   // -o
	logLevel  string
	logFormat string
	stateDir  string

	installations installations
}

// run executes the arguments and returns the exit code. What fails is told on stderr.
func run(ctx context.Context, a *app, args []string) int {
	out := &answer{Writer: a.stdout}
	a.stdout = out
	root := a.command()
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	err := root.ExecuteContext(ctx)
	if out.err != nil {
		err = failed(out.err)
	}
	return a.report(err)
}

// command builds the tree of commands. Each lives in a file of its name.
func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "image-updater",
		Short: "Keep the image tags in Git up to date, within the registries' quotas",
		Long: `image-updater reads policy files, lists the tags of your images in their registries,
decides which tag each reference in Git should carry, and commits the change.
It changes nothing but Git: a GitOps agent applies what it writes.`,
		Example: `  image-updater demo                  see the main job on servers of its own
  image-updater references            list the image references of this folder, and which policy governs each
  image-updater check                 read the policy files and report every error
  image-updater plan                  show what would change, and write nothing
  image-updater run                   make one pass: scan, decide, commit and push
  image-updater serve                 the same all the time, with a page
  image-updater set nginx:1.27.4 --dir .   write a known tag, without scanning`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          knownCommand,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			return a.checkFlags()
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(err, fmt.Sprintf("%s --help shows the flags", cmd.CommandPath()))
	})
	flags := root.PersistentFlags()
	flags.StringArrayVarP(&a.files, "file", "f", nil, "policy file or directory; may be given many times (default policies.yaml, else .image-updater/)")
	flags.StringVarP(&a.output, "output", "o", "text", "form of the answer: text or json")
	flags.StringVar(&a.logLevel, "log-level", "warn", "least level that is logged: debug, info, warn or error")
	flags.StringVar(&a.logFormat, "log-format", "text", "form of the log on stderr: text or json")
	flags.StringVar(&a.stateDir, "state-dir", "", "folder of the caches, which may be deleted at any time (default $XDG_STATE_HOME/image-updater)")
	a.completeFlags(root)
	root.AddCommand(a.checkCommand(), a.explainCommand(), a.backtestCommand(), a.tagsCommand(), a.referencesCommand(), a.planCommand(),
		a.runCommand(), a.serveCommand(), a.setCommand(), a.forecastCommand(), a.quotaCommand(), a.historyCommand(), a.notifyCommand(), a.demoCommand(), a.schemaCommand(), a.versionCommand())
	wantShell(root)
	return root
}

// knownCommand refuses what is no command, with a near one as a hint.
func knownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := fmt.Errorf("unknown command %q", args[0])
	if near := root.SuggestionsFor(args[0]); len(near) > 0 {
		return usage(err, "did you mean "+list(near)+"?")
	}
	return usage(err, "image-updater --help lists the commands")
}

// wantShell makes completion without a shell, or for one it does not know, an error. cobra's own shows its help and
// succeeds, which a script that installs the completion would take for the completion.
func wantShell(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	completion, _, err := root.Find([]string{"completion"})
	if err != nil {
		panic(err) // it was added a line above
	}
	completion.Args = func(_ *cobra.Command, args []string) error {
		shells := "want bash, fish, powershell or zsh"
		if len(args) == 0 {
			return usage(errors.New("no shell: " + shells))
		}
		return usage(fmt.Errorf("unknown shell %q: %s", args[0], shells))
	}
	completion.Example = `  image-updater completion bash > /etc/bash_completion.d/image-updater
  source <(image-updater completion zsh)`
	completion.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
}

// completeFlags tells the shells what may stand behind the flags.
func (a *app) completeFlags(root *cobra.Command) {
	for flag, values := range map[string][]string{
		"output": outputs, "log-level": logLevels, "log-format": outputs,
	} {
		complete := cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
		if err := root.RegisterFlagCompletionFunc(flag, complete); err != nil {
			panic(err) // the flag was defined a few lines above
		}
	}
}

var (
	outputs   = []string{"text", "json"}
	logLevels = []string{"debug", "info", "warn", "error"}
)

func (a *app) checkFlags() error {
	for _, flag := range []struct {
		name, value string
		allowed     []string
	}{
		{"output", a.output, outputs},
		{"log-level", a.logLevel, logLevels},
		{"log-format", a.logFormat, outputs},
	} {
		if !slices.Contains(flag.allowed, flag.value) {
			return usage(fmt.Errorf("--%s %q is none of %s", flag.name, flag.value, list(flag.allowed)))
		}
	}
	return nil
}

func (a *app) json() bool { return a.output == "json" }

// logger writes to stderr, as every log does.
func (a *app) logger() *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.logLevel)); err != nil {
		level = slog.LevelWarn // checkFlags has let none pass that does not parse
	}
	options := &slog.HandlerOptions{Level: level}
	if a.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(a.stderr, options))
	}
	return slog.New(slog.NewTextHandler(a.stderr, options))
}

// statePath returns where a file of the state lies, following the XDG base directory specification, or "" where there
// is no place for it: then nothing is kept, which costs requests and no correctness.
func (a *app) statePath(name string) string {
	if a.stateDir != "" {
		return filepath.Join(a.stateDir, name)
	}
	if state, _ := a.env("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "image-updater", name)
	}
	if home, _ := a.env("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "state", "image-updater", name)
	}
	return ""
}
