package registrytest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options of [New]. The zero value is a well-behaved registry that anyone may read, with lists in one page.
type Options struct {
	Auth      Auth
	Paging    Paging
	NoDigest  bool             // answers for manifests lack Docker-Content-Digest
	BlobStore string           // scheme and host that blobs are redirected to; it is the same handler; "" = they are sent
	API       API              // beside the specification; the zero value is none
	Now       func() time.Time // for the expiry of tokens and the window of pulls; nil = time.Now
}

// Registry is a registry in memory. It is safe for concurrent use.
type Registry struct {
	options Options

	mu        sync.Mutex
	tags      map[string][]string // path -> tags, sorted
	pushed    map[string]pushed   // path:tag -> what it points to
	documents map[string]document // path@digest -> manifest or config
	faults    map[Kind]Fault
	counts    Counts
	asked     [][]string       // the scopes of each token request
	granted   map[string]grant // token -> what it opens
	minted    int              // tokens made so far
	requests  map[string]int   // method and path -> how often
	metering  Metering
	spent     map[string][]time.Time // account -> when its pulls were made, others' included
	pulls     map[string]int         // account -> pulls by requests
}

// New returns an empty registry.
func New(o Options) *Registry {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Registry{
		options:   o,
		tags:      make(map[string][]string),
		pushed:    make(map[string]pushed),
		documents: make(map[string]document),
		faults:    make(map[Kind]Fault),
		granted:   make(map[string]grant),
		requests:  make(map[string]int),
		spent:     make(map[string][]time.Time),
		pulls:     make(map[string]int),
	}
}

// Add makes the repository, if it is not there, and adds tags to it. Nothing is checked: an illegal tag is listed as
// it is.
func (r *Registry) Add(repository string, tags ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := append(r.tags[repository], tags...)
	slices.Sort(all)
	r.tags[repository] = slices.Compact(all)
}

// Remove takes tags away.
func (r *Registry) Remove(repository string, tags ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tags[repository] = slices.DeleteFunc(r.tags[repository], func(tag string) bool { return slices.Contains(tags, tag) })
	for _, tag := range tags {
		delete(r.pushed, repository+":"+tag)
	}
}

// Kind is a kind of request.
type Kind string

// The kinds of requests.
const (
	Ping  Kind = "ping"  // GET /v2/
	Token Kind = "token" // GET or POST /token
	List  Kind = "list"  // GET .../tags/list
	Head  Kind = "head"  // HEAD .../manifests/...
	Get   Kind = "get"   // GET .../manifests/...
	Blob  Kind = "blob"  // GET .../blobs/...
	Tell  Kind = "tell"  // GET of tags from an API beside the specification
	Login Kind = "login" // POST to Docker Hub's API for a token
	Other Kind = "other"
)

// Counts says how often each kind of request was made, refused and failed ones included.
type Counts struct {
	Ping, Token, List, Head, Get, Blob, Tell, Login, Other int
}

func (c *Counts) add(kind Kind) {
	switch kind {
	case Ping:
		c.Ping++
	case Token:
		c.Token++
	case List:
		c.List++
	case Head:
		c.Head++
	case Get:
		c.Get++
	case Blob:
		c.Blob++
	case Tell:
		c.Tell++
	case Login:
		c.Login++
	default:
		c.Other++
	}
}

// Total is the number of all requests.
func (c Counts) Total() int {
	return c.Ping + c.Token + c.List + c.Head + c.Get + c.Blob + c.Tell + c.Login + c.Other
}

// Counts returns what was asked since the registry was made or [Registry.Reset].
func (r *Registry) Counts() Counts {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts
}

// Lists returns how often the tags of one repository were asked for, each page counted.
func (r *Registry) Lists(repository string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.requests["GET /v2/"+repository+"/tags/list"]
}

// Scopes returns the scopes of each token request, in order.
func (r *Registry) Scopes() [][]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.asked)
}

// Reset forgets what was counted, not what is stored nor the tokens that were granted.
func (r *Registry) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts, r.asked = Counts{}, nil
	clear(r.requests)
}

// request is one request, read once.
type request struct {
	kind       Kind
	repository string
	reference  string // of a manifest or blob
}

func parseRequest(req *http.Request) request {
	path := req.URL.Path
	rest, isV2 := strings.CutPrefix(path, "/v2/")
	switch {
	case path == "/token":
		return request{kind: Token}
	case !isV2:
		return request{kind: Other}
	case rest == "":
		return request{kind: Ping}
	}
	if repository, found := strings.CutSuffix(rest, "/tags/list"); found && req.Method == http.MethodGet {
		return request{kind: List, repository: repository}
	}
	if i := strings.LastIndex(rest, "/manifests/"); i > 0 {
		q := request{kind: Get, repository: rest[:i], reference: rest[i+len("/manifests/"):]}
		if req.Method == http.MethodHead {
			q.kind = Head
		}
		return q
	}
	if i := strings.LastIndex(rest, "/blobs/"); i > 0 && req.Method == http.MethodGet {
		return request{kind: Blob, repository: rest[:i], reference: rest[i+len("/blobs/"):]}
	}
	return request{kind: Other}
}

// ServeHTTP answers as a registry does.
func (r *Registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	api, found := r.options.API.find(req.URL)
	q := parseRequest(req)
	if found {
		q = api.request
	}
	fault := r.count(req, q.kind)
	if fault.replaces() {
		fault.serve(w, req)
		return
	}
	w = fault.spoil(w, req)
	switch {
	case q.kind == Token:
		r.serveToken(w, req)
		return
	case found:
		api.serve(r, w, req, q)
		return
	}
	inStore := q.kind == Blob && r.options.BlobStore == origin(req) // where the URL is what opens
	if !inStore && !r.authorize(w, req, q) {
		return
	}
	switch q.kind {
	case Ping:
		w.WriteHeader(http.StatusOK)
	case List:
		r.serveList(w, req, q.repository)
	case Get, Head:
		r.serveManifest(w, req, q)
	case Blob:
		r.serveBlob(w, req, q)
	default:
		sendError(w, http.StatusNotFound, "UNSUPPORTED", "the operation is unsupported")
	}
}

// count notes the request and returns the fault that meets it.
func (r *Registry) count(req *http.Request, kind Kind) Fault {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts.add(kind)
	r.requests[req.Method+" "+req.URL.Path]++
	fault, found := r.faults[kind]
	if found && fault.Times > 0 {
		fault.Times--
		if fault.Times == 0 {
			delete(r.faults, kind)
		} else {
			r.faults[kind] = fault
		}
	}
	return fault
}

// sendError answers with an error as the specification has it.
func sendError(w http.ResponseWriter, status int, code, message string) {
	type entry struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	body, err := json.Marshal(map[string][]entry{"errors": {{code, message}}})
	if err != nil {
		panic(err) // two strings are always JSON
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(body)
}
