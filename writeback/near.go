package writeback

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxListed is how many branches an error names.
const maxListed = 5

// list writes some names for an error.
func list(names []string) string {
	if len(names) > maxListed {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxListed], ", "), len(names)-maxListed)
	}
	return strings.Join(names, ", ")
}

// nearest returns the names most like the one that was meant, the likeliest first.
func nearest(name string, names []string) []string {
	type candidate struct {
		name     string
		distance int
	}
	var near []candidate
	for _, n := range names {
		// The last part counts as well: somebody wrote "main" and the branch is "release/main".
		d := min(distance(name, n), 1+distance(name, n[strings.LastIndexByte(n, '/')+1:]))
		if d <= 1+max(len(name), len(n))/2 {
			near = append(near, candidate{n, d})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	var out []string
	for _, c := range near[:min(len(near), maxListed)] {
		out = append(out, c.name)
	}
	return out
}

// distance is the number of bytes to add, drop or replace to make b of a (Levenshtein). Long names are told apart by
// their beginnings.
func distance(a, b string) int {
	a, b = a[:min(len(a), 100)], b[:min(len(b), 100)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
