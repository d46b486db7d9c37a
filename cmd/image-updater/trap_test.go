package main

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"

	"github.com/image-updater/image-updater/internal/gittest"
)

// phase is a moment in the life of a request.
type phase int

const (
	arriving  phase = iota // the server has not looked at it
	halfSent               // half of its body is there, and of a killed client no more will come
	served                 // the server has done its work, and nobody has heard of it
	answering              // half of the answer is on its way
)

func (p phase) String() string {
	return [...]string{"arriving", "half sent", "served", "half answered"}[p]
}

// instant is a request, the n-th of its kind from 1 on, and a phase of it.
type instant struct {
	asked string // "list", "refs", "fetch", "push advertisement", "push"; of a forge "GET pulls" and so on
	n     int
	phase phase
}

// trap stands between a client and its servers and strikes the client down at an instant. What the client has sent is
// served to its end, as by a server that notices nothing.
type trap struct {
	next http.Handler

	mu     sync.Mutex // guards the fields that follow
	at     instant
	strike func() (dead bool)
	asked  []string // the kinds of requests, in order
}

// set arms the trap; without strike it only takes down what is asked.
func (t *trap) set(at instant, strike func() bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at, t.strike, t.asked = at, strike, nil
}

// requests returns what was asked since the trap was set.
func (t *trap) requests() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.asked...)
}

// enter takes a request down and returns what to do in each phase of it.
func (t *trap) enter(r *http.Request) func(phase) (dead bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	kind := kindOf(r)
	t.asked = append(t.asked, kind)
	n := 0
	for _, asked := range t.asked {
		if asked == kind {
			n++
		}
	}
	at, strike := t.at, t.strike
	return func(now phase) bool {
		return strike != nil && at == (instant{kind, n, now}) && strike()
	}
}

func kindOf(r *http.Request) string {
	service := path.Base(r.URL.Path)
	switch {
	case strings.HasPrefix(r.URL.Path, "/v2/"):
		return "list"
	case strings.HasPrefix(r.URL.Path, "/api/"):
		return r.Method + " " + strings.Trim(path.Base(r.URL.Path), "0123456789")
	case service == gittest.UploadPack:
		return "fetch"
	case service == gittest.ReceivePack:
		return "push"
	case r.URL.Query().Get("service") == gittest.ReceivePack:
		return "push advertisement"
	default:
		return "refs"
	}
}

// ServeHTTP serves a request by the next handler, which gets and gives everything in one piece.
func (t *trap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	passing := t.enter(r)
	if passing(arriving) {
		panic(http.ErrAbortHandler)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil && r.Context().Err() == nil {
		panic(http.ErrAbortHandler)
	}
	if passing(halfSent) {
		body = body[:len(body)/2]
	}
	whole := r.Clone(context.WithoutCancel(r.Context()))
	whole.Body, whole.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	answer := httptest.NewRecorder()
	t.next.ServeHTTP(answer, whole)
	if passing(served) {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	data := answer.Body.Bytes()
	half := len(data) / 2
	w.Write(data[:half])
	http.NewResponseController(w).Flush()
	if passing(answering) {
		panic(http.ErrAbortHandler)
	}
	w.Write(data[half:])
}
