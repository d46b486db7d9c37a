package registry

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// challenge is what a registry wants to be shown (RFC 9110, section 11.6.1; the Bearer scheme with realm, service and
// scope is the distribution project's).
type challenge struct {
	Scheme  string `json:"scheme"` // schemeBasic, schemeBearer, or "" for a registry that asks for nothing
	Realm   string `json:"realm,omitempty"`
	Service string `json:"service,omitempty"`
	Actions string `json:"actions,omitempty"` // of the scope that lists need; "" = pull. ACR wants metadata_read, too
	Single  bool   `json:"single,omitempty"`  // the token server does not grant several scopes at once
	scope   string // named by the answer that held the challenge
}

const (
	schemeBasic  = "basic"
	schemeBearer = "bearer"

	challengeBucket = "challenge"
	challengeAge    = 7 * 24 * time.Hour

	// maxChallenge bounds the parts of a challenge that are kept.
	maxChallenge = 4 << 10
)

// sameServer reports whether both lead to the same token server.
func (c challenge) sameServer(other challenge) bool {
	return c.Scheme == other.Scheme && c.Realm == other.Realm && c.Service == other.Service
}

func (c challenge) actions() string {
	if c.Actions == "" {
		return "pull"
	}
	return c.Actions
}

// scopeOf returns the scope that opens the lists of a repository.
func (c challenge) scopeOf(path string) string { return "repository:" + path + ":" + c.actions() }

// moreActions returns the actions that the scope of a refused request names for the path beyond those that were asked.
func (c challenge) moreActions(path, scope string) (string, bool) {
	named, found := strings.CutPrefix(scope, "repository:"+path+":")
	if !found {
		return "", false
	}
	actions := c.actions()
	for action := range strings.SplitSeq(named, ",") {
		if isAction(action) && !strings.Contains(","+actions+",", ","+action+",") {
			actions += "," + action
		}
	}
	return actions, actions != c.actions()
}

// isAction: nothing but reading is ever asked for.
func isAction(s string) bool { return s == "pull" || s == "metadata_read" }

// parseChallenge returns the first challenge of an answer that can be met.
func parseChallenge(header http.Header) (challenge, bool) {
	for _, value := range header.Values("WWW-Authenticate") {
		for _, c := range splitChallenges(value) {
			switch strings.ToLower(c.scheme) {
			case schemeBasic:
				return challenge{Scheme: schemeBasic}, true
			case schemeBearer:
				if realm := c.parameters["realm"]; realm != "" && len(realm)+len(c.parameters["service"]) < maxChallenge {
					return challenge{
						Scheme:  schemeBearer,
						Realm:   realm,
						Service: c.parameters["service"],
						scope:   c.parameters["scope"],
					}, true
				}
			}
		}
	}
	return challenge{}, false
}

// rawChallenge is one challenge as written.
type rawChallenge struct {
	scheme     string
	parameters map[string]string // names in lower case; the first of a name counts
}

// splitChallenges reads the grammar
//
//	challenges = challenge *( "," challenge )
//	challenge  = scheme [ 1*SP ( token68 / parameter *( "," parameter ) ) ]
//	parameter  = token "=" ( token / quoted-string )
//
// with any space and empty elements between. A comma may end a parameter or a challenge: what follows it is a new
// challenge if it is a token without "=". What cannot be read ends the reading; what came before it stays.
func splitChallenges(s string) []rawChallenge {
	var all []rawChallenge
	for {
		s = strings.TrimLeft(s, " \t,")
		word := s[:tokenLength(s)]
		if word == "" {
			return all
		}
		rest := strings.TrimLeft(s[len(word):], " \t")
		if len(all) > 0 && strings.HasPrefix(rest, "=") {
			value, after, ok := parameterValue(strings.TrimLeft(rest[1:], " \t"))
			if !ok {
				return all
			}
			last := all[len(all)-1].parameters
			if name := strings.ToLower(word); last[name] == "" {
				last[name] = value
			}
			s = after
			continue
		}
		all = append(all, rawChallenge{scheme: word, parameters: make(map[string]string)})
		s = skipToken68(rest)
	}
}

// skipToken68 drops the one value that schemes such as Negotiate have instead of parameters. One with "=" inside or no
// comma after it is none.
func skipToken68(s string) string {
	n := tokenLength(s)
	for n < len(s) && (s[n] == '/' || s[n] == ':') {
		n += 1 + tokenLength(s[n+1:])
	}
	rest := strings.TrimLeft(s[n:], " \t")
	padding := strings.TrimLeft(strings.TrimLeft(rest, "="), " \t")
	if n > 0 && (padding == "" || padding[0] == ',') {
		return padding
	}
	return s
}

// parameterValue reads a token or a quoted string.
func parameterValue(s string) (value, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		n := tokenLength(s)
		return s[:n], s[n:], n > 0
	}
	var text strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return text.String(), s[i+1:], true
		case '\\':
			if i++; i == len(s) {
				return "", "", false
			}
		}
		text.WriteByte(s[i])
	}
	return "", "", false
}

// tokenLength returns the length of the token (RFC 9110, section 5.6.2) that s begins with.
func tokenLength(s string) int {
	for i := range len(s) {
		c := s[i]
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return i
		}
	}
	return len(s)
}

// loadChallenge returns what an earlier process learned.
func (h *host) loadChallenge() (c challenge, found bool) {
	entry, found := h.client.cache.Get(challengeBucket, h.place())
	if !found {
		return challenge{}, false
	}
	age := h.client.now().Sub(entry.At)
	if age < 0 || age > challengeAge || json.Unmarshal(entry.Value, &c) != nil {
		return challenge{}, false
	}
	return c, c.Scheme == schemeBasic || c.Scheme == schemeBearer && c.Realm != ""
}

// saveChallenge keeps it for the next process, unless the registry asks for nothing, which costs nothing to find out,
// or for what it does not get.
func (h *host) saveChallenge(c challenge) {
	_, err := h.checkRealm(c.Realm)
	if c.Scheme == "" || c.Scheme == schemeBearer && err != nil {
		err = h.client.cache.Delete(challengeBucket, h.place())
	} else if value, jsonErr := json.Marshal(c); jsonErr != nil {
		err = jsonErr
	} else {
		err = h.client.cache.Put(challengeBucket, h.place(), value, h.client.now())
	}
	if err != nil {
		h.client.log.Debug("challenge is not kept", "registry", h.entry.Host, "err", err)
	}
}
