package gittest

import (
	"crypto/subtle"
	"io"
	"net/http"
	"net/http/cgi"
	"os/exec"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// The services of a repository, as requests name them.
const (
	UploadPack  = "git-upload-pack"
	ReceivePack = "git-receive-pack"
)

// Faults are what a server does wrong. The zero value is a good server.
type Faults struct {
	// NoFilter takes partial clones out of what is offered.
	NoFilter bool
	// NoTreeFilter refuses partial clones by the depth of trees, which are offered together with those without blobs.
	NoTreeFilter bool
	// NoWants refuses single objects. Over HTTP Git hands out what can be reached all the same.
	NoWants bool
	// Username and Password are asked for (Basic authentication) unless both are empty.
	Username, Password string
	// Logins, if it is not 0, is for how many requests these are good.
	Logins int
	// Status answers requests instead of git while StatusCount lasts; a negative count lasts for ever. StatusFor limits
	// it to requests of one service that are no advertisement; StatusText is the body.
	Status      int
	StatusCount int
	StatusFor   string
	StatusText  string
	// Delay holds every answer back, as long as the client waits.
	Delay time.Duration
	// BeforeReceive runs between the advertisement and each push: whatever it pushes wins the race.
	BeforeReceive func()
	// LoseAnswers is the number of pushes that are accepted and whose answer is lost.
	LoseAnswers int
	// Bare takes everything out of what is offered that a server can do without: bands, shallow and partial clones, even
	// its name.
	Bare bool
	// Azure makes the server one as Azure DevOps is: it wants multi_ack, knows the filters blob:none and tree:0 alone, and
	// refuses haves.
	Azure bool
	// Redirect sends requests for advertisements to another server: a URL that takes the place of this one's root.
	Redirect string
}

// config is the configuration of git that the faults leave.
func (f Faults) config() [][2]string {
	config := [][2]string{{"safe.directory", "*"}, {"gc.auto", "0"}, {"receive.autogc", "false"}}
	if !f.NoFilter {
		config = append(config, [2]string{"uploadpack.allowFilter", "true"})
	}
	if f.NoTreeFilter {
		config = append(config, [2]string{"uploadpackfilter.tree.allow", "false"})
	}
	if !f.NoWants {
		config = append(config, [2]string{"uploadpack.allowAnySHA1InWant", "true"})
	}
	return config
}

// Request is one that was answered.
type Request struct {
	Method  string
	Path    string
	Service string // also of an advertisement
	Advert  bool
	Status  int
	In, Out int64 // bytes of the bodies
	Auth    bool  // it carried credentials
}

// Server is an [http.Handler] that serves the bare repositories in a folder, each under its name.
type Server struct {
	root string

	mu       sync.Mutex // guards the fields that follow
	faults   Faults
	requests []Request
}

// New returns a server of the repositories in root.
func New(root string) *Server { return &Server{root: root} }

// Set replaces the faults.
func (s *Server) Set(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
}

// Requests returns what was answered so far, in the order of the answers.
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

// Count returns how many requests were made of a service: advertisements and the others.
func (s *Server) Count(service string) (adverts, calls int) {
	for _, r := range s.Requests() {
		switch {
		case r.Service != service:
		case r.Advert:
			adverts++
		default:
			calls++
		}
	}
	return adverts, calls
}

// ServeHTTP answers by git http-backend, or as the faults will have it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	req := Request{Method: r.Method, Path: r.URL.Path, Service: path.Base(r.URL.Path)}
	if req.Service == "refs" {
		req.Service, req.Advert = r.URL.Query().Get("service"), true
	}
	_, _, req.Auth = r.BasicAuth()
	f := s.take(req)
	in := &countingBody{ReadCloser: r.Body}
	r.Body = in
	out := &countingWriter{ResponseWriter: w, status: http.StatusOK}
	defer func() {
		req.In, req.Out, req.Status = in.n, out.n, out.status
		s.mu.Lock()
		defer s.mu.Unlock()
		s.requests = append(s.requests, req)
	}()
	s.answer(out, r, req, f)
}

// take returns the faults as they are for this request, and counts down those that last for a while.
func (s *Server) take(r Request) Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.faults
	if f.Logins > 0 {
		if s.faults.Logins--; s.faults.Logins == 0 {
			s.faults.Logins, s.faults.Password = -1, "nobody knows it"
		}
	}
	switch applies := f.StatusFor == "" || (f.StatusFor == r.Service && !r.Advert); {
	case f.StatusCount == 0 || !applies:
		f.Status = 0
	case f.StatusCount > 0:
		s.faults.StatusCount--
	}
	if r.Service == ReceivePack && !r.Advert && s.faults.LoseAnswers > 0 {
		s.faults.LoseAnswers--
	} else {
		f.LoseAnswers = 0
	}
	return f
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, req Request, f Faults) {
	if !wait(r, f.Delay) {
		return
	}
	switch {
	case f.Redirect != "" && req.Advert:
		http.Redirect(w, r, strings.TrimSuffix(f.Redirect, "/")+r.URL.RequestURI(), http.StatusFound)
		return
	case f.Status != 0:
		http.Error(w, f.StatusText, f.Status)
		return
	case !authorized(r, f):
		w.Header().Set("WWW-Authenticate", `Basic realm="gittest"`)
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return
	}
	if f.BeforeReceive != nil && req.Service == ReceivePack && !req.Advert {
		f.BeforeReceive()
	}
	if f.LoseAnswers > 0 {
		s.backend(f).ServeHTTP(unheard{http.Header{}}, r)
		panic(http.ErrAbortHandler) // net/http cuts the connection
	}
	switch {
	case f.Azure:
		s.azure(w, r, req, f)
		return
	case f.Bare && req.Advert:
		s.advertise(w, r, f, bareCapabilities)
		return
	}
	s.backend(f).ServeHTTP(w, r)
}

// wait holds an answer back and reports whether the client is still there.
func wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

func authorized(r *http.Request, f Faults) bool {
	if f.Username == "" && f.Password == "" {
		return true
	}
	user, password, _ := r.BasicAuth()
	return subtle.ConstantTimeCompare([]byte(user+"\x00"+password), []byte(f.Username+"\x00"+f.Password)) == 1
}

// backend is git http-backend with the configuration that the faults leave.
func (s *Server) backend(f Faults) http.Handler {
	git, err := exec.LookPath("git")
	if err != nil {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		})
	}
	config := append(f.config(), [2]string{"http.receivepack", "true"})
	return &cgi.Handler{
		Path:   git,
		Args:   []string{"http-backend"},
		Dir:    s.root,
		Env:    append(serverEnvironment(config), "GIT_PROJECT_ROOT="+s.root, "GIT_HTTP_EXPORT_ALL=1"),
		Stderr: io.Discard,
	}
}

// unheard takes an answer that nobody gets.
type unheard struct{ header http.Header }

func (u unheard) Header() http.Header         { return u.header }
func (u unheard) Write(p []byte) (int, error) { return len(p), nil }
func (u unheard) WriteHeader(int)             {}

type countingBody struct {
	io.ReadCloser
	n int64
}

func (c *countingBody) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n += int64(n)
	return n, err
}

type countingWriter struct {
	http.ResponseWriter
	n      int64
	status int
}

func (c *countingWriter) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.n += int64(n)
	return n, err
}

// Unwrap lets net/http reach what is underneath.
func (c *countingWriter) Unwrap() http.ResponseWriter { return c.ResponseWriter }
