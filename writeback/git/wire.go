package git

import (
	"bytes"
	"context"
	"io"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"
)

// The two services of the pack protocol.
const (
	uploadPack  = "git-upload-pack"
	receivePack = "git-receive-pack"
)

// wire reaches the services of one remote.
type wire interface {
	// open begins a conversation with a service. It ends with the context, and must be closed.
	open(ctx context.Context, service string) (conversation, error)
	// close lets go of idle connections.
	close() error
}

// conversation is one use of a service: its advertisement, then one request and its answer. The advertisement may be
// left unread. The context is the one it was opened with.
type conversation interface {
	advertisement(ctx context.Context) (io.Reader, error)
	ask(ctx context.Context, request []byte) (io.Reader, error)
	// stateless reports whether a request can do without the advertisement.
	stateless() bool
	close() error
}

// program is a running upload-pack or receive-pack, on this machine or behind ssh. It ends with the context that it was
// started with.
type program interface {
	// stop ends it and waits for it.
	stop()
	// complaint waits until it has ended by itself and returns what it wrote to its standard error.
	complaint() string
}

// stream is a conversation with a program over its standard streams.
type stream struct {
	in      io.WriteCloser
	out     io.Reader
	program program
	greeted bool // the advertisement was taken
}

func (s *stream) advertisement(context.Context) (io.Reader, error) {
	s.greeted = true
	return &complaining{stream: s}, nil
}

func (s *stream) ask(_ context.Context, request []byte) (io.Reader, error) {
	if !s.greeted {
		if err := s.skipAdvertisement(); err != nil {
			return nil, err
		}
	}
	if _, err := s.in.Write(request); err != nil {
		return nil, s.complain(err)
	}
	_ = s.in.Close() // a program that reads no further is judged by its answer
	return &complaining{stream: s}, nil
}

func (s *stream) stateless() bool { return false }

func (s *stream) skipAdvertisement() error {
	s.greeted = true
	lines := pktline.NewScanner(io.LimitReader(&complaining{stream: s}, maxAdvertisement))
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			return nil
		}
	}
	return advertisementEnded(lines.Err())
}

// close ends the program. One that was asked nothing waits for a request: an empty one lets it end by itself, which
// keeps "the remote end hung up unexpectedly" out of the server's log.
func (s *stream) close() error {
	_, _ = s.in.Write(pktline.FlushPkt) // it may have ended already
	_ = s.in.Close()
	s.program.stop()
	return nil
}

// complain turns an error that says only that a program stopped talking into what it complained about.
func (s *stream) complain(err error) error {
	if said := s.program.complaint(); said != "" {
		return &saidError{words: said}
	}
	return err
}

// complaining reads what a program says. When that is nothing at all its complaint becomes the error.
type complaining struct {
	*stream
	any bool
}

func (c *complaining) Read(p []byte) (int, error) {
	n, err := c.out.Read(p)
	c.any = c.any || n > 0
	if err == io.EOF && !c.any {
		return n, c.complain(io.ErrUnexpectedEOF)
	}
	return n, err
}

// bounded keeps the first maxWords bytes of what is written to it.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if room := maxWords - b.Len(); room > 0 {
		b.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
