package registrytest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// Transport returns a round tripper that hands every request, for whatever host, to the registry, without a socket: it
// works in a synctest bubble. A body that is not closed keeps its goroutine.
func (r *Registry) Transport() http.RoundTripper { return Transport(r) }

// Transport returns a round tripper that hands every request to the handler.
func Transport(h http.Handler) http.RoundTripper { return transport{h} }

type transport struct{ handler http.Handler }

func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(req.Context())
	served := req.Clone(ctx)
	if served.Host == "" {
		served.Host = req.URL.Host
	}
	if served.Body == nil {
		served.Body = http.NoBody
	}
	reader, writer := io.Pipe()
	w := &pipeWriter{body: writer, header: make(http.Header), began: make(chan struct{}), headOnly: req.Method == http.MethodHead}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		serve(t.handler, w, served)
	}()
	// As with a socket, the end of the context ends the reading of the body, too.
	stop := context.AfterFunc(req.Context(), func() { reader.CloseWithError(req.Context().Err()) })
	body := &pipeBody{PipeReader: reader, end: func() {
		stop()
		cancel()
		<-ended
	}}
	select {
	case <-w.began:
	case <-req.Context().Done():
		body.Close()
		return nil, req.Context().Err()
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: body, ContentLength: -1, Request: req,
	}, nil
}

// serve runs the handler to its end; http.ErrAbortHandler cuts the body, as it does on a server, and so does the end of
// the request.
func serve(h http.Handler, w *pipeWriter, req *http.Request) {
	defer func() {
		err := recover()
		if err != nil && err != http.ErrAbortHandler {
			panic(err)
		}
		w.WriteHeader(http.StatusOK)
		if err != nil || req.Context().Err() != nil {
			w.body.CloseWithError(io.ErrUnexpectedEOF)
			return
		}
		w.body.Close()
	}()
	h.ServeHTTP(w, req)
}

// pipeWriter is the side of the handler.
type pipeWriter struct {
	body         *io.PipeWriter
	header, sent http.Header
	status       int
	once         sync.Once
	began        chan struct{} // closed when status and sent are set
	headOnly     bool          // there is no body, whatever is written
}

func (w *pipeWriter) Header() http.Header { return w.header }

func (w *pipeWriter) WriteHeader(status int) {
	w.once.Do(func() {
		w.status, w.sent = status, w.header.Clone()
		close(w.began)
	})
}

func (w *pipeWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.headOnly {
		return len(p), nil
	}
	return w.body.Write(p)
}

// Flush is here for handlers that ask for it: nothing is buffered.
func (w *pipeWriter) Flush() {}

// pipeBody is the side of the client.
type pipeBody struct {
	*io.PipeReader
	end func()
}

func (b *pipeBody) Close() error {
	err := b.PipeReader.Close()
	b.end()
	return err
}
