package policy

// Pairs judges tags against each other as Choose does, each of them read once: may returns the indexes of the tags that
// a reference at tags[from] may go to, as far as versions go.
func (p *Policy) Pairs(tags []string) (may func(from int) []int) {
	reader, versions := newParser(), make([]*version, len(tags))
	for i, tag := range tags {
		text, against := p.filter.text(tag)
		if v, f := p.read(reader, text, nil); against == noRule && f == noFault {
			versions[i] = v
		}
	}
	scale := p.scale.(*versionScale)
	var found []int
	return func(from int) []int {
		found = found[:0]
		r := &round{policy: p, usable: versions[from] != nil, from: versions[from]}
		for i, v := range versions {
			if r.usable && v != nil && i != from && scale.judge(r, v) == noRule {
				found = append(found, i)
			}
		}
		return found
	}
}
