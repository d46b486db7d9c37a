package registry

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/image-updater/image-updater/image"
)

// Tag is one tag with what is known of it. Zero values are unknown; Platforms that are empty and not nil say that the
// tag offers none. Platforms are shared and must not be changed.
type Tag struct {
	Name      string
	Digest    image.Digest
	Pushed    time.Time
	Created   time.Time
	FirstSeen time.Time // when this program first saw the tag with this digest
	Platforms []image.Platform

	// PushedBefore is set where Pushed is not known, by a service that shows the tags pushed last and not this one: it was
	// pushed then or before. No age follows from that, as such services can be late.
	PushedBefore time.Time
}

// DetailList is the whole list of tags of a repository at one time, with what the registry told of them in passing.
type DetailList struct {
	Repository image.Repository
	Tags       []Tag       // sorted by name, distinct, legal
	Facts      image.Facts // known of all tags, as far as the registry tells them; 0 = the list has names alone
	At         time.Time   // when the registry was asked
	Cached     bool        // it was asked earlier, or by another process
	Dropped    int         // tags that break the grammar of tags, and are not in Tags

	// SecondHand says that the facts are from another service than the registry itself, or from memory: a tag is to be
	// confirmed by [Client.Look] before it is written.
	SecondHand bool
}

// adapter lists tags with more than their names, as one kind of registry tells it beside or within the specification.
type adapter interface {
	facts() image.Facts // that it gives
	secondHand() bool   // they are from another service than the registry itself
	place() string      // where it asks, as part of the key of what is kept

	// list returns all tags of a repository. known is what it returned the last time, or empty. A [notTold] error says that
	// the repository has to be listed without it.
	list(ctx context.Context, r image.Repository, known listing) (listing, error)

	// cost is what list takes for so many tags, when nothing is known and when all but some new tags is. names is what
	// the names of the tags take.
	cost(tags int, names Cost, c credential) (first, again Cost)
}

// listing is what an adapter found. It is kept as it is, see listingentry.go.
type listing struct {
	tags    []listed    // sorted by name, distinct, legal
	facts   image.Facts // given
	dropped int
	slack   int       // how many more tags the service counts than there are here
	shown   time.Time // back to when the service has shown all tags; zero = that is not known
}

// listed is a tag as an adapter knows it.
type listed struct {
	Tag
	updated time.Time // by which a service orders that shows the newest first
}

// notTold is the answer of a service that does not tell of a repository what it was asked.
type notTold struct{ err *Error }

func (e *notTold) Error() string { return e.err.Error() }

const (
	detailBucket = "details"
	namesBucket  = "names"       // repositories of which an adapter is told nothing
	namesFor     = 6 * time.Hour // until it asks again
)

// Details returns the tags of a repository with as many of the wanted facts as can be had at about the price of the
// names. Which these are depends on the registry; where there is no such way, or it is refused, the list has names
// alone, and with want == 0 it is that of [Client.Tags]. Nothing here is a pull. For fresh and the error see there.
func (c *Client) Details(ctx context.Context, repository image.Repository, want image.Facts, fresh time.Duration) (DetailList, error) {
	ctx, h, end, err := c.begin(ctx, opTags, repository)
	if err != nil {
		return DetailList{}, err
	}
	defer end()
	list, err := c.listDetails(ctx, h, repository, want, fresh)
	if err != nil {
		return DetailList{}, err
	}
	if err := h.addSightings(ctx, &list); err != nil {
		return DetailList{}, h.wrap(opTags, repository, err)
	}
	return list, nil
}

// listDetails returns the list by the adapter of the registry, or else the names.
func (c *Client) listDetails(ctx context.Context, h *host, r image.Repository, want image.Facts, fresh time.Duration) (DetailList, error) {
	by := h.adapters.get()
	list, err := c.detailed(ctx, h, by, r, want, fresh)
	if _, untold := errors.AsType[*notTold](err); !untold {
		return list, err
	}
	names, namesErr := c.names(ctx, r, fresh)
	if namesErr != nil {
		return DetailList{}, namesErr
	}
	if now := h.adapters.get(); by == nil && now != nil { // the first list has shown what kind of registry it is
		by = now
		list, err = c.detailed(ctx, h, by, r, want, fresh)
		if _, untold := errors.AsType[*notTold](err); !untold {
			return list, err
		}
	}
	if by != nil && want&by.facts() != 0 {
		h.noteNames(ctx, by, r, err)
	}
	return names, nil
}

// addSightings adds since when tags have been known with the digest they have. Where the registry did not tell the
// digest it is the one that was seen.
func (h *host) addSightings(ctx context.Context, list *DetailList) error {
	sights, err := h.sightings(ctx, list.Repository)
	if err != nil || len(sights) == 0 {
		return err
	}
	now := h.client.now()
	for i := range list.Tags {
		tag := &list.Tags[i]
		seen, found := sights[tag.Name]
		found = found && !seen.First.After(now) // else our clock was set back: it is looked at, and its age begins anew
		switch {
		case found && tag.Digest == "":
			tag.Digest, tag.FirstSeen, list.SecondHand = seen.Digest, seen.First, true
		case found && tag.Digest == seen.Digest:
			tag.FirstSeen = seen.First
		}
	}
	return nil
}

