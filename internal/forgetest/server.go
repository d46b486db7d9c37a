package forgetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/image-updater/image-updater/internal/gittest"
)

// The kinds of forge, by the words of the policy file.
const (
	GitHub          = "github"
	GitLab          = "gitlab"
	Gitea           = "gitea" // and Forgejo
	BitbucketCloud  = "bitbucket-cloud"
	BitbucketServer = "bitbucket-server"
	AzureDevOps     = "azure-devops"
)

// Kinds are all of them.
var Kinds = []string{GitHub, GitLab, Gitea, BitbucketCloud, BitbucketServer, AzureDevOps}

const (
	// Token lets in, until SetToken.
	Token = "forgetest-t0k3n-hunter2"
	// Bot is the user that the token stands for.
	Bot = "image-updater-bot"
	// Person is who does what a person does.
	Person = "ada"
)

// people may be asked for a review and made responsible. A name that is not here is nobody's.
var people = []string{Bot, Person, "grace", "linus"}

// Request is one that was answered.
type Request struct {
	Method string
	Path   string // escaped, without the query
	Query  string
	Status int
}

// Server is an [http.Handler] that is a forge with one repository.
type Server struct {
	// Repository is the bare repository.
	Repository *gittest.Repository
	// Git serves it; its own faults and counts are set and read there.
	Git *gittest.Server
	// Now is the clock; nil is time.Now. It is set before the first request.
	Now func() time.Time

	kind  string
	owner string // "acme", also for organizations and workspaces
	name  string
	path  string
	mux   *http.ServeMux

	mu       sync.Mutex // guards the fields that follow
	token    string
	fault    Fault
	denied   []string
	requests []Request
	state
}

// New makes a repository with one commit of files below root, and returns the forge that serves it.
func New(root, kind string, files gittest.Files) (*Server, error) {
	s := &Server{kind: kind, owner: "acme", name: "fleet", token: Token, mux: http.NewServeMux()}
	switch kind {
	case GitHub, GitLab, Gitea, BitbucketCloud:
		s.path = "/acme/fleet.git"
	case BitbucketServer:
		s.owner, s.path = "ACME", "/scm/ACME/fleet.git"
	case AzureDevOps:
		s.path = "/acme/platform/_git/fleet"
	default:
		return nil, fmt.Errorf("unknown kind of forge %q", kind)
	}
	var err error
	if s.Repository, err = gittest.Create(filepath.Join(root, filepath.FromSlash(s.path)), files); err != nil {
		return nil, err
	}
	s.Git = gittest.New(root)
	map[string]func(*Server){
		GitHub: routeGitHub, GitLab: routeGitLab, Gitea: routeGitea, BitbucketCloud: routeBitbucketCloud,
		BitbucketServer: routeBitbucketServer, AzureDevOps: routeAzureDevOps,
	}[kind](s)
	return s, nil
}

// Path is where the repository is on the server, for Git.
func (s *Server) Path() string { return s.path }

// SetToken makes another token the one that lets in.
func (s *Server) SetToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = token
}

// Requests returns the requests of the API that were answered so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Forget empties the list of requests.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

// Count returns how many requests of the API were answered, of a method if it is not empty.
func (s *Server) Count(method string) int {
	n := 0
	for _, r := range s.Requests() {
		if method == "" || r.Method == method {
			n++
		}
	}
	return n
}

// ServeHTTP answers for Git, for the API, or as the fault will have it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest, is := strings.CutPrefix(r.URL.Path, s.path); is && (rest == "/info/refs" || strings.HasPrefix(rest, "/git-")) {
		s.serveGit(w, r)
		return
	}
	out := &recorder{ResponseWriter: w, status: http.StatusOK}
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.requests = append(s.requests, Request{Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Status: out.status})
	}()
	fault, applies := s.take(r)
	if applies && !fault.answer(out, r, func(w http.ResponseWriter) { s.serveAPI(w, r) }) {
		return
	}
	s.serveAPI(out, r)
}

// serveGit lets in whoever shows the token as the password.
func (s *Server) serveGit(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	token := s.token
	s.mu.Unlock()
	if _, password, _ := r.BasicAuth(); password != token {
		w.Header().Set("WWW-Authenticate", `Basic realm="forgetest"`)
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return
	}
	s.Git.ServeHTTP(w, r)
}

// serveAPI answers one request at a time, with the state of the branches as it is now.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.authorized(r) {
		s.unauthorized(w)
		return
	}
	if err := s.sync(); err != nil {
		fail(w, http.StatusInternalServerError, map[string]any{"message": err.Error()})
		return
	}
	s.mux.ServeHTTP(w, r)
}

// authorized checks the token in the form that the forge documents for it.
func (s *Server) authorized(r *http.Request) bool {
	shown := r.Header.Get("Authorization")
	user, password, basic := r.BasicAuth()
	switch s.kind {
	case Gitea:
		return shown == "token "+s.token
	case AzureDevOps:
		return basic && user == "" && password == s.token
	case BitbucketCloud:
		return shown == "Bearer "+s.token || basic && strings.Contains(user, "@") && password == s.token
	default:
		return shown == "Bearer "+s.token
	}
}

func (s *Server) unauthorized(w http.ResponseWriter) {
	switch s.kind {
	case GitHub:
		fail(w, http.StatusUnauthorized, map[string]any{"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest", "status": "401"})
	case GitLab:
		fail(w, http.StatusUnauthorized, map[string]any{"message": "401 Unauthorized"})
	case BitbucketCloud:
		fail(w, http.StatusUnauthorized, map[string]any{"type": "error", "error": map[string]any{"message": "Token is invalid or not supported for this endpoint."}})
	case BitbucketServer:
		fail(w, http.StatusUnauthorized, atlassian("Authentication failed. Please check your credentials and try again."))
	case AzureDevOps: // a page to sign in
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusNonAuthoritativeInfo)
		fmt.Fprint(w, "<!DOCTYPE html><html><head><title>Sign In</title></head></html>")
	default:
		fail(w, http.StatusUnauthorized, map[string]any{"message": "invalid username, password or token", "url": "/api/swagger"})
	}
}

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets net/http reach what is underneath.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func fail(w http.ResponseWriter, status int, body any) { answer(w, status, body) }

// answer writes JSON.
func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if body != nil {
		_ = json.NewEncoder(w).Encode(body) // nobody is there to be told
	}
}

// decode reads a request, or answers that it cannot be read.
func decode(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		fail(w, http.StatusBadRequest, map[string]any{"message": "Problems parsing JSON: " + err.Error()})
		return false
	}
	return true
}

// pathInt is a number in the path, 0 if it is none.
func pathInt(r *http.Request, name string) int {
	n := 0
	if _, err := fmt.Sscanf(r.PathValue(name), "%d", &n); err != nil {
		return 0
	}
	return n
}
