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
	// atOnce is how many requests are read at the same time, of senders that have proved themselves and of those that may be
	// anybody until their body is there. With [MaxBody] it is what they can take of the memory.
	atOnce = 32
	// bodyWithin is how long the body of a request may take to come, and strangersWithin that of one that may be anybody's.
	bodyWithin      = 10 * time.Second
	strangersWithin = 5 * time.Second
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
	// Pushed is told which repositories were pushed to, each once in a call, and returns how many of them policies name.
	// It must return at once.
	Pushed func(images ...image.Repository) int
	// Images returns what policies name, for senders that do not know by which name their users know an image.
	Images func() []image.Repository
	Now    func() time.Time // nil = [time.Now]
	Log    *slog.Logger     // nil = nothing is logged

	once      sync.Once
	slots     chan struct{} // a token for each request that is read
	strangers places        // the same where only the body proves who sends it

	mu     sync.RWMutex // guards what follows
	byName map[string]*declared
}

// declared is one hook and what came in by it.
type declared struct {
	Declared
	limit *rate.Limiter

	mu     sync.Mutex // guards what follows
	told   status.Hook
	warned time.Time
}

// Declare replaces the hooks. What was counted of one of the same name and kind goes on.
func (h *Handler) Declare(hooks []Declared) {
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
	h.byName = byName
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
	readWithin(w, strangersWithin)
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
	read := h.readKnown
	if d.Hook.provesByBody() {
		read = h.readAnybody
	}
	delivery, err := read(w, r, d.Hook, secret)
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

var errBusy = &Refusal{Status: http.StatusServiceUnavailable, Reason: "too many requests at the same time"}

// readKnown reads a request that proves itself before its body is read.
func (h *Handler) readKnown(w http.ResponseWriter, r *http.Request, hook *Hook, secret string) (Delivery, error) {
	h.once.Do(func() { h.slots = make(chan struct{}, atOnce) })
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	default:
		return Delivery{}, errBusy
	}
	readWithin(w, bodyWithin)
	return hook.Read(r, secret)
}

// readAnybody reads a request that only its body proves.
func (h *Handler) readAnybody(w http.ResponseWriter, r *http.Request, hook *Hook, secret string) (Delivery, error) {
	cut := func() error { return http.NewResponseController(w).SetReadDeadline(time.Now()) }
	place, free := h.strangers.take(r.RemoteAddr, cut, time.Now())
	if !free {
		return Delivery{}, errBusy
	}
	delivery, err := hook.Read(r, secret)
	if kept := h.strangers.leave(place); !kept && err != nil {
		return Delivery{}, &Refusal{Status: http.StatusServiceUnavailable, Reason: "too slow while others wait"}
	}
	return delivery, err
}

// readWithin bounds how long the body may take to come. Not every connection has deadlines; what there is then is the
// server's own.
func readWithin(w http.ResponseWriter, d time.Duration) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(d))
}

func (h *Handler) accept(w http.ResponseWriter, r *http.Request, d *declared, delivery Delivery, at time.Time) {
	images, unnamed := h.images(delivery.Events)
	pushed := 0
	if len(images) > 0 {
		pushed = h.Pushed(images...)
	}
	d.accepted(at, unnamed+len(images)-pushed)
	h.log().DebugContext(r.Context(), "push event", "hook", d.Name, "events", len(delivery.Events), "pushed", pushed)
	switch {
	case delivery.Reply != nil:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(delivery.Reply) // who is gone needs no answer
	case pushed > 0:
		answer(w, http.StatusAccepted)
	default:
		answer(w, http.StatusNoContent)
	}
}

// images returns the repositories of events, each once, and how many events are surely about none that policies name.
func (h *Handler) images(events []Event) (images []image.Repository, unnamed int) {
	seen := make(map[image.Repository]bool)
	for _, e := range events {
		meant := []image.Repository{e.Repository}
		if e.Within {
			meant = h.around(e.Repository)
		}
		if len(meant) == 0 {
			unnamed++
		}
		for _, r := range meant {
			if !seen[r] {
				seen[r] = true
				images = append(images, r)
			}
		}
	}
	return images, unnamed
}

// around returns those of the policies' images that r may be a shorter name of.
func (h *Handler) around(r image.Repository) []image.Repository {
	var found []image.Repository
	for _, i := range h.Images() {
		host := i.Host == r.Host || strings.HasSuffix(i.Host, "."+r.Host)
		if host && (i.Path == r.Path || strings.HasSuffix(i.Path, "/"+r.Path)) {
			found = append(found, i)
		}
	}
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
