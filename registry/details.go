package registry

import (
	"context"
	"time"

	"github.com/image-updater/image-updater/image"
)

// Tag is one tag with what is known of it. Zero values are unknown; Platforms that are empty and not nil say that the
// tag offers none.
type Tag struct {
	Name      string
	Digest    image.Digest
	Pushed    time.Time
	Created   time.Time
	FirstSeen time.Time // when this program first saw the tag with this digest
	Platforms []image.Platform
}

// DetailList is the whole list of tags of a repository at one time, with what the registry told of them in passing.
type DetailList struct {
	Repository image.Repository
	Tags       []Tag       // sorted by name, distinct, legal
	Facts      image.Facts // known of all tags, as far as the registry knows them; 0 = the list has names alone
	At         time.Time   // when the registry was asked
	Cached     bool        // it was asked earlier, or by another process
	Dropped    int         // tags that break the grammar of tags, and are not in Tags

	// SecondHand says that the facts are from another service than the registry itself, or from memory: a tag is to be
	// confirmed by [Client.Look] before it is written.
	SecondHand bool
}

// Details returns the tags of a repository with as many of the wanted facts as can be had at about the price of the
// names. Which these are depends on the registry; where there is no such way, or it is refused, the list has names
// alone, and with want == 0 it is that of [Client.Tags]. Nothing here is a pull. For fresh and the error see there.
func (c *Client) Details(ctx context.Context, repository image.Repository, want image.Facts, fresh time.Duration) (DetailList, error) {
	return c.names(ctx, repository, fresh)
}

// names is the list without facts.
func (c *Client) names(ctx context.Context, repository image.Repository, fresh time.Duration) (DetailList, error) {
	list, err := c.Tags(ctx, repository, fresh)
	if err != nil {
		return DetailList{}, err
	}
	tags := make([]Tag, len(list.Tags))
	for i, name := range list.Tags {
		tags[i].Name = name
	}
	return DetailList{Repository: repository, Tags: tags, At: list.At, Cached: list.Cached, Dropped: list.Dropped}, nil
}
