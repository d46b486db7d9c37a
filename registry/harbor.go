package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/image-updater/image-updater/image"
)

const harborPageSize = 100

// harborTags asks Harbor's API for the artifacts of a repository with their tags: digest, times and platforms. It takes
// the credentials that the registry takes; they go to the registry's own host.
//
// Artifacts come in the order of their own push, not that of their tags, and a proxy project has only those that were
// pulled through it. So all pages are read each time, and the names come from the registry.
type harborTags struct {
	host *host

	mu     sync.Mutex
	shown  credential
	trials trials // of the credential at the API, which may refuse what the registry takes
}

func newHarbor(h *host) *harborTags {
	b := &harborTags{host: h}
	b.trials.init(h)
	b.trials.at = " API"
	return b
}

func (*harborTags) facts() image.Facts {
	return image.DigestFact | image.PushedFact | image.PlatformsFact
}

func (*harborTags) secondHand() bool { return false }

func (b *harborTags) place() string { return b.host.base.String() }

func (b *harborTags) list(ctx context.Context, r image.Repository, _ listing) (listing, error) {
	project, name, found := strings.Cut(r.Path, "/")
	if !found {
		return listing{}, &notTold{&Error{Message: "not a name of Harbor"}}
	}
	// The names come first: so it is the registry, and not its API, that finds out that a credential is wrong.
	names, err := b.host.tags(ctx, r, 0)
	if err != nil {
		return listing{}, err
	}
	// A slash within the name is escaped twice: proxies unescape it once.
	path := "/api/v2.0/projects/" + project + "/repositories/" + strings.ReplaceAll(name, "/", "%252F") + "/artifacts"
	told, err := b.tell(withCall(ctx, &call{path: r.Path, maxBody: maxAPIPage}), path)
	if err != nil {
		return listing{}, err
	}
	l := listing{facts: b.facts(), dropped: names.Dropped}
	for _, name := range names.Tags {
		tag := told[name]
		tag.Name = name
		l.tags = append(l.tags, listed{Tag: tag})
	}
	return l, nil
}

// tell reads all pages of artifacts, and returns the tags they tell of.
func (b *harborTags) tell(ctx context.Context, path string) (map[string]Tag, error) {
	told := make(map[string]Tag)
	for number, more := 1, true; more && number <= maxPages; number++ {
		if err := callOf(ctx).overdue(); err != nil {
			return nil, err
		}
		artifacts, err := b.page(ctx, b.host.apiURL(path, url.Values{
			"with_tag": {"true"}, "q": {"tags=*"}, "sort": {"-push_time"},
			"page": {strconv.Itoa(number)}, "page_size": {strconv.Itoa(harborPageSize)},
		}))
		if err != nil {
			return nil, err
		}
		before := len(told)
		for _, a := range artifacts {
			a.tell(told)
		}
		if len(told) > maxTags {
			return nil, &Error{Message: fmt.Sprintf("the list has more than %d tags", maxTags)}
		}
		more = len(artifacts) == harborPageSize && len(told) > before
	}
	return told, nil
}

// harborArtifact is a manifest or an index.
type harborArtifact struct {
	Digest string `json:"digest"`
	Tags   []struct {
		Name   string `json:"name"`
		Pushed string `json:"push_time"`
	} `json:"tags"`
	Children []struct {
		Platform platform `json:"platform"`
	} `json:"references"`
	Single platform `json:"extra_attrs"`
}

// tell adds the tags of the artifact.
func (a harborArtifact) tell(told map[string]Tag) {
	tag := Tag{}
	tag.Digest, _ = image.ParseDigest(a.Digest)
	for _, child := range a.Children {
		tag.Platforms = addPlatform(tag.Platforms, child.Platform)
	}
	if len(a.Children) == 0 {
		tag.Platforms = addPlatform(nil, a.Single)
	}
	for _, t := range a.Tags {
		pushed := parseTime(t.Pushed)
		if earlier, found := told[t.Name]; found && earlier.Pushed.After(pushed) {
			continue // the tag moved while the pages were read
		}
		tag.Name, tag.Pushed = t.Name, pushed
		told[t.Name] = tag
	}
}

// page reads a page, with the credential of the registry as long as the API takes it.
func (b *harborTags) page(ctx context.Context, at *url.URL) ([]harborArtifact, error) {
	c, err := b.host.keys.get(ctx)
	if err != nil {
		return nil, err
	}
	header, leave := make(http.Header), func(verdict) {}
	if b.mayShow(c) {
		enter, err := b.trials.enter(ctx, 0)
		switch {
		case err == nil:
			leave = enter
			header.Set("Authorization", basicHeader(c))
		case ctx.Err() != nil:
			return nil, err
		} // else it was refused too often: the API shows public projects to everyone
	}
	var artifacts []harborArtifact
	_, err = b.host.ask(ctx, b.host.plain, at, header, &artifacts)
	leave(judgeAPI(err))
	return artifacts, err
}

// mayShow reports whether there is a credential, and none that the registry does not take.
func (b *harborTags) mayShow(c credential) bool {
	if c.password == "" || b.host.trials.closed() != nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shown != c {
		b.shown = c
		b.trials.begin(c)
	}
	return true
}

// judgeAPI tells what an answer of the API says of the credential that was shown.
func judgeAPI(err error) verdict {
	untold, refusal := errors.AsType[*notTold](err)
	switch {
	case err == nil:
		return accepted
	case refusal && untold.err.Status == http.StatusUnauthorized:
		return refused
	}
	return unjudged
}
