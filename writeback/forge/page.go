package forge

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	maxPages    = 60   // of one list
	maxOpened   = 1000 // pull requests of ours that may be open
	maxFound    = 20   // pull requests of one branch
	maxComments = 500
)

// turn asks for a page of a list. The query of the next page is nil after the last.
type turn[T any] func(query url.Values) (items []T, next url.Values, err error)

// walk returns the items of a list, page by page.
func walk[T any](doing string, query url.Values, page turn[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		for range maxPages {
			items, next, err := page(query)
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if next == nil {
				return
			}
			query = next
		}
		yield(none, fmt.Errorf("%s: there are more than %d pages of them", doing, maxPages))
	}
}

// gather takes those items of a list that are wanted, most of them at most.
func gather[T, R any](items iter.Seq2[T, error], most int, want func(T) (R, bool)) (got []R, more bool, err error) {
	for item, err := range items {
		if err != nil {
			return nil, false, err
		}
		r, wanted := want(item)
		if !wanted {
			continue
		}
		if len(got) == most {
			return got, true, nil
		}
		got = append(got, r)
	}
	return got, false, nil
}

// linked walks a list whose pages are linked by the Link header.
func linked[T any](ctx context.Context, c *requester, q call) iter.Seq2[T, error] {
	return walk(q.doing, q.query, func(query url.Values) ([]T, url.Values, error) {
		var items []T
		q.query = query
		header, err := c.do(ctx, q, &items)
		return items, nextByLink(header, query), err
	})
}

// nextByLink returns the query of the next page by the Link header (RFC 8288), nil if there is none. Nothing but its
// query is taken: a forge behind a proxy often does not know its own name, and to another host the token must not go.
func nextByLink(header http.Header, query url.Values) url.Values {
	for _, line := range header.Values("Link") {
		for part := range strings.SplitSeq(line, ",") {
			target, parameters, found := strings.Cut(strings.TrimSpace(part), ">")
			if !found || !strings.HasPrefix(target, "<") || !hasNext(parameters) {
				continue
			}
			return nextQuery(target[1:], query)
		}
	}
	return nil
}

func hasNext(parameters string) bool {
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if strings.EqualFold(name, "rel") && strings.Trim(value, `"`) == "next" {
			return true
		}
	}
	return false
}

// nextQuery is the query of a URL to the next page, beside what was asked for before. One that leads nowhere else is no
// next page.
func nextQuery(to string, query url.Values) url.Values {
	u, err := url.Parse(to)
	if err != nil {
		return nil
	}
	next := maps.Clone(query)
	if next == nil {
		next = url.Values{}
	}
	maps.Copy(next, u.Query())
	if next.Encode() == query.Encode() {
		return nil
	}
	return next
}

// gatherOpened takes those of the open pull requests that are wanted. A repository may have more of them than are looked at.
func gatherOpened[T any](doing string, items iter.Seq2[T, error], want func(T) (PullRequest, bool)) ([]PullRequest, error) {
	got, more, err := gather(items, maxOpened, want)
	if more {
		return nil, fmt.Errorf("%s: more than %d are open", doing, maxOpened)
	}
	return got, err
}

// sortFound puts what is open first, then the newest first, and keeps what a caller wants to see of it.
func sortFound(found []PullRequest) []PullRequest {
	slices.SortStableFunc(found, func(a, b PullRequest) int {
		if (a.State == Open) != (b.State == Open) {
			if a.State == Open {
				return -1
			}
			return 1
		}
		return b.Number - a.Number
	})
	return found[:min(len(found), maxFound)]
}
