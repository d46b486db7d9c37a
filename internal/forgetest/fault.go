package forgetest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Fault is what a server does wrong with requests. The zero value is a good server.
type Fault struct {
	// Method, if not empty, and Path, a part of the path, choose the requests that it befalls.
	Method, Path string
	// Times is how many of them it befalls: 0 is all.
	Times int

	// Status, Header and Body are answered. Without a status the request is answered as usual, after Delay.
	Status int
	Header http.Header
	Body   string
	// Cut ends the connection instead of an answer.
	Cut bool
	// After says that what was asked for is done all the same, before the answer or the cut.
	After bool
	// Delay holds the answer back, as long as the client waits.
	Delay time.Duration
	// Instead answers in place of everything else.
	Instead http.HandlerFunc
}

// Set replaces the fault.
func (s *Server) Set(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// The rights that can be taken from the token.
const (
	Create    = "create"
	Update    = "update" // of title and body
	CloseIt   = "close"
	Say       = "comment"
	Label     = "label"
	Review    = "review"
	AssignIt  = "assign"
	AutoMerge = "auto-merge"
)

// Twin has another replica open at the same moment what is opened next. Gitea, which looks for such a pull request and then
// writes, lets both through.
func (s *Server) Twin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.twin = true
}

// Deny takes rights from the token, and gives back all others.
func (s *Server) Deny(rights ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denied = rights
}

// may reports whether the token has a right, and answers if it has not.
func (s *Server) may(w http.ResponseWriter, right string) bool {
	if !slices.Contains(s.denied, right) {
		return true
	}
	switch s.kind {
	case GitHub:
		fail(w, http.StatusForbidden, map[string]any{"message": "Resource not accessible by integration", "status": "403"})
	case GitLab:
		status, text := http.StatusForbidden, "403 Forbidden"
		if right == AutoMerge {
			status, text = http.StatusUnauthorized, "401 Unauthorized"
		}
		fail(w, status, map[string]any{"message": text})
	case BitbucketCloud:
		fail(w, http.StatusForbidden, map[string]any{"type": "error", "error": map[string]any{
			"message": "Your credentials lack one or more required privilege scopes.",
			"detail":  map[string]any{"required": []string{"pullrequest:write"}, "granted": []string{"pullrequest"}}}})
	case BitbucketServer:
		fail(w, http.StatusUnauthorized, atlassian("You are not permitted to access this resource"))
	case AzureDevOps:
		fail(w, http.StatusForbidden, map[string]any{"message": "TF401027: You need the Git 'PullRequestContribute' permission to perform this action.", "typeKey": "GitNeedsPermissionException"})
	default:
		fail(w, http.StatusForbidden, map[string]any{"message": "token does not have at least one of required scope(s): [write:repository]", "url": "/api/swagger"})
	}
	return false
}

// take returns the fault if it befalls a request, and counts it down.
func (s *Server) take(r *http.Request) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.fault
	if f.Method != "" && f.Method != r.Method || !strings.Contains(r.URL.EscapedPath(), f.Path) || f.none() {
		return f, false
	}
	if f.Times > 0 {
		if s.fault.Times--; s.fault.Times == 0 {
			s.fault = Fault{}
		}
	}
	return f, true
}

func (f Fault) none() bool { return f.Status == 0 && !f.Cut && f.Delay == 0 && f.Instead == nil }

// answer does wrong, and reports whether the usual answer is to follow.
func (f Fault) answer(w http.ResponseWriter, r *http.Request, usual func(http.ResponseWriter)) bool {
	if f.Delay > 0 {
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return false
		}
	}
	if f.After {
		usual(unheard{http.Header{}})
	}
	switch {
	case f.Cut:
		panic(http.ErrAbortHandler) // net/http cuts the connection
	case f.Instead != nil:
		f.Instead(w, r)
	case f.Status != 0:
		maps.Copy(w.Header(), f.Header)
		w.WriteHeader(f.Status)
		_, _ = w.Write([]byte(f.Body)) // nobody is there to be told
	default:
		return true
	}
	return false
}

// unheard takes an answer that nobody gets.
type unheard struct{ header http.Header }

func (u unheard) Header() http.Header         { return u.header }
func (u unheard) Write(p []byte) (int, error) { return len(p), nil }
func (u unheard) WriteHeader(int)             {}
