package registry

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	maxScopes     = 50      // of one token request
	maxScopeBytes = 4 << 10 // of the paths in it: many servers refuse a request line of 8 KiB
	anyPath       = "*"     // stands for every repository
)

// token opens lists until shortly before it expires. It is never written anywhere.
type token struct {
	header string // made once: a token for fifty repositories has kilobytes
	text   string // the part of header that is the token
	until  time.Time
}

// tokens are the tokens of one registry, and the repositories that tokens will be needed for.
type tokens struct {
	now func() time.Time

	mu       sync.Mutex
	byPath   map[string]*token
	expected []string        // in the order in which they are thought to be asked for
	known    map[string]bool // the same as a set
	apart    map[string]bool // not asked for together with others again
}

func (t *tokens) init(now func() time.Time) {
	t.now = now
	t.byPath, t.known, t.apart = make(map[string]*token), make(map[string]bool), make(map[string]bool)
}

// announce has the repositories expected before all others, in this order: they are asked for soon.
func (t *tokens) announce(paths []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	again := make(map[string]bool, len(paths))
	soon := make([]string, 0, max(len(paths), len(t.expected)))
	for _, path := range paths {
		if !again[path] {
			again[path], t.known[path] = true, true
			soon = append(soon, path)
		}
	}
	for _, path := range t.expected {
		if !again[path] {
			soon = append(soon, path)
		}
	}
	t.expected = soon
}

// expect notes that the repository is asked for, where nobody has announced it.
func (t *tokens) expect(path string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.known[path] {
		t.known[path] = true
		t.expected = append(t.expected, path)
	}
}

// valid returns a token that opens the repository, or nil.
func (t *tokens) valid(path string) *token {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.find(path)
}

func (t *tokens) find(path string) *token {
	now := t.now()
	for _, key := range []string{path, anyPath} {
		if tok := t.byPath[key]; tok != nil && now.Before(tok.until) {
			return tok
		}
	}
	return nil
}

// batch returns the repositories to ask a token for: path, and unless alone others that are expected and have none.
func (t *tokens) batch(path string, alone bool) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	paths := []string{path}
	if alone || t.apart[path] {
		return paths
	}
	size := 0
	for _, other := range t.expected {
		if other == path || t.apart[other] || t.find(other) != nil {
			continue
		}
		if size += scopeBytes(other); size > maxScopeBytes || len(paths) == maxScopes {
			break
		}
		paths = append(paths, other)
	}
	return paths
}

// scopeBytes returns how long the scope of a repository makes a token request.
func scopeBytes(path string) int {
	return len(url.QueryEscape("repository:"+path+":pull")) + len("&scope=")
}

// add notes that the token opens the repositories.
func (t *tokens) add(tok *token, paths ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, path := range paths {
		t.byPath[path] = tok
	}
}

// separate has those of the repositories that have no token asked for alone from now on.
func (t *tokens) separate(paths ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, path := range paths {
		if t.find(path) == nil {
			t.apart[path] = true
		}
	}
}

// withdraw drops a token that the registry refused, for all it was to open.
func (t *tokens) withdraw(refused *token) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for path, tok := range t.byPath {
		if tok == refused {
			delete(t.byPath, path)
		}
	}
}

// clear drops all tokens.
func (t *tokens) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.byPath)
}

// opens returns those of the paths that the token says it opens, in their order, and whether it says anything. A token
// server may grant less than it was asked for without a word, but its tokens are most often JWTs whose claim "access"
// tells. (The registry checks the signature; here the claim only saves requests.)
func opens(text string, paths []string) (opened []string, readable bool) {
	var claims struct {
		Access *[]struct {
			Type    string   `json:"type"`
			Name    string   `json:"name"`
			Actions []string `json:"actions"`
		} `json:"access"`
	}
	if !readClaims(text, &claims) || claims.Access == nil {
		return nil, false
	}
	granted := make(map[string]bool)
	for _, a := range *claims.Access {
		if a.Type == "repository" && (slices.Contains(a.Actions, "pull") || slices.Contains(a.Actions, "*")) {
			granted[a.Name] = true
		}
	}
	for _, path := range paths {
		if granted[path] {
			opened = append(opened, path)
		}
	}
	return opened, true
}

// readClaims reads what a token says of itself, and reports whether it is a JWT that says it.
func readClaims(text string, claims any) bool {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return false
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	return err == nil && json.Unmarshal(payload, claims) == nil
}
