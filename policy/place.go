package policy

import (
	"slices"
	"strings"
)

// place is where an entry stands in the order of verdicts: the lower ranks first. Where ranks are equal the entries
// have to be compared, which costs a hundred times as much.
type place struct {
	rank  uint64
	entry uint32 // its index
}

// sortPlaces sorts by rank, and has each run of equal ranks sorted by level. It sorts byte by byte of the rank, from the
// last to the first, and looks only at bytes that differ: with 100,000 tags sorting would else be a fifth of all work.
// spare is as long as places.
func sortPlaces(places, spare []place, level func(run []place)) {
	from, to := places, spare
	for shift := 0; shift < 64; shift += 8 {
		var starts [256]int
		for _, p := range from {
			starts[byte(p.rank>>shift)]++
		}
		if len(from) == 0 || starts[byte(from[0].rank>>shift)] == len(from) {
			continue
		}
		next := 0
		for i, count := range starts {
			starts[i] = next
			next += count
		}
		for _, p := range from {
			b := byte(p.rank >> shift)
			to[starts[b]] = p
			starts[b]++
		}
		from, to = to, from
	}
	copy(places, from)
	for start := 0; start < len(places); {
		end := start + 1
		for end < len(places) && places[end].rank == places[start].rank {
			end++
		}
		if end-start > 1 {
			level(places[start:end])
		}
		start = end
	}
}

// fewPlaces are sorted faster by comparing them.
const fewPlaces = 64

// bestFirst sorts entries that have versions.
func (r *round) bestFirst(entries []*entry) []*entry {
	better := func(a, b *entry) int { return r.compareEntries(b, a) }
	if len(entries) <= fewPlaces {
		slices.SortFunc(entries, better)
		return entries
	}
	places, flip := make([]place, len(entries)), r.rankFlip()
	for i, e := range entries {
		places[i] = place{^(e.version.key ^ flip), uint32(i)}
	}
	sortPlaces(places, make([]place, len(places)), func(run []place) {
		slices.SortFunc(run, func(a, b place) int { return better(entries[a.entry], entries[b.entry]) })
	})
	sorted := make([]*entry, len(entries))
	for i, p := range places {
		sorted[i] = entries[p.entry]
	}
	return sorted
}

// sortTexts sorts places, whose ranks are those of their tags from some byte on, by these tags: eight bytes at a time, of
// which those that all tags have alike are left out.
func sortTexts(places, spare []place, entries []entry) {
	sortPlaces(places, spare, func(run []place) {
		if len(run) <= fewPlaces || !rankBehindPrefix(run, entries) {
			slices.SortFunc(run, func(a, b place) int { return strings.Compare(entries[a.entry].tag, entries[b.entry].tag) })
			return
		}
		sortTexts(run, spare[:len(run)], entries)
	})
}

// rankBehindPrefix gives places the ranks of their tags behind what these begin with alike. It reports whether any differ.
func rankBehindPrefix(run []place, entries []entry) bool {
	prefix := entries[run[0].entry].tag
	for _, p := range run[1:] {
		tag := entries[p.entry].tag
		n := 0
		for n < len(prefix) && n < len(tag) && prefix[n] == tag[n] {
			n++
		}
		prefix = prefix[:n]
	}
	differ := false
	for i := range run {
		run[i].rank = textKey(entries[run[i].entry].tag[len(prefix):])
		differ = differ || run[i].rank != run[0].rank
	}
	return differ
}
