package registrytest

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"
)

// Fault is one thing that goes wrong with requests of one kind.
type Fault struct {
	Times int // how many requests it meets; 0 = all of them

	// Instead of the answer:
	Status   int         // this status, with Header and Body
	Header   http.Header // e.g. Retry-After
	Body     string
	Echo     bool   // the body repeats the Authorization header, as a careless server would in its message
	Redirect string // 307 to this URL
	Stall    bool   // no answer at all
	Endless  bool   // a list whose body never ends

	// To the answer:
	Cut  bool          // the connection ends in the middle of the body
	Drip time.Duration // pause after each byte of the body
}

// Break makes requests of the kind go wrong from now on; a zero Fault mends it.
func (r *Registry) Break(kind Kind, f Fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f.replaces() || f.Cut || f.Drip > 0 {
		r.faults[kind] = f
	} else {
		delete(r.faults, kind)
	}
}

// replaces reports whether the fault stands instead of the answer.
func (f Fault) replaces() bool { return f.Status != 0 || f.Redirect != "" || f.Stall || f.Endless }

func (f Fault) serve(w http.ResponseWriter, req *http.Request) {
	switch {
	case f.Stall:
		<-req.Context().Done()
	case f.Endless:
		fmt.Fprint(w, `{"name":"endless","tags":["1"`)
		chunk := strings.Repeat(`,"1.27.4"`, 4096)
		for req.Context().Err() == nil {
			if _, err := fmt.Fprint(w, chunk); err != nil {
				return
			}
		}
	case f.Redirect != "":
		http.Redirect(w, req, f.Redirect, http.StatusTemporaryRedirect)
	default:
		maps.Copy(w.Header(), f.Header)
		w.WriteHeader(f.Status)
		fmt.Fprint(w, f.Body)
		if f.Echo {
			fmt.Fprintf(w, `{"errors":[{"code":"UNKNOWN","message":"cannot use %s"}]}`, req.Header.Get("Authorization"))
		}
	}
}

// spoil returns a writer that does to the answer what the fault says.
func (f Fault) spoil(w http.ResponseWriter, req *http.Request) http.ResponseWriter {
	if !f.Cut && f.Drip == 0 {
		return w
	}
	return &spoiler{ResponseWriter: w, fault: f, req: req}
}

type spoiler struct {
	http.ResponseWriter
	fault Fault
	req   *http.Request
}

func (s *spoiler) Write(body []byte) (int, error) {
	control := http.NewResponseController(s.ResponseWriter)
	if s.fault.Cut {
		s.ResponseWriter.Write(body[:len(body)/2])
		control.Flush()
		panic(http.ErrAbortHandler)
	}
	for i := range body {
		if _, err := s.ResponseWriter.Write(body[i : i+1]); err != nil {
			return i, err
		}
		control.Flush()
		pause := time.NewTimer(s.fault.Drip)
		select {
		case <-pause.C:
		case <-s.req.Context().Done():
			pause.Stop()
			return i, s.req.Context().Err()
		}
	}
	return len(body), nil
}
