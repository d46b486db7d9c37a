package registry

import (
	"net/http"
	"net/url"
	"strings"
)

// nextLink returns the target of the Link that leads to the next page (RFC 8288, as the OCI distribution specification
// has it for tag lists), or "". A Link without rel is taken for one: some registries leave it out.
func nextLink(header http.Header) string {
	for _, value := range header.Values("Link") {
		for value != "" {
			var l link
			l, value = cutLink(value)
			if l.target != "" && l.isNext() {
				return l.target
			}
		}
	}
	return ""
}

// link is one value of a Link header.
type link struct {
	target string
	rel    string
	hasRel bool
}

func (l link) isNext() bool {
	if !l.hasRel {
		return true
	}
	for word := range strings.FieldsSeq(l.rel) {
		if strings.EqualFold(word, "next") {
			return true
		}
	}
	return false
}

// cutLink reads the first of the comma-separated values
//
//	"<" target ">" *( ";" name [ "=" ( token / quoted-string ) ] )
//
// and returns the rest. What cannot be read is skipped up to the next comma.
func cutLink(s string) (l link, rest string) {
	s = strings.TrimLeft(s, " \t,")
	end := strings.IndexByte(s, '>')
	if !strings.HasPrefix(s, "<") || end < 0 {
		_, rest, _ = strings.Cut(s, ",")
		return link{}, rest
	}
	l.target, s = s[1:end], s[end+1:]
	for {
		s = strings.TrimLeft(s, " \t")
		if !strings.HasPrefix(s, ";") {
			_, rest, _ = strings.Cut(s, ",")
			return l, rest
		}
		s = strings.TrimLeft(s[1:], " \t;")
		name := s[:tokenLength(s)]
		s = strings.TrimLeft(s[len(name):], " \t")
		if !strings.HasPrefix(s, "=") {
			continue
		}
		value, after, ok := parameterValue(strings.TrimLeft(s[1:], " \t"))
		if !ok {
			return l, ""
		}
		if strings.EqualFold(name, "rel") && !l.hasRel {
			l.rel, l.hasRel = value, true
		}
		s = after
	}
}

// nextPage returns the URL of the page that a Link on the page at leads to, or nil for a Link to another origin. Of the
// target only the query is used: the path of a list is known, and some registries behind proxies get it wrong
// (Artifactory loses the repository's first part, Nexus adds its own).
func nextPage(at *url.URL, target string) *url.URL {
	u, err := at.Parse(target)
	if err != nil || !sameOrigin(at, u) {
		return nil
	}
	next := *at
	next.RawQuery = u.RawQuery
	return &next
}
