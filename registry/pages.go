package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/image-updater/image-updater/image"
)

const (
	maxPages  = 1000
	maxTags   = 200_000
	maxOnWire = 5 * time.Minute // the requests for one list, without the waiting before them
)

// pager reads one tag list to its end.
type pager struct {
	host *host
	path string // of the repository, at the registry
	call *call

	tags  []string        // of the pages of one walk, with duplicates, unchecked
	seen  map[string]bool // queries of these pages
	pages int             // of all walks
}

// list returns all tags of a repository, sorted, and how many were dropped because they break the grammar.
func (h *host) list(ctx context.Context, r image.Repository) (tags []string, dropped int, err error) {
	path := h.path(r)
	p := &pager{host: h, path: path, call: &call{path: path, maxBody: maxListPage}}
	if err := p.list(withCall(ctx, p.call)); err != nil {
		return nil, 0, err
	}
	tags, dropped = legalTags(p.tags)
	return tags, dropped, nil
}

// legalTags sorts tags, drops those that break the grammar, and counts these. It takes the list over.
func legalTags(tags []string) (legal []string, dropped int) {
	legal = tags[:0]
	for _, tag := range tags {
		if image.IsTag(tag) {
			legal = append(legal, tag)
		} else {
			dropped++
		}
	}
	slices.Sort(legal)
	return slices.Compact(legal), dropped
}

// list reads the list to its end, which is where no Link leads on. But some registries send no Link and cut the list
// all the same (Nexus groups, go-containerregistry's), so that a single page which may be full proves nothing. Then more
// is asked for: without n, where many send all, and with a large n. If no answer has the mark of a whole list, the
// registry is asked what comes next.
func (p *pager) list(ctx context.Context) error {
	size := p.host.habits.pageSize
	var longest lonePage
	paged := false // it sent pages of different lengths, or refused one
	for _, n := range []int{size, 0, 10 * size} {
		linked, err := p.walk(ctx, n)
		first, more := longest.tags == nil, len(p.tags) > len(longest.tags)
		switch {
		case err != nil && n > 0 && !linked && refusedForm(err):
			paged = true
			continue
		case err != nil:
			return err
		case linked, (first || more) && !mayBeFull(len(p.tags), n, size):
			return nil // and what this walk brought is the list
		}
		paged = paged || !first && len(p.tags) != len(longest.tags)
		if more {
			longest = lonePage{n, p.tags}
		}
	}
	return p.endsAfter(ctx, longest, paged)
}

// lonePage is a page without a Link, and the n it was asked for with.
type lonePage struct {
	n    int
	tags []string
}

// mayBeFull reports whether a page of that many tags may have been cut there: by n, or where the registry chooses at a
// round number.
func mayBeFull(tags, n, size int) bool {
	if n == 0 {
		return tags > 0 && tags%size == 0
	}
	return tags == n
}

// endsAfter asks what comes after a page, which is the list if that is nothing. The same page again is from a registry
// that does not know last; if it does not know n either (it is not paged), it has no pages to leave out. What does come
// is never taken for the rest of the list: the URL is of our making, not the registry's as that of a Link is, and where
// the tags are in another order than last goes by, it skips some.
func (p *pager) endsAfter(ctx context.Context, l lonePage, paged bool) error {
	cut := &Error{Message: fmt.Sprintf("the list seems cut at %d tags and has no Link to the rest", len(l.tags))}
	last := l.tags[len(l.tags)-1]
	if !image.IsTag(last) { // which may have megabytes
		return cut
	}
	at := p.first(l.n)
	query := at.Query()
	query.Set("last", last)
	at.RawQuery = query.Encode()
	p.tags = nil
	_, err := p.page(ctx, at)
	if err != nil && !refusedForm(err) {
		return err
	}
	if err != nil || len(p.tags) > 0 && (paged || !slices.Equal(p.tags, l.tags)) {
		return cut
	}
	p.tags = l.tags
	return nil
}

