package proposal

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Origin is what an image says about where it comes from. None of it can be relied on.
type Origin struct {
	Source   string // URL
	Revision string
	Version  string
	URL      string // of a page
}

// Home is the forge that a pull request is opened at, as far as its pages are concerned.
type Home struct {
	Host  string // with its port, if it is not the usual one
	Pages Pages
}

// Pages says how the addresses of pages are made from that of a repository. The zero value is a forge that is not known.
type Pages struct {
	compare  string // between it and "old...new"
	releases string // all of them; a tag is put behind it
	segments int    // of a repository's path; 0 is any number
}

// The forges whose pages are known.
var (
	GitHubPages = Pages{compare: "/compare/", releases: "/releases/tag/", segments: 2}
	GitLabPages = Pages{compare: "/-/compare/", releases: "/-/releases/"}
	GiteaPages  = Pages{compare: "/compare/", releases: "/releases/tag/", segments: 2}
)

var publicPages = map[string]Pages{"github.com": GitHubPages, "gitlab.com": GitLabPages, "codeberg.org": GiteaPages, "gitea.com": GiteaPages}

func (h Home) pages(host string) Pages {
	if host == h.Host {
		return h.Pages
	}
	return publicPages[host]
}

// inside begins what lies inside of a repository in an address of it.
var inside = regexp.MustCompile(`/(?:-|tree|blob|src|commits?|releases?|browse)(?:/|$)`)

// Repository returns the address of the page of the repository that a source is in, or "" if it is no address that
// readers may be led to.
func (h Home) Repository(source string) string {
	u := h.address(source)
	if u == nil {
		return ""
	}
	path := strings.Trim(u.EscapedPath(), "/")
	if at := inside.FindStringIndex("/" + path); at != nil {
		path = path[:max(at[0]-1, 0)]
	}
	parts := strings.Split(strings.TrimSuffix(path, ".git"), "/")
	if n := h.pages(u.Host).segments; n > 0 {
		if len(parts) < n {
			return ""
		}
		parts = parts[:n]
		parts[n-1] = strings.TrimSuffix(parts[n-1], ".git")
	}
	for _, part := range parts {
		if text, err := url.PathUnescape(part); err != nil || text == "" || text == "." || text == ".." {
			return ""
		}
	}
	return "https://" + u.Host + "/" + strings.Join(parts, "/")
}

// page returns an address that readers may be led to, or "".
func (h Home) page(address string) string {
	u := h.address(address)
	if u == nil {
		return ""
	}
	u.RawQuery, u.Fragment, u.RawFragment = "", "", ""
	return u.String()
}

// address reads an https address of a host with a public name: what an image says must not lead readers to what only
// they can reach. The forge's own host is written in the policy file, and may be any.
func (h Home) address(text string) *url.URL {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Opaque != "" {
		return nil
	}
	u.Host = strings.ToLower(strings.TrimSuffix(u.Host, ":443"))
	if u.Host == "" || u.Host != h.Host && !isPublicName(u.Hostname()) {
		return nil
	}
	return u
}

// privateNames end the names of hosts that are not the same for everybody.
var privateNames = []string{"localhost", "local", "internal", "localdomain", "home.arpa", "test", "invalid", "onion"}

var publicName = regexp.MustCompile(`^(?:[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*$`)

// isPublicName reports whether a host has a name below a top-level domain. An address in numbers, whatever its notation,
// has none.
func isPublicName(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	for _, private := range privateNames {
		if host == private || strings.HasSuffix(host, "."+private) {
			return false
		}
	}
	return publicName.MatchString(host)
}

// Release is what a forge tells of a release.
type Release struct {
	Tag  string
	Text string
}

var (
	numbers  = regexp.MustCompile(`[0-9]+(?:\.[0-9]+)+`)
	trial    = regexp.MustCompile(`(?i)(?:alpha|beta|rc|pre|preview|dev|snapshot|nightly|canary|ea|[abm][0-9])`)
	tagText  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,100}$`)
	revision = regexp.MustCompile(`^[0-9a-f]{7,64}$`)
)

// version returns the version without a v that a target is of: as the image says, else the numbers of its tag. Of a
// pre-release it is the whole tag, for its numbers are those of another release.
func (t Target) version(o Origin) string {
	if text := strings.TrimPrefix(o.Version, "v"); tagText.MatchString(text) && numbers.MatchString(text) {
		return text
	}
	text := strings.TrimPrefix(t.Tag, "v")
	if at := numbers.FindStringIndex(text); at != nil && !trial.MatchString(text[at[1]:]) {
		return text[at[0]:at[1]]
	}
	return text
}

// ReleaseTags returns the names that a release of the version may have, the likeliest first.
func (t Target) ReleaseTags(o Origin) []string {
	version := t.version(o)
	name := t.Image.Path[strings.LastIndexByte(t.Image.Path, '/')+1:]
	var tags []string
	for _, tag := range []string{t.Tag, "v" + version, version, name + "-" + version} {
		if tag != "" && !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	return tags
}

// Links returns the links for a step, from what both versions say about themselves, and the release if one was found.
func (h Home) Links(s Step, from, to Origin, release Release) Links {
	l := Links{Source: h.Repository(to.Source), Page: h.page(to.URL)}
	if l.Source == "" {
		l.Source = h.page(to.Source)
		return l
	}
	u := h.address(l.Source)
	pages := h.pages(u.Host)
	if pages.releases != "" && release.Tag != "" {
		l.Notes, l.Text = l.Source+pages.releases+url.PathEscape(release.Tag), release.Text
	}
	if pages.compare == "" || from.Source != "" && h.Repository(from.Source) != l.Source {
		return l
	}
	if a, b := s.span(from, to, release); a != b {
		l.Changes = l.Source + pages.compare + url.PathEscape(a) + "..." + url.PathEscape(b)
	}
	return l
}

// span returns the two ends of what has changed: the revisions if both are told, else the tags of releases, if the one
// before is called as the one that was found. Equal ends are none.
func (s Step) span(from, to Origin, release Release) (a, b string) {
	if revision.MatchString(from.Revision) && revision.MatchString(to.Revision) {
		return from.Revision, to.Revision
	}
	before, after := s.From.version(from), s.To.version(to)
	if release.Tag == "" || !numbers.MatchString(before) || strings.Count(release.Tag, after) != 1 {
		return "", ""
	}
	return strings.Replace(release.Tag, after, before, 1), release.Tag
}
