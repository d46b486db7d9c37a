package edit

import "slices"

// maxProofs bounds how often a file is parsed to find out which of its edits cannot be proved. One parse is the rule.
const maxProofs = 16

// prove makes the edits whose changes are not refused. It returns which changes altered any bytes.
func (a *application) prove(edits []splice) map[int]bool {
	edits = slices.DeleteFunc(slices.Clone(edits), func(e splice) bool { return e.keeps || a.reasons[e.change].reason != "" })
	written := map[int]bool{}
	for _, e := range a.provable(nil, edits) {
		written[e.change] = true
	}
	return written
}

// provable returns those of the edits that hold together with the good ones, which are known to hold. If not all do, it
// asks for each half.
func (a *application) provable(good, edits []splice) []splice {
	if len(edits) == 0 {
		return good
	}
	together := inOrder(good, edits)
	if a.holds(together) {
		return together
	}
	changes := changesOf(edits)
	if len(changes) == 1 || a.parses >= maxProofs {
		for _, c := range changes {
			a.refuse(c, "the edit cannot be proved to change nothing else")
		}
		return good
	}
	firstHalf := changes[:len(changes)/2]
	var first, second []splice
	for _, e := range edits {
		if _, found := slices.BinarySearch(firstHalf, e.change); found {
			first = append(first, e)
		} else {
			second = append(second, e)
		}
	}
	return a.provable(a.provable(good, first), second)
}

// holds reports whether the file with the edits is the one that was searched but for their values. What it proved last is
// all that is good: nothing is ever taken back.
func (a *application) holds(edits []splice) bool {
	a.parses++
	all := edits
	edits = outermost(edits)
	data := spliced(a.file.Data, edits)
	after, err := parse(a.origin.syntax, data)
	if err != nil || !proves(a.origin.sums, after, edits) || !stillMatch(data, all) {
		return false
	}
	a.proved = after
	return true
}

func changesOf(edits []splice) []int {
	var changes []int
	for _, e := range edits {
		changes = append(changes, e.change)
	}
	slices.Sort(changes)
	return slices.Compact(changes)
}

func inOrder(a, b []splice) []splice {
	all := append(slices.Clone(a), b...)
	slices.SortStableFunc(all, splice.compare)
	return all
}

// outermost leaves out the edits that another one makes as well: several changes may write the same text, or one a
// part of another's.
func outermost(edits []splice) []splice {
	var kept []splice
	for _, e := range edits {
		if len(kept) == 0 || !kept[len(kept)-1].overlaps(e) {
			kept = append(kept, e)
		}
	}
	return kept
}

// spliced returns data with the edits made, which are in its order and do not overlap.
func spliced(data []byte, edits []splice) []byte {
	size := len(data)
	for _, e := range edits {
		size += len(e.text) - (e.end - e.start)
	}
	out, done := make([]byte, 0, size), 0
	for _, e := range edits {
		out = append(append(out, data[done:e.start]...), e.text...)
		done = e.end
	}
	return append(out, data[done:]...)
}
