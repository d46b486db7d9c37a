package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/message"
)

type setFlags struct {
	dir, git string
	from     string
	message  string
	worded   bool // message was given
	dryRun   bool
}

func (a *app) setCommand() *cobra.Command {
	var flags setFlags
	cmd := &cobra.Command{
		Use:   "set [IMAGE:TAG[@DIGEST] ...]",
		Short: "Write known tags, without scanning: the CI step after a build",
		Long: `Write the tags given into every reference to the images given, in a folder or as a commit in Git. No registry
is asked and no policy stops it, so it also goes back to an older tag; a policy that would not have done
so says it on stderr. Markers, targets and paths of the policy file are obeyed when there is one.
Prints the diff. A tag that is already there is success; an image that nothing refers to is not.

Exit codes: 0 all references carry their tags, 1 some do not and stderr says which, 2 wrong usage or
policy file and nothing was written. docs/pipelines.md has whole jobs for GitHub Actions and GitLab CI.`,
		Example: `  image-updater set nginx:1.27.4 --dir .
  image-updater set ghcr.io/acme/api:$VERSION ghcr.io/acme/web:$VERSION --git fleet
  image-updater set ghcr.io/acme/api:$VERSION --git fleet --message "Release $VERSION" -o json
  image-updater set --from built.txt --git fleet --dry-run`,
		RunE: func(cmd *cobra.Command, args []string) error {
			flags.worded = cmd.Flags().Changed("message")
			return a.set(cmd.Context(), args, flags)
		},
	}
	cmd.Flags().StringVar(&flags.dir, "dir", "", "edit the files below this folder in place")
	cmd.Flags().StringVar(&flags.git, "git", "", "commit to this Git repository of the policy file")
	cmd.Flags().StringVar(&flags.from, "from", "", "file with more references, one a line, - for standard input")
	cmd.Flags().StringVarP(&flags.message, "message", "m", "", "subject of the commit and, after a blank line, its body; trailers follow")
	cmd.Flags().BoolVar(&flags.dryRun, "dry-run", false, "print what would be written, and write nothing")
	return cmd
}

func (a *app) set(ctx context.Context, args []string, flags setFlags) error {
	words, err := flags.check()
	if err != nil {
		return usage(err)
	}
	wanted, err := a.wantedOf(args, flags.from)
	if err != nil {
		return usage(err)
	}
	c, found, err := a.policiesIfAny()
	if err != nil {
		return err
	}
	var g *config.Git
	if flags.git != "" {
		if g, err = gitOfFlag(c, found, flags.git); err != nil {
			return err
		}
		if c, err = a.withOwnPolicies(ctx, c, g.Name); err != nil {
			return err
		}
	}
	s, err := newSetter(a, c, found, wanted)
	if err != nil {
		return failed(err)
	}
	s.words, s.dryRun = words, flags.dryRun
	if g == nil {
		return a.printSet(s, s.folder(ctx, flags.dir))
	}
	return a.printSet(s, s.branch(ctx, *g))
}

// check returns how the commit is worded, if the caller words it.
func (f setFlags) check() (*message.Text, error) {
	if (f.dir == "") == (f.git == "") {
		return nil, errors.New("want one of --dir FOLDER and --git NAME")
	}
	if !f.worded {
		return nil, nil
	}
	if f.git == "" {
		return nil, errors.New("--message is of a commit, and --dir makes none")
	}
	words, err := message.ParseText(f.message)
	if err != nil {
		return nil, fmt.Errorf("--message: %w", err)
	}
	return &words, nil
}

// gitOfFlag returns the Git repository that --git names. A pipeline needs no more of a policy file than that.
func gitOfFlag(c *config.Config, haveFile bool, name string) (*config.Git, error) {
	const least = "a policy file that is enough: {apiVersion: image-updater/v1, git: [{name: fleet, url: URL, branch: main}]}"
	if !haveFile {
		return nil, usage(fmt.Errorf("--git: no policy file says where %q is", name), least)
	}
	g, err := c.GitNamed(name)
	switch {
	case err == nil:
		return g, nil
	case strings.ContainsAny(name, "/:"):
		return nil, usage(fmt.Errorf("--git: %w: it takes the name of a repository of the policy file", err), least)
	}
	return nil, usage(fmt.Errorf("--git: %w", err))
}
