package policy

// numericScale orders numbers of any length.
type numericScale struct{ descending bool }

func (s *numericScale) read(p *parser, text string, _ *Candidate) (*version, fault) {
	switch {
	case len(text) > maxText:
		return nil, tooLong
	case !isDecimal(text):
		return nil, notDigits
	}
	start := p.room(1)
	p.slab = append(p.slab, part{kind: numberPart, to: uint8(len(text))})
	return p.newVersion(text, start), noFault
}

func (s *numericScale) judge(r *round, to *version) Rule { return judgeOrder(s, r, to) }

func (s *numericScale) compare(a, b *version) int {
	return turned(s.descending, compareNumbers(a, b))
}

// judgeOrder is the judgement of the kinds that know nothing but an order: never the wrong way.
func judgeOrder(s scale, r *round, to *version) Rule {
	if r.usable && s.compare(to, r.from) < 0 {
		return RuleOlder
	}
	return noRule
}

func turned(descending bool, c int) int {
	if descending {
		return -c
	}
	return c
}