// refusedForm reports whether the registry does not answer a question of this form, be it for n or for last.
func refusedForm(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.step != "" {
		return false
	}
	return e.Status == http.StatusBadRequest || e.Status == http.StatusMethodNotAllowed || e.Status == http.StatusUnprocessableEntity
}

// first returns the URL of the first page; with n 0 the registry chooses its length.
func (p *pager) first(n int) *url.URL {
	at := p.host.url(p.path + "/tags/list")
	if n > 0 {
		at.RawQuery = url.Values{"n": {strconv.Itoa(n)}}.Encode()
	}
	return at
}

// walk reads the list from its first page on, following the Links, and reports whether there was one.
func (p *pager) walk(ctx context.Context, n int) (linked bool, err error) {
	p.tags, p.seen = nil, make(map[string]bool)
	for at := p.first(n); ; linked = true {
		link, err := p.page(ctx, at)
		if err != nil || link == "" {
			return linked, err
		}
		next := nextPage(at, link)
		if next == nil {
			return true, &Error{Message: "the list leads to another host on its page " + strconv.Itoa(p.pages)}
		}
		at = next
	}
}

// page reads one page, adds its tags to the list and returns the Link in it.
func (p *pager) page(ctx context.Context, at *url.URL) (link string, err error) {
	p.pages++
	switch {
	case p.seen[at.RawQuery]:
		return "", &Error{Message: fmt.Sprintf("the list leads back to a page that was read, on its page %d", p.pages-1)}
	case p.pages > maxPages:
		return "", &Error{Message: fmt.Sprintf("the list has more than %d pages", maxPages)}
	}
	if err := p.call.overdue(); err != nil {
		return "", err
	}
	p.seen[at.RawQuery] = true
	resp, err := p.host.get(ctx, p.host.authorized, at, http.Header{"Accept": {"application/json"}})
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", p.host.statusError(resp, "")
	}
	body := whole(resp)
	done := p.host.client.decoding(body)
	tags, err := parsePage(body)
	done()
	if err != nil {
		return "", &Error{Message: "the answer is no tag list: " + err.Error()}
	}
	if len(p.tags)+len(tags) > maxTags {
		return "", &Error{Message: fmt.Sprintf("the list has more than %d tags", maxTags)}
	}
	if p.tags == nil {
		p.tags = tags // most lists are one page
	} else {
		p.tags = append(p.tags, tags...)
	}
	return nextLink(resp.Header), nil
}

// overdue returns an error once the requests for a list have taken too long.
func (c *call) overdue() error {
	if c.wire > maxOnWire {
		return &Error{Message: fmt.Sprintf("the list did not end within %v", maxOnWire)}
	}
	return nil
}

// parsePage reads a page of a tag list. "next" in it is not looked at: pages are linked by their header. Entries that
// are no strings come back empty, to be dropped and counted like other illegal tags.
func parsePage(body []byte) ([]string, error) {
	if tags, ok := scanPage(body); ok {
		return tags, nil
	}
	var page struct {
		Name   *string         `json:"name"`
		Tags   pageTags        `json:"tags"`
		Errors json.RawMessage `json:"errors"`
	}
	err := json.Unmarshal(body, &page)
	switch {
	case errors.Is(err, errManyTags):
		return nil, err
	case err != nil:
		return nil, errors.New(jsonProblem(err))
	case len(page.Errors) > 0 && page.Tags == nil:
		return nil, errors.New("it is an error")
	case page.Tags == nil && page.Name == nil && !bytes.Contains(body, []byte(`"tags"`)):
		return nil, errors.New("it has neither name nor tags")
	}
	return page.Tags, nil
}

// pageTags are the tags of a page, of which there are no more than a list may have.
type pageTags []string

var errManyTags = fmt.Errorf("it has more than %d tags", maxTags)

// UnmarshalJSON counts before it makes room.
func (t *pageTags) UnmarshalJSON(data []byte) error {
	if elements(data) > maxTags {
		return errManyTags
	}
	err := json.Unmarshal(data, (*[]string)(t))
	if _, wrongType := errors.AsType[*json.UnmarshalTypeError](err); wrongType && *t != nil {
		return nil
	}
	return err
}