// names is the list without facts.
func (c *Client) names(ctx context.Context, repository image.Repository, fresh time.Duration) (DetailList, error) {
	list, err := c.Tags(ctx, repository, fresh)
	if err != nil {
		return DetailList{}, err
	}
	return list.details(), nil
}

// details returns the list as one without facts.
func (l TagList) details() DetailList {
	tags := make([]Tag, len(l.Tags))
	for i, name := range l.Tags {
		tags[i].Name = name
	}
	return DetailList{Repository: l.Repository, Tags: tags, At: l.At, Cached: l.Cached, Dropped: l.Dropped}
}

// detailed is the list by an adapter; a [notTold], if it gives nothing of what is wanted.
func (c *Client) detailed(
	ctx context.Context, h *host, by adapter, r image.Repository, want image.Facts, fresh time.Duration,
) (DetailList, error) {
	if by == nil || want&by.facts() == 0 {
		return DetailList{}, &notTold{&Error{Message: "nothing that is wanted is given"}}
	}
	for {
		list, err := c.details.do(ctx, r.String(), func() (DetailList, error) { return h.detailed(ctx, by, r, fresh) })
		if _, refused := errors.AsType[*notTold](err); refused {
			return DetailList{}, err
		}
		if err != nil {
			return DetailList{}, h.wrap(opTags, r, err)
		}
		if list.Cached && !young(list.At, c.now(), fresh) {
			continue // it was for another caller, who wants less
		}
		list.Tags = slices.Clone(list.Tags) // others may have got the same one
		return list, nil
	}
}

// detailed returns the list from the cache or from the registry.
func (h *host) detailed(ctx context.Context, by adapter, r image.Repository, fresh time.Duration) (DetailList, error) {
	credential, err := h.keys.get(ctx)
	if err != nil {
		return DetailList{}, err
	}
	key := detailKey(by, r, credential)
	c := h.client
	var known listing
	if entry, found := c.cache.Get(detailBucket, key); found {
		if known, err = decodeListing(entry.Value); err == nil && fresh > 0 && young(entry.At, c.now(), fresh) {
			list := known.details(r, entry.At)
			list.Cached, list.SecondHand = true, true
			return list, nil
		}
	}
	if entry, found := c.cache.Get(namesBucket, key); found && fresh > 0 && young(entry.At, c.now(), namesFor) {
		return DetailList{}, &notTold{&Error{Message: "it was not told before"}}
	}
	at := c.now()
	found, err := by.list(ctx, r, known)
	if err != nil {
		return DetailList{}, explain(err, h.entry.Host, credential)
	}
	if err := c.cache.Put(detailBucket, key, encodeListing(found), at); err != nil {
		c.log.DebugContext(ctx, "tag list is not kept", "repository", r.String(), "err", err)
	}
	list := found.details(r, at)
	list.SecondHand = by.secondHand()
	return list, nil
}

// detailKey is the key of what an adapter knows of a repository: what one account may see is not shown to another.
func detailKey(by adapter, r image.Repository, c credential) string {
	return r.String() + " " + c.identity() + " " + by.place()
}

// noteNames keeps in mind that the adapter is told nothing of a repository that the registry itself lists.
func (h *host) noteNames(ctx context.Context, by adapter, r image.Repository, why error) {
	c, err := h.keys.get(ctx)
	if err != nil {
		return
	}
	key := detailKey(by, r, c)
	if entry, found := h.client.cache.Get(namesBucket, key); found && young(entry.At, h.client.now(), namesFor) {
		return
	}
	h.client.log.InfoContext(ctx, "registry tells the names of tags alone", "repository", r.String(), "err", why)
	if err := h.client.cache.Put(namesBucket, key, []byte(why.Error()), h.client.now()); err != nil {
		h.client.log.DebugContext(ctx, "that there are names alone is not kept", "repository", r.String(), "err", err)
	}
}

// details returns the list for callers.
func (l listing) details(r image.Repository, at time.Time) DetailList {
	tags := make([]Tag, len(l.tags))
	for i, tag := range l.tags {
		tags[i] = tag.Tag
		if tag.Pushed.IsZero() && tag.Digest == "" { // else it was shown, without a time
			tags[i].PushedBefore = l.shown
		}
	}
	return DetailList{Repository: r, Tags: tags, Facts: l.facts, At: at, Dropped: l.dropped}
}

// refuses reports whether an answer says that the service does not tell, be it this account, of this repository or
// anything at all.
func refuses(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone:
		return true
	}
	return false
}
