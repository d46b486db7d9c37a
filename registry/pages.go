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

	tags  []string // with duplicates, unchecked
	pages int
	seen  map[string]bool // queries of the pages of one walk
}

// list returns all tags of a repository, sorted, and how many were dropped because they break the grammar.
func (h *host) list(ctx context.Context, r image.Repository) (tags []string, dropped int, err error) {
	path := h.path(r)
	p := &pager{host: h, path: path, call: &call{path: path, maxBody: maxListPage}}
	if err := p.list(withCall(ctx, p.call)); err != nil {
		return nil, 0, err
	}
	legal := p.tags[:0]
	for _, tag := range p.tags {
		if image.IsTag(tag) {
			legal = append(legal, tag)
		} else {
			dropped++
		}
	}
	slices.Sort(legal)
	return slices.Compact(legal), dropped, nil
}

// list walks the pages. A first page that is exactly full and has no Link is the end of a list, or the habit of a
// registry that cuts lists and sends no Link (Nexus groups, go-containerregistry's): asked again without n it may send
// all, and asked for many more it does.
func (p *pager) list(ctx context.Context) error {
	size := p.host.habits.pageSize
	for turn, n := range []int{size, 0, 10 * size} {
		cut, err := p.walk(ctx, n)
		switch {
		case err != nil && n > 0 && p.refusedSize(err):
			if turn > 0 {
				return nil // more than it sent is not to be had, so what it sent is all
			}
		case err != nil:
			return err
		case cut != size:
			return nil
		}
	}
	return nil
}

// refusedSize reports whether the first page of a walk was refused in a way that its size may be the reason of.
func (p *pager) refusedSize(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.step != "" {
		return false
	}
	return e.Status == http.StatusBadRequest || e.Status == http.StatusMethodNotAllowed || e.Status == http.StatusUnprocessableEntity
}

// walk follows the Links from the first page of size n on; 0 lets the registry choose. It returns the number of tags in
// the list if it was one page, else 0.
func (p *pager) walk(ctx context.Context, n int) (onePage int, err error) {
	p.seen = make(map[string]bool)
	at := p.host.url(p.path + "/tags/list")
	if n > 0 {
		at.RawQuery = url.Values{"n": {strconv.Itoa(n)}}.Encode()
	}
	for pages := 1; ; pages++ {
		tags, link, err := p.page(ctx, at)
		if err != nil {
			return 0, err
		}
		switch {
		case link == "" && pages == 1:
			return len(tags), nil
		case link == "":
			return 0, nil
		}
		next := nextPage(at, link)
		if next == nil {
			return 0, &Error{Message: "the list leads to another host on its page " + strconv.Itoa(p.pages)}
		}
		at = next
	}
}

// page reads one page.
func (p *pager) page(ctx context.Context, at *url.URL) (tags []string, link string, err error) {
	p.pages++
	switch {
	case p.seen[at.RawQuery]:
		return nil, "", &Error{Message: fmt.Sprintf("the list leads back to a page that was read, on its page %d", p.pages-1)}
	case p.pages > maxPages:
		return nil, "", &Error{Message: fmt.Sprintf("the list has more than %d pages", maxPages)}
	case p.call.wire > maxOnWire:
		return nil, "", &Error{Message: fmt.Sprintf("the list did not end within %v", maxOnWire)}
	}
	p.seen[at.RawQuery] = true
	resp, err := p.host.get(ctx, p.host.authorized, at, http.Header{"Accept": {"application/json"}})
	if err != nil {
		return nil, "", err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, "", p.host.statusError(resp, "")
	}
	tags, err = parsePage(whole(resp))
	if err != nil {
		return nil, "", &Error{Message: "the answer is no tag list: " + err.Error()}
	}
	if len(p.tags)+len(tags) > maxTags {
		return nil, "", &Error{Message: fmt.Sprintf("the list has more than %d tags", maxTags)}
	}
	p.tags = append(p.tags, tags...)
	return tags, nextLink(resp.Header), nil
}

// parsePage reads a page of a tag list. "next" in it is not looked at: pages are linked by their header. Entries that
// are no strings come back empty, to be dropped and counted like other illegal tags.
func parsePage(body []byte) ([]string, error) {
	if tags, ok := scanPage(body); ok {
		return tags, nil
	}
	var page struct {
		Name   *string         `json:"name"`
		Tags   []string        `json:"tags"`
		Errors json.RawMessage `json:"errors"`
	}
	err := json.Unmarshal(body, &page)
	if _, wrongType := errors.AsType[*json.UnmarshalTypeError](err); wrongType && page.Tags != nil {
		err = nil
	}
	switch {
	case err != nil:
		return nil, errors.New(jsonProblem(err))
	case len(page.Errors) > 0 && page.Tags == nil:
		return nil, errors.New("it is an error")
	case page.Tags == nil && page.Name == nil && !bytes.Contains(body, []byte(`"tags"`)):
		return nil, errors.New("it has neither name nor tags")
	}
	return page.Tags, nil
}
