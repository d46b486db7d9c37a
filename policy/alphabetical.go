package policy

import (
	"encoding/binary"
	"strings"
)

// alphabeticalScale orders texts by their bytes.
type alphabeticalScale struct{ descending bool }

func (s *alphabeticalScale) read(p *parser, text string, _ *Candidate) (*version, fault) {
	v := p.parseForTies(text)
	v.key = textKey(text)
	return v, noFault
}

func (s *alphabeticalScale) judge(r *round, to *version) Rule { return judgeOrder(s, r, to) }

func (s *alphabeticalScale) compare(a, b *version) int {
	return turned(s.descending, strings.Compare(a.text, b.text))
}

// textKey packs the first bytes of a text so that the key orders as the bytes do.
func textKey(text string) uint64 {
	var head [8]byte
	copy(head[:], text)
	return binary.BigEndian.Uint64(head[:])
}

// parseForTies reads a text of a kind that does not order by versions: what it finds decides between equal texts only.
func (p *parser) parseForTies(text string) *version {
	if v, f := p.parse(text); f == noFault {
		return v
	}
	v := p.place()
	*v = version{text: text}
	return v
}
