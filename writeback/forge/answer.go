package forge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// read takes from an answer what was asked for.
func (c *requester) read(q call, a answer, into any) error {
	// Azure DevOps answers 203 with a page for people to sign in where a token is not good (any more).
	if a.status < 200 || a.status > 299 || a.status == http.StatusNonAuthoritativeInfo {
		return c.statusError(q, a)
	}
	if into == nil {
		return nil
	}
	err := json.Unmarshal(a.body, into)
	if err == nil {
		return nil
	}
	what := "what is no JSON"
	if e, is := errors.AsType[*json.UnmarshalTypeError](err); is {
		what = fmt.Sprintf("JSON whose %q is no %s", e.Field, e.Type)
	} else if isHTML(a.body) {
		what = "a page of HTML: is this the forge's API (git[].forge.url), and is it a forge of kind " + string(c.kind) + "?"
	}
	return fmt.Errorf("%s: %s answered %d with %s", q.doing, c.at(q), a.status, what)
}

func isHTML(body []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) }

// statusError says what the forge said, and what it means where that is not plain.
func (c *requester) statusError(q call, a answer) error {
	e := &StatusError{Doing: q.doing, URL: c.at(q), Status: a.status, Words: c.said(a)}
	switch a.status {
	case http.StatusUnauthorized, http.StatusNonAuthoritativeInfo:
		e.Note = "the token is not taken: is it the right one, and still good?"
	case http.StatusForbidden:
		e.Note = "the token may not do this"
	case http.StatusNotFound:
		e.Note = "there is no such thing, or the token may not see it"
	}
	if a.status >= 300 && a.status < 400 {
		e.Note = "a redirect that is not followed"
		if to, err := url.Parse(a.header.Get("Location")); err == nil && to.Host != "" {
			e.Note += ", to " + c.clean(to.Scheme+"://"+to.Host, a.token)
		}
	}
	return e
}

// said is what the forge says in the body of an error. All six say it in JSON, under few names; a page of HTML is not
// shown.
func (c *requester) said(a answer) string {
	var body any
	if json.Unmarshal(a.body, &body) != nil {
		if isHTML(a.body) {
			return ""
		}
		return c.clean(strings.TrimSpace(string(a.body)), a.token)
	}
	var words []string
	collect(body, 0, &words)
	return c.clean(strings.Join(slices.Compact(words), "; "), a.token)
}

// wordy are the names under which forges put words for people.
var wordy = []string{"message", "error", "error_description", "detail", "errors", "fields"}

// collect gathers the words of an error: strings, lists of them, and maps that hold them under known names or, deeper
// down, under the name of what is wrong.
func collect(v any, depth int, words *[]string) {
	if depth > 4 || len(*words) > 10 {
		return
	}
	switch v := v.(type) {
	case string:
		*words = append(*words, v)
	case []any:
		for _, e := range v {
			collect(e, depth+1, words)
		}
	case map[string]any:
		known := false
		for _, name := range wordy {
			if e, has := v[name]; has {
				known = true
				collect(e, depth+1, words)
			}
		}
		if known || depth == 0 {
			return
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			var about []string
			if collect(v[name], depth+1, &about); len(about) > 0 {
				*words = append(*words, name+": "+strings.Join(about, ", "))
			}
		}
	}
}

// status returns the status of an answer that an error is about, 0 if there was none.
func status(err error) int {
	if e, is := errors.AsType[*StatusError](err); is {
		return e.Status
	}
	return 0
}

// optional turns an answer that declines into what the caller can pass over. GitLab and Bitbucket Data Center answer 401
// to a good token that lacks a right; a bad one does not get as far as here.
func optional(err error) error {
	switch status(err) {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusConflict, http.StatusUnprocessableEntity:
		return &RightsError{Err: err}
	}
	return err
}

// stamp is a time in JSON that need not be one: a time that cannot be read spoils nothing.
type stamp struct{ time.Time }

// UnmarshalJSON reads RFC 3339, and milliseconds since 1970 as Bitbucket Data Center gives them.
func (s *stamp) UnmarshalJSON(text []byte) error {
	var ms int64
	if json.Unmarshal(text, &ms) == nil && ms > 0 {
		s.Time = time.UnixMilli(ms).UTC()
		return nil
	}
	var t time.Time
	if json.Unmarshal(text, &t) == nil {
		s.Time = t.UTC()
		if t.IsZero() {
			s.Time = time.Time{}
		}
	}
	return nil
}

// unlessDeclined passes over what a forge does not tell to this token.
func unlessDeclined(err error) error {
	if _, is := errors.AsType[*RightsError](optional(err)); is {
		return nil
	}
	return err
}
