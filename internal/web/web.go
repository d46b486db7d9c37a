package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/image-updater/image-updater/internal/status"
)

// Options is what the handler gets from the rest of the program.
type Options struct {
	// Status is what is known now. It must not wait for anything.
	Status func() status.Status
	// Changed returns a channel that is closed when there is a newer Status than now. nil: the page does not change by
	// itself.
	Changed func() <-chan struct{}
	// Explain says why a reference gets the tag it gets. What is not there is an [ErrUnknown]. nil: no page says so.
	Explain func(context.Context, Place) (status.Decision, error)
	// Scan has images looked at soon and returns which. An image or policy that is not known is an [ErrUnknown]. nil: it
	// cannot be asked for.
	Scan func(ScanRequest) (images []string, err error)
	// Alive returns an error when the daemon does not go on. nil: it always does.
	Alive func() error
	// Hooks answers all that is below /hooks/. nil: there are none.
	Hooks http.Handler
	// Credentials are those that let somebody in now. nil: everybody is.
	Credentials func() Credentials
	// Local says that everybody is let in because only this machine can ask: who asks by another name than an address or
	// localhost is refused, lest a web site have its name point here and read all with the browser of its visitor.
	Local bool
	// Now is the time, nil = time.Now.
	Now func() time.Time
	// Log gets what goes wrong inside, nil = nothing does.
	Log *slog.Logger
}

// Place is where a reference stands, and the policy that governs it.
type Place struct {
	Policy string
	Git    string
	File   string
	Line   int
}

// ScanRequest names what is to be looked at: the image, or that of the policy.
type ScanRequest struct {
	Image  string
	Policy string
}

// ErrUnknown is what a policy, reference or image that is not known is answered with.
var ErrUnknown = errors.New("not known")

// site holds what all answers need.
type site struct {
	Options
	assets  assets
	pages   pages
	streams chan struct{} // a place for each open /events
}

// New returns the handler.
func New(options Options) http.Handler {
	s := &site{Options: options, assets: loadAssets(), streams: make(chan struct{}, mostStreams)}
	s.pages = parsePages(s.assets)
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	return s.secure(bounded(s.routes()))
}

// routes joins what is open to all and what is not.
func (s *site) routes() http.Handler {
	open := http.NewServeMux()
	open.HandleFunc("GET /healthz", s.healthz)
	open.HandleFunc("GET /readyz", s.readyz)
	if s.Hooks != nil {
		open.Handle("/hooks/", s.Hooks)
	}
	open.Handle("/", s.local(s.guard(sameOrigin(s.guarded()))))
	return open
}

// guarded is what wants a credential where there are any.
func (s *site) guarded() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page(s.overview))
	mux.HandleFunc("GET /policies", s.page(s.policies))
	mux.HandleFunc("GET /policies/{name}", s.page(s.policy))
	mux.HandleFunc("GET /registries/{host}", s.page(s.registry))
	mux.HandleFunc("GET /git/{name}", s.page(s.git))
	mux.HandleFunc("GET /history", s.page(s.history))
	mux.HandleFunc("GET /events", s.events)
	mux.HandleFunc("GET /static/{file}", s.static)
	mux.Handle("GET /metrics", s.metrics())
	mux.HandleFunc("/", s.page(nowhere))
	s.routeAPI(mux)
	return mux
}

// healthz tells whether the daemon goes on: a machine that asks starts it again when not.
func (s *site) healthz(w http.ResponseWriter, _ *http.Request) {
	if s.Alive != nil {
		if err := s.Alive(); err != nil {
			plain(w, http.StatusServiceUnavailable, err.Error())
			return
		}
	}
	plain(w, http.StatusOK, "ok")
}

// readyz tells whether there is something to show: the policies are loaded and Git was read.
func (s *site) readyz(w http.ResponseWriter, _ *http.Request) {
	if !s.Status().Ready {
		plain(w, http.StatusServiceUnavailable, "the Git repositories were not read yet")
		return
	}
	plain(w, http.StatusOK, "ok")
}

func plain(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write([]byte(text + "\n")) // whoever asked has gone
}
