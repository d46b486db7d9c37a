package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/registry"
)

// tagsFresh is the age up to which a list in the cache answers the command: the default interval of policies.
const tagsFresh = 15 * time.Minute

// allFacts is what the command shows where it can be had.
const allFacts = image.DigestFact | image.PushedFact | image.CreatedFact | image.PlatformsFact

func (a *app) tagsCommand() *cobra.Command {
	var fresh bool
	cmd := &cobra.Command{
		Use:   "tags IMAGE",
		Short: "List the tags of an image",
		Long: `List the tags of an image, sorted by bytes, each with the time of its push, its digest and its platforms where the
registry tells them free of pulls. explain and backtest read the answer again, as text or as JSON. A list
that is in the cache and younger than 15 minutes is not asked for again. Credentials and addresses come
from the policy file when there is one.`,
		Example: `  image-updater tags nginx
  image-updater tags ghcr.io/acme/api -o json
  image-updater tags nginx | image-updater backtest nginx --tags-from -`,
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
	list, err := s.client.Details(ctx, repository, allFacts, age)
	if err != nil {
		return failed(err)
	}
	if list.Dropped > 0 {
		fmt.Fprintf(a.stderr, "warning: %s in the list of %s broke the grammar of tags and were left out\n",
			count(list.Dropped, "entry", "entries"), repository)
	}
	if !a.json() {
		return a.printTags(list)
	}
	out := tagsJSON{Image: repository.String(), Tags: make([]tagJSON, len(list.Tags))}
	for i, tag := range list.Tags {
		out.Tags[i] = tagJSON{
			Tag: tag.Name, Platforms: platformNames(tag.Platforms),
			Pushed: tagTime{Time: tag.Pushed.UTC()}, Created: tagTime{Time: tag.Created.UTC()},
		}
		if list.Facts.Has(image.DigestFact) { // else it is one that was seen at some time
			out.Tags[i].Digest = tag.Digest.String()
		}
	}
	return a.printJSON(out)
}

// printTags prints a line for each tag, as --tags-from reads it: TAG [TIME] [DIGEST] [# PLATFORMS].
func (a *app) printTags(list registry.DetailList) error {
	t := a.table()
	for _, tag := range list.Tags {
		fields := []string{tag.Name}
		if !tag.Pushed.IsZero() {
			fields = append(fields, tag.Pushed.UTC().Format(time.RFC3339Nano))
		} else if list.Facts.Has(image.PushedFact) {
			fields = append(fields, "")
		}
		if list.Facts.Has(image.DigestFact) {
			fields = append(fields, tag.Digest.String())
		}
		if len(tag.Platforms) > 0 {
			fields = append(fields, "# "+strings.Join(platformNames(tag.Platforms), " "))
		}
		fmt.Fprintln(t, strings.TrimRight(strings.Join(fields, "\t"), "\t"))
	}
	return t.Flush()
}

func platformNames(platforms []image.Platform) []string {
	if platforms == nil {
		return nil
	}
	names := make([]string, len(platforms))
	for i, p := range platforms {
		names[i] = p.String()
	}
	return names
}
