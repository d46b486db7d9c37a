package registry

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/image-updater/image-updater/image"
)

// maxWalks is how often a list that changes while it is read is begun anew.
const maxWalks = 3

// newestFirst reads the tags of a repository from a service that shows them in pages, the newest first, and most often
// needs the first page alone.
//
// What was pushed since the last time is newer than all that was known then. So once a page holds a tag that is as it
// was known, and reaches back behind the newest of those, the tags behind it are known, but for those that were deleted.
// A known tag that is newer than the oldest one seen, and was not seen, is gone. If the service counts its tags, the
// count says whether more are gone; then the reading goes on until they are found. Without a count, and wherever else
// the pages do not add up (they changed while they were read, or are not shown to their end), the registry itself is
// asked which tags there are: the names are always all of them, and the facts what was seen.
//
// What this cannot know: a tag that the service shows late, behind tags that were seen before, is missed while just as
// many tags that were known are gone without having been seen to be. Nor that a service has another order, as long as
// what it shows looks like this one.
type newestFirst struct {
	known listing
	page  func(ctx context.Context, number int) (newestPage, error) // from 1 on
	names func(ctx context.Context) (TagList, error)                // of the registry

	seen    map[string]listed
	dropped int
	oldest  time.Time // of those seen
	ordered bool      // so far the newest came first
	reached bool      // what is older than oldest is as it was known, or gone
	count   int       // that the last page told
}

// newestPage is one page of such a service.
type newestPage struct {
	tags    []listed
	dropped int  // entries that are no legal tags
	count   int  // of all pages together; negative = the service does not tell
	more    bool // there are pages after it
	cut     bool // the service does not show this page and what is after it
}

// list returns all tags.
func (n *newestFirst) list(ctx context.Context) (listing, error) {
	for range maxWalks {
		end, err := n.walk(ctx)
		switch {
		case err != nil:
			return listing{}, err
		case end == settled:
			return n.merged(), nil
		case end == open:
			return n.byNames(ctx)
		}
	}
	return n.byNames(ctx)
}

// ending is how a walk ended.
type ending int

const (
	settled ending = iota // which tags there are is known
	open                  // it is not
	moved                 // tags changed places between two pages, and one may have been missed
)

// walk reads pages until it is known which tags there are, or no page can tell.
func (n *newestFirst) walk(ctx context.Context) (ending, error) {
	n.seen, n.dropped, n.count = make(map[string]listed), 0, -1
	n.oldest, n.ordered, n.reached = time.Time{}, true, false
	newest, met := n.newestKnown(), false
	for number := 1; number <= maxPages; number++ {
		if err := callOf(ctx).overdue(); err != nil {
			return open, err
		}
		page, err := n.page(ctx, number)
		if err != nil || page.cut {
			return open, err
		}
		before := len(n.seen)
		if number > 1 && page.count < n.count {
			return moved, nil // tags behind a deleted one have moved up, one of them to the page before
		}
		n.count = page.count
		met = n.take(page) || met
		n.reached = met && n.ordered && n.oldest.Before(newest)
		switch {
		case len(n.seen) > maxTags:
			return open, &Error{Message: fmt.Sprintf("the list has more than %d tags", maxTags)}
		case !page.more:
			return n.atEnd(number), nil
		case len(n.seen) == before:
			return moved, nil // nothing new, and yet more is to come
		case n.reached && n.count < 0:
			return open, nil
		case n.reached && len(n.seen)+len(n.rest()) == n.count-n.known.slack:
			return settled, nil
		}
	}
	return open, nil
}

// take adds a page to what was seen, and reports whether it holds a tag that is as it was known.
func (n *newestFirst) take(page newestPage) (met bool) {
	n.dropped += page.dropped
	for _, tag := range page.tags {
		n.ordered = n.ordered && (len(n.seen) == 0 || !tag.updated.After(n.oldest))
		if len(n.seen) == 0 || tag.updated.Before(n.oldest) {
			n.oldest = tag.updated
		}
		if earlier, found := n.seen[tag.Name]; !found || tag.updated.After(earlier.updated) {
			n.seen[tag.Name] = tag
		}
		if known, found := n.knownTag(tag.Name); found {
			met = met || !tag.updated.IsZero() && tag.updated.Equal(known.updated) && tag.Digest == known.Digest
		}
	}
	return met
}

// atEnd judges a walk that came to the last page.
func (n *newestFirst) atEnd(pages int) ending {
	n.known = listing{} // all of it was seen
	if pages == 1 && n.count < 0 {
		return settled
	}
	n.known.slack = n.dropped
	if n.count == len(n.seen)+n.dropped {
		return settled
	}
	return open
}

func (n *newestFirst) knownTag(name string) (listed, bool) {
	i, found := slices.BinarySearchFunc(n.known.tags, name, func(t listed, name string) int { return cmp.Compare(t.Name, name) })
	if !found {
		return listed{}, false
	}
	return n.known.tags[i], true
}

// newestKnown is the time of the newest tag that was known.
func (n *newestFirst) newestKnown() (newest time.Time) {
	for _, tag := range n.known.tags {
		if tag.updated.After(newest) {
			newest = tag.updated
		}
	}
	return newest
}

// rest is what is known of the tags behind those that were seen.
func (n *newestFirst) rest() []listed {
	var rest []listed
	for _, known := range n.known.tags {
		if _, found := n.seen[known.Name]; !found && n.lasts(known) {
			rest = append(rest, known)
		}
	}
	return rest
}

// lasts reports whether a known tag that was not seen is as it was known, or gone.
func (n *newestFirst) lasts(known listed) bool { return n.reached && !known.updated.After(n.oldest) }

// merged is what was seen and what is known of the rest.
func (n *newestFirst) merged() listing {
	all := append(slices.Collect(maps.Values(n.seen)), n.rest()...)
	slices.SortFunc(all, func(a, b listed) int { return cmp.Compare(a.Name, b.Name) })
	return listing{tags: all, dropped: max(n.dropped, n.known.dropped), slack: n.known.slack, shown: n.known.shown}
}

// byNames has the registry say which tags there are, and adds what was seen of them and what is known.
func (n *newestFirst) byNames(ctx context.Context) (listing, error) {
	names, err := n.names(ctx)
	if err != nil {
		return listing{}, err
	}
	tags := make([]listed, len(names.Tags))
	for i, name := range names.Tags {
		tags[i].Name = name
		if seen, found := n.seen[name]; found {
			tags[i] = seen
		} else if known, found := n.knownTag(name); found && n.lasts(known) {
			tags[i] = known
		}
	}
	l := listing{tags: tags, dropped: names.Dropped}
	if n.count >= 0 {
		l.slack = n.count - len(tags)
	}
	if n.ordered {
		l.shown = n.oldest
	}
	return l, nil
}

// newListed makes a tag of what a service tells, as far as it can be understood.
func newListed(name, digest string, updated, pushed time.Time) listed {
	tag := listed{Tag: Tag{Name: name, Pushed: pushed}, updated: updated}
	if tag.Pushed.IsZero() {
		tag.Pushed = updated
	}
	if tag.updated.IsZero() {
		tag.updated = pushed
	}
	tag.Digest, _ = image.ParseDigest(digest) // Docker Hub has none for old tags
	return tag
}

// parseTime reads a time as a service writes it; what is no time is unknown.
func parseTime(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.UnixMicro() <= 0 {
		return time.Time{}
	}
	return time.UnixMicro(t.UnixMicro()).UTC()
}
