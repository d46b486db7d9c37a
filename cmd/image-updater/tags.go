package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/image-updater/image-updater/image"
)

// tagsFresh is the age up to which a list in the cache answers the command: the default interval of policies.
const tagsFresh = 15 * time.Minute

func (a *app) tagsCommand() *cobra.Command {
	var fresh bool
	cmd := &cobra.Command{
		Use:   "tags IMAGE",
		Short: "List the tags of an image",
		Long: `List the tags of an image, sorted by bytes. It costs no pull. A list that is in the cache and younger than
15 minutes is not asked for again. Credentials and addresses come from the policy file when there is one.`,
		Example: `  image-updater tags nginx
  image-updater tags ghcr.io/acme/api -o json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.tags(cmd.Context(), args[0], fresh)
		},
	}
	cmd.Flags().BoolVar(&fresh, "fresh", false, "ask the registry whatever the age of the list at hand")
	return cmd
}

func (a *app) tags(ctx context.Context, name string, fresh bool) error {
	repository, err := image.ParseRepository(name)
	if err != nil {
		return usage(err)
	}
	c, _, err := a.policiesIfAny()
	if err != nil {
		return err
	}
	s, err := a.openSource(ctx, c)
	if err != nil {
		return failed(err)
	}
	defer s.close()
	age := tagsFresh
	if fresh {
		age = 0
	}
	list, err := s.client.Tags(ctx, repository, age)
	if err != nil {
		return failed(err)
	}
	if list.Dropped > 0 {
		fmt.Fprintf(a.stderr, "warning: %s in the list of %s broke the grammar of tags and were left out\n",
			count(list.Dropped, "entry", "entries"), repository)
	}
	if !a.json() {
		if len(list.Tags) > 0 {
			fmt.Fprintln(a.stdout, strings.Join(list.Tags, "\n"))
		}
		return nil
	}
	out := tagsJSON{Image: repository.String(), Tags: make([]tagJSON, len(list.Tags))}
	for i, tag := range list.Tags {
		out.Tags[i].Tag = tag
	}
	return a.printJSON(out)
}
