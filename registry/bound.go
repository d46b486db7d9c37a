package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	answerWithin = 30 * time.Second // from the request to the header of the answer
	bodyWithin   = 60 * time.Second // from the request to the end of the body
	maxListPage  = 16 << 20
	maxAPIPage   = 2 << 20  // of a hundred tags
	maxSmall     = 64 << 10 // tokens and the bodies of errors
)

// boundError is an answer that took too long or is too large.
type boundError struct {
	text string
	slow bool
}

func (e *boundError) Error() string { return e.text }

// Timeout is as in net.Error.
func (e *boundError) Timeout() bool { return e.slow }

var (
	errNoAnswer = &boundError{text: fmt.Sprintf("no answer within %v", answerWithin), slow: true}
	errSlow     = &boundError{text: fmt.Sprintf("the answer did not end within %v", bodyWithin), slow: true}
)

// isTimeout reports whether err says that something took too long. The context of the caller is not meant: whoever
// asks has looked at it.
func isTimeout(err error) bool {
	timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && timeout.Timeout()
}

// bounded sends a request and reads its answer to the end, within the bounds of time and size. All the answers this
// package asks for are small; read here they make a cut body the same to all above as a connection that failed.
type bounded struct{ next http.RoundTripper }

func (t *bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	defer cancel(nil)
	began, bound := time.Now(), errNoAnswer
	timer := time.AfterFunc(answerWithin, func() { cancel(bound) })
	defer timer.Stop()

	resp, err := t.next.RoundTrip(req.WithContext(ctx))
	if timer.Stop() {
		bound = errSlow // from the request on, like the other
		timer.Reset(bodyWithin - time.Since(began))
	}
	c := callOf(req.Context())
	if err == nil {
		if c.begun != nil {
			c.begun(resp.StatusCode)
		}
		err = readWhole(resp, c.maxBody)
	}
	c.wire += time.Since(began)
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx) // one of ours, or of the caller: more than that the context has ended
	}
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// wholeBody is a body that was read to its end.
type wholeBody struct {
	*bytes.Reader
	data []byte
}

func (*wholeBody) Close() error { return nil }

// whole returns the body of an answer that came through bounded.
func whole(resp *http.Response) []byte {
	if body, ok := resp.Body.(*wholeBody); ok {
		return body.data
	}
	return nil
}

// readWhole reads the body and puts what was read in its place. Of an answer that is not 200 only the beginning is of
// use, and a longer body is no error.
func readWhole(resp *http.Response, limit int64) error {
	defer resp.Body.Close()
	good := resp.StatusCode == http.StatusOK
	if !good {
		limit = maxSmall
	}
	data, err := readUpTo(resp.Body, resp.ContentLength, limit)
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if good && int64(len(data)) > limit {
		return &boundError{text: fmt.Sprintf("the answer is longer than %d bytes", limit)}
	}
	resp.Body = &wholeBody{Reader: bytes.NewReader(data), data: data}
	return nil
}

// readUpTo reads to the end, or to the first byte beyond limit. It takes no more than twice what it returns at a time:
// the buffer is doubled, and never made larger than the limit asks for.
func readUpTo(r io.Reader, expected, limit int64) ([]byte, error) {
	if expected < 0 {
		expected = 8 << 10
	}
	data := make([]byte, 0, min(expected, limit)+1)
	for {
		if len(data) == cap(data) {
			larger := make([]byte, len(data), min(2*int64(cap(data)), limit+1))
			copy(larger, data)
			data = larger
		}
		n, err := r.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case err == io.EOF || int64(len(data)) > limit:
			return data, nil
		case err != nil:
			return nil, err
		}
	}
}

// call is what the layers below need to know of a request. It is the value of the request's context.
type call struct {
	path    string        // of the repository, for the scope of a token; "" for token requests
	maxBody int64         // of the answer
	begun   func(int)     // called with the status before the body is read; nil = nobody wants to know
	pull    bool          // counted as a pull by registries that have a quota
	beyond  bool          // it was redirected to another host than the registry's
	counted bool          // the ledger has taken one for it
	may     func() error  // called when it is its turn to be sent; nil = it may
	refused refusal       // by the last answer
	probe   bool          // it is asked though others were refused, see denials
	wire    time.Duration // how long the requests made for it took, without the waiting before them
}

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{maxBody: maxSmall}
}
