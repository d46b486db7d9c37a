package git

import (
	"fmt"
	"io"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"
)

// saidError is a server's word that it gives up.
type saidError struct{ words string }

func (e *saidError) Error() string { return "the server says: " + e.words }

// sideband takes the bands of an answer apart (gitprotocol-pack, "side-band"): the data is read from it, what is meant
// for people is collected, and a fatal message becomes an error.
type sideband struct {
	lines *pktline.Scanner
	clean cleaner
	rest  []byte
	said  bounded
	ended bool
}

func newSideband(r io.Reader, clean cleaner) *sideband {
	return &sideband{lines: pktline.NewScanner(r), clean: clean}
}

// words is what the server said to people so far.
func (s *sideband) words() string { return s.clean.words(s.said.String()) }

func (s *sideband) Read(p []byte) (int, error) {
	for len(s.rest) == 0 {
		if err := s.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func (s *sideband) next() error {
	if s.ended {
		return io.EOF
	}
	if !s.lines.Scan() {
		if err := s.lines.Err(); err != nil {
			return s.clean.fatal(err)
		}
		return io.ErrUnexpectedEOF // a whole answer ends with a flush
	}
	line := s.lines.Bytes()
	if len(line) == 0 {
		s.ended = true
		return io.EOF
	}
	switch band, data := line[0], line[1:]; band {
	case 1:
		s.rest = data
	case 2:
		s.said.Write(data)
	case 3:
		return &saidError{words: s.clean.words(string(data))}
	default:
		return fmt.Errorf("an answer with the unknown band %d", band)
	}
	return nil
}
