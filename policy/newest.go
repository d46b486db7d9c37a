package policy

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/image-updater/image-updater/image"
)

// newestScale orders tags by a time, which is known in microseconds.
type newestScale struct {
	created bool // when it was built, else when it was pushed
}

func newNewestScale(arg string, s Spec) (scale, []string, error) {
	switch arg {
	case "pushed", "created":
		return &newestScale{created: arg == "created"}, withoutMatch(s), nil
	case "":
		return nil, nil, errors.New("is empty, want pushed or created")
	}
	return nil, nil, fmt.Errorf("unknown time %q, want pushed or created", arg)
}

func (s *newestScale) read(p *parser, text string, c *Candidate) (*version, fault) {
	v := p.parseForTies(text)
	// The current tag is read without a candidate when its time is not known: any tag is newer then.
	if c == nil {
		v.moment = math.MinInt64
		return v, noFault
	}
	at := s.time(c)
	if at.IsZero() {
		return nil, noTime
	}
	v.moment = at.UnixMicro()
	v.key = uint64(v.moment) ^ 1<<63 // ordered as the times are
	return v, noFault
}

func (s *newestScale) time(c *Candidate) time.Time {
	if s.created {
		return c.Created
	}
	return c.Pushed
}

// fact is the time as a fact that can be asked for.
func (s *newestScale) fact() image.Facts {
	if s.created {
		return image.CreatedFact
	}
	return image.PushedFact
}

func (s *newestScale) judge(r *round, to *version) Rule { return judgeOrder(s, r, to) }

func (s *newestScale) compare(a, b *version) int { return cmp.Compare(a.moment, b.moment) }

func (s *newestScale) verb() string {
	if s.created {
		return "built"
	}
	return "pushed"
}
