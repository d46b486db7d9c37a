package hook

import (
	"cmp"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/status"
)

const (
	// atOnce is how many requests are read at the same time, and with [MaxBody] what they can take of the memory.
	atOnce = 32
	// bodyDeadline is how long a request may take to come.
	bodyDeadline = 10 * time.Second
	// warnAgain is how long after a warning of one hook the next is left out.
	warnAgain = time.Minute
)

// Declared is one hook of a policy file.
type Declared struct {
	Name, Kind string
	PerMinute  int // requests that are taken; more are answered 429
	Hook       *Hook
}

// Handler answers POST /hooks/NAME, and /hooks/NAME/SECRET. It answers at once: all that an event leads to is a call of
// Pushed.
type Handler struct {
	// Pushed is told of a push to a repository that was declared. It must return at once.
	Pushed func(r image.Repository, at time.Time)
	Now    func() time.Time // nil = [time.Now]
	Log    *slog.Logger     // nil = nothing is logged

	slots chan struct{} // a token for each request that is read

	mu     sync.RWMutex // guards what follows
	byName map[string]*declared
	named  map[image.Repository]bool // by a policy
}

// declared is one hook and what came in by it.
type declared struct {
	Declared
	limit *rate.Limiter

	mu     sync.Mutex // guards what follows
	told   status.Hook
	warned time.Time
}

// NewHandler returns a handler without hooks.
func NewHandler(pushed func(r image.Repository, at time.Time)) *Handler {
	return &Handler{Pushed: pushed, slots: make(chan struct{}, atOnce)}
}

// Declare replaces the hooks, and the repositories of which events are taken. What was counted of a hook of the same
// name and kind goes on.
func (h *Handler) Declare(hooks []Declared, repositories []image.Repository) {
	h.mu.Lock()
	defer h.mu.Unlock()
	byName := make(map[string]*declared, len(hooks))
	for _, one := range hooks {
		d := &declared{Declared: one, told: status.Hook{Name: one.Name, Kind: one.Kind}}
		d.limit = rate.NewLimiter(rate.Limit(float64(one.PerMinute)/60), one.PerMinute)
		if before, found := h.byName[one.Name]; found && before.Kind == one.Kind {
			d.told = before.status()
			if before.PerMinute == one.PerMinute {
				d.limit = before.limit
			}
		}
		byName[one.Name] = d
	}
	named := make(map[image.Repository]bool, len(repositories))
	for _, r := range repositories {
		named[r] = true
	}
	h.byName, h.named = byName, named
}

// Status returns what came in by each hook, sorted by name.
func (h *Handler) Status() []status.Hook {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var all []status.Hook
	for _, d := range h.byName {
		all = append(all, d.status())
	}
	slices.SortFunc(all, func(a, b status.Hook) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// ServeHTTP answers one request. What is wrong with it is for the log and the page: a sender learns nothing but the
// number.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, secret, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/hooks/"), "/")
	h.mu.RLock()
	d, found := h.byName[name]
	h.mu.RUnlock()
	switch {
	case !found:
		answer(w, http.StatusNotFound)
	case r.Method == http.MethodOptions:
		h.greet(w, r, d, secret)
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		answer(w, http.StatusMethodNotAllowed)
	default:
		h.take(w, r, d, secret)
	}
}

// greet answers the handshake of the CloudEvents Webhook specification.
func (h *Handler) greet(w http.ResponseWriter, r *http.Request, d *declared, secret string) {
	origin, err := d.Hook.Greet(r, secret)
	if err != nil {
		h.refuse(w, r, d, err)
		return
	}
	w.Header().Set("WebHook-Allowed-Origin", origin)
	w.Header().Set("WebHook-Allowed-Rate", strconv.Itoa(d.PerMinute))
	answer(w, http.StatusOK)
}

func (h *Handler) take(w http.ResponseWriter, r *http.Request, d *declared, secret string) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	default:
		h.refuse(w, r, d, &Refusal{Status: http.StatusServiceUnavailable, Reason: "too many requests at the same time"})
		return
	}
	// Not every connection has deadlines; what there is then is the server's own.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyDeadline))
	delivery, err := d.Hook.Read(r, secret)
	at := h.now()
	switch {
	case err != nil:
		h.refuse(w, r, d, err)
	// Only who has proved itself can use the limit up, or a stranger could keep the sender out.
	case !d.limit.AllowN(at, 1):
		h.refuse(w, r, d, &Refusal{Status: http.StatusTooManyRequests, Reason: "more than " + strconv.Itoa(d.PerMinute) + " events in a minute"})
	default:
		h.accept(w, r, d, delivery, at)
	}
}

func (h *Handler) accept(w http.ResponseWriter, r *http.Request, d *declared, delivery Delivery, at time.Time) {
	pushed, unnamed := h.wanted(delivery.Events)
	d.accepted(at, unnamed)
	for _, repository := range pushed {
		h.log().DebugContext(r.Context(), "push event", "hook", d.Name, "repository", repository.String())
		h.Pushed(repository, at)
	}
	switch {
	case delivery.Reply != nil:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(delivery.Reply) // who is gone needs no answer
	case len(pushed) > 0:
		answer(w, http.StatusAccepted)
	default:
		answer(w, http.StatusNoContent)
	}
}

// wanted returns the repositories of events that policies name, each once, and how many events are about others.
func (h *Handler) wanted(events []Event) (pushed []image.Repository, unnamed int) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	seen := make(map[image.Repository]bool)
	for _, e := range events {
		found := h.meant(e)
		if len(found) == 0 {
			unnamed++
		}
		for _, r := range found {
			if !seen[r] {
				seen[r] = true
				pushed = append(pushed, r)
			}
		}
	}
	return pushed, unnamed
}

// meant returns the repositories of policies that an event is about.
func (h *Handler) meant(e Event) []image.Repository {
	if !e.Within {
		if h.named[e.Repository] {
			return []image.Repository{e.Repository}
		}
		return nil
	}
	var found []image.Repository
	for r := range h.named {
		host := r.Host == e.Repository.Host || strings.HasSuffix(r.Host, "."+e.Repository.Host)
		if host && (r.Path == e.Repository.Path || strings.HasSuffix(r.Path, "/"+e.Repository.Path)) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b image.Repository) int { return cmp.Compare(a.String(), b.String()) })
	return found
}

func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, d *declared, err error) {
	code := http.StatusInternalServerError
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		code = refusal.Status
	}
	if d.refused(h.now(), err) {
		h.log().WarnContext(r.Context(), "refused a push event", "hook", d.Name, "err", err)
	}
	switch code {
	case http.StatusTooManyRequests:
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(60/float64(d.PerMinute)))))
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	}
	answer(w, code)
}

// answer sends nothing but the number.
func answer(w http.ResponseWriter, code int) { w.WriteHeader(code) }

func (h *Handler) now() time.Time {
	if h.Now != nil {
		return h.Now()
	}
	return time.Now()
}

func (h *Handler) log() *slog.Logger {
	if h.Log != nil {
		return h.Log
	}
	return slog.New(slog.DiscardHandler)
}

func (d *declared) status() status.Hook {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.told
}

func (d *declared) accepted(at time.Time, unnamed int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.told.Events++
	d.told.Unnamed += unnamed
	d.told.Last = at
}

// refused counts, and reports whether it is to be logged.
func (d *declared) refused(at time.Time, err error) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.told.Refused++
	d.told.Error, d.told.ErrorAt = err.Error(), at
	if !d.warned.IsZero() && at.Sub(d.warned) < warnAgain {
		return false
	}
	d.warned = at
	return true
}
