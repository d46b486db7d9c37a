package notifytest

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
)

// Request is one that was sent to a [Chat].
type Request struct {
	Method, Path string
	Header       http.Header
	Body         []byte
	Status       int // of the answer
}

// Fault is an answer other than 200.
type Fault struct {
	Status int
	Header http.Header
	Body   string
	Times  int // how often, 0 = from now on
}

// Chat is an [http.Handler] that takes any request. It may be used by several goroutines at once.
type Chat struct {
	mu       sync.Mutex // guards the fields that follow
	requests []Request
	faults   []Fault
}

// ServeHTTP keeps the request and answers it.
func (c *Chat) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return
	}
	fault := c.keep(Request{Method: r.Method, Path: r.URL.RequestURI(), Header: r.Header.Clone(), Body: body})
	maps.Copy(w.Header(), fault.Header)
	w.WriteHeader(fault.Status)
	io.WriteString(w, fault.Body)
}

func (c *Chat) keep(r Request) Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	answer := Fault{Status: http.StatusOK, Body: "ok"}
	if len(c.faults) > 0 {
		answer = c.faults[0]
		if c.faults[0].Times == 1 {
			c.faults = c.faults[1:]
		} else if answer.Times > 1 {
			c.faults[0].Times--
		}
	}
	r.Status = answer.Status
	c.requests = append(c.requests, r)
	return answer
}

// Fail makes the chat answer with faults, one after the other, until each was met as often as it says.
func (c *Chat) Fail(faults ...Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = slices.Clone(faults)
}

// Requests returns what was sent so far.
func (c *Chat) Requests() []Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.requests)
}
