package web_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/image-updater/image-updater/internal/status"
	"github.com/image-updater/image-updater/internal/web"
	"github.com/image-updater/image-updater/internal/web/webtest"
)

// stream is an answer that is read while it is written.
type stream struct {
	*io.PipeWriter
	header http.Header
	code   int
}

func (s *stream) Header() http.Header                { return s.header }
func (s *stream) WriteHeader(code int)               { s.code = code }
func (s *stream) Flush()                             {}
func (s *stream) SetWriteDeadline(_ time.Time) error { return nil }

// listen opens /events and returns its lines, which end when the context does.
func listen(ctx context.Context, h http.Handler) (lines <-chan string, ended <-chan struct{}) {
	r, w := io.Pipe()
	told, done := make(chan string, 100), make(chan struct{})
	go func() {
		defer close(done)
		defer w.Close()
		h.ServeHTTP(&stream{PipeWriter: w, header: http.Header{}}, httptest.NewRequestWithContext(ctx, http.MethodGet, "/events", nil))
	}()
	go func() {
		defer close(told)
		for s := bufio.NewScanner(r); s.Scan(); {
			told <- s.Text()
		}
	}()
	return told, done
}

// drain returns the lines that are there.
func drain(lines <-chan string) string {
	var all strings.Builder
	for {
		select {
		case line, open := <-lines:
			if !open {
				return all.String()
			}
			all.WriteString(line + "\n")
		default:
			return all.String()
		}
	}
}

// Many changes in a second are one event, silence is told as life, and nothing is left when the browser goes. Leaving a
// bubble with a goroutine in it fails the test.
func TestEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		board := webtest.NewBoard(status.Status{At: now})
		o := options()
		o.Status, o.Changed = board.Status, board.Changed
		ctx, cancel := context.WithCancel(t.Context())
		lines, ended := listen(ctx, web.New(o))
		synctest.Wait()
		if got, want := drain(lines), "retry: 5000\nevent: hello\ndata: 2026-11-21T14:35:00Z\n\n"; got != want {
			t.Errorf("at first: %q, want %q", got, want)
		}
		for i := range 10 {
			board.Set(status.Status{At: now.Add(time.Duration(i+1) * time.Second)})
			time.Sleep(50 * time.Millisecond)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got, want := drain(lines), "event: changed\ndata: 2026-11-21T14:35:10Z\n\n"; got != want {
			t.Errorf("after ten changes: %q, want %q", got, want)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got, want := drain(lines), ":\n\n:\n\n"; got != want {
			t.Errorf("after a minute of silence: %q, want %q", got, want)
		}
		cancel()
		<-ended
		synctest.Wait()
		if got := drain(lines); got != "" {
			t.Errorf("at the end: %q", got)
		}
	})
}

// A browser that went while changes were gathered is not waited for, and makes room for another.
func TestEventsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		board := webtest.NewBoard(status.Status{At: now})
		o := options()
		o.Status, o.Changed = board.Status, board.Changed
		h := web.New(o)
		ctx, cancel := context.WithCancel(t.Context())
		var ends []<-chan struct{}
		for range 100 {
			_, ended := listen(ctx, h)
			ends = append(ends, ended)
		}
		synctest.Wait()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/events", nil)
		if answer, _ := ask(t, h, r); answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
			t.Errorf("one more was answered %s", answer.Status)
		}
		board.Set(status.Status{At: now.Add(time.Second)})
		synctest.Wait()
		cancel()
		for _, ended := range ends {
			<-ended
		}
		next, end := context.WithCancel(t.Context())
		lines, ended := listen(next, h)
		synctest.Wait()
		if got := drain(lines); !strings.Contains(got, "hello") {
			t.Errorf("the next was told %q", got)
		}
		end()
		<-ended
	})
}
