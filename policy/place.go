package policy

import "slices"

// place is where an entry stands in the order of verdicts: the lower ranks first. Where ranks are equal the entries
// have to be compared, which costs a hundred times as much.
type place struct {
	rank  uint64
	entry uint32 // its index
}

// sortPlaces sorts by rank, then by compare. It sorts byte by byte of the rank, from the last to the first, and looks
// only at bytes that differ: with 100,000 tags sorting would else be a fifth of all work.
func sortPlaces(places []place, compare func(a, b place) int) {
	from, to := places, make([]place, len(places))
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
			slices.SortFunc(places[start:end], compare)
		}
		start = end
	}
}
