package web

import (
	"fmt"
	"net/http"
	"time"
)

const (
	// mostStreams bounds how many browsers may be told of changes at once; the others see them when they load the page.
	mostStreams = 100
	// settle is how long changes are gathered before they are told, since each has a browser fetch the page.
	settle = 2 * time.Second
	// heartbeat is how often a stream says that it is alive, lest something on the way end it.
	heartbeat = 25 * time.Second
	// writing bounds how long a browser may take for a line.
	writing = 10 * time.Second
)

// stamp tells one Status from another. A page knows the one that it was made from.
func (s *site) stamp() string { return stampOf(s.Status().At) }

func stampOf(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// events tells a browser that there is something new, until it goes away.
func (s *site) events(w http.ResponseWriter, r *http.Request) {
	if s.Changed == nil {
		http.Error(w, "nothing changes here", http.StatusNotFound)
		return
	}
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		w.Header().Set("Retry-After", "60")
		http.Error(w, "too many are listening", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would keep the lines until there are many
	out := http.NewResponseController(w)
	say := func(text string) bool {
		_ = out.SetWriteDeadline(time.Now().Add(writing)) // a writer without deadlines has none to miss
		_, err := fmt.Fprint(w, text)
		return err == nil && out.Flush() == nil
	}
	changed := s.Changed()
	if !say("retry: 5000\nevent: hello\ndata: " + s.stamp() + "\n\n") {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-beat.C:
			if !say(":\n\n") {
				return
			}
			continue
		case <-changed:
		}
		select {
		case <-r.Context().Done():
			return
		case <-time.After(settle):
		}
		changed = s.Changed()
		if !say("event: changed\ndata: " + s.stamp() + "\n\n") {
			return
		}
	}
}
