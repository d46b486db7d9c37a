package edit

import (
	"slices"
	"strings"
)

// trace is a print of a tree: a number for each node, for each end of a collection and for each line of comment, in the
// order of the text. Two files with equal traces have the same documents, values, styles, tags, anchors and comments.
// It is what Apply compares a file with after an edit. Keeping it in place of the tree makes that cost one parse, and a
// found file some hundred bytes of memory in place of thirty times its size.
type trace struct {
	sums    []uint64
	entries []int          // index in sums of each node, by its ordinal
	skip    map[int32]bool // ordinals of nodes that are left out, for their comments to be compared all the same
}

// What a sum begins with, so that different things never look alike.
const (
	startSum uint64 = 14695981039346656037 // FNV-1a's offset
	endMark  uint64 = 1
	docMark  uint64 = 2
)

// traceOf prints a tree without the nodes of skip.
func traceOf(t *tree, skip map[int32]bool) trace {
	r := trace{sums: make([]uint64, 0, len(t.nodes)+len(t.nodes)/2), entries: make([]int, len(t.nodes)), skip: skip}
	for _, root := range t.roots {
		r.sums = append(r.sums, docMark)
		r.node(root)
	}
	return r
}

// node adds a node and all below it. The comments of a key come where they stand in the text: a foot comment after the
// value, so that a line put between the two does not change their order.
func (r *trace) node(n *node) {
	if n.more != nil {
		r.comment(n.more.head)
	}
	r.entries[n.ordinal] = len(r.sums)
	if !r.skip[n.ordinal] {
		r.sums = append(r.sums, n.sum)
	}
	if n.more != nil {
		r.comment(n.more.line)
	}
	for i := 0; i < len(n.content); i++ {
		child := n.content[i]
		r.node(child)
		if !child.isKey {
			continue
		}
		i++
		r.node(n.content[i])
		r.foot(child)
	}
	if n.kind == mapping || n.kind == sequence {
		r.sums = append(r.sums, endMark)
	}
	if !n.isKey {
		r.foot(n)
	}
}

func (r *trace) foot(n *node) {
	if n.more != nil {
		r.comment(n.more.foot)
	}
}

func (r *trace) comment(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" {
			r.sums = append(r.sums, addSum(startSum, line))
		}
	}
}

// sumOf prints a node without what is below it.
func sumOf(n *node, tag, anchor string) uint64 {
	shape := uint64(n.kind)<<8 + uint64(n.style)<<16
	if n.flow {
		shape += 1 << 24
	}
	return addSum(addSum(addSum(startSum+shape, n.text), tag), anchor)
}

// addSum is FNV-1a, with an end so that "ab", "c" and "a", "bc" differ.
func addSum(sum uint64, s string) uint64 {
	for i := range len(s) {
		sum = (sum ^ uint64(s[i])) * 1099511628211
	}
	return (sum ^ 0xff) * 1099511628211
}

// insertedKey is the one key that an edit may add.
const insertedKey = "newTag"

// proves reports whether the tree after an edit is the one that was traced, but for the given scalars, which must read
// as their new text and as strings, and for a key put in behind each scalar of an insertion. What a regexp leads to is
// not known to be a scalar: each such edit may change one value or comment.
func proves(sums []uint64, after *tree, edits []splice) bool {
	skip := map[int32]bool{}
	shifted := shifter(edits)
	for _, e := range edits {
		if e.inserts && !insertedBehind(after, shifted(e.ordinal), e.want, skip) {
			return false
		}
	}
	now := traceOf(after, skip)
	if len(now.sums) != len(sums) {
		return false
	}
	raw := 0
	for _, e := range edits {
		if e.target != nil {
			raw++
		}
		if e.inserts || e.target != nil {
			continue
		}
		at := shifted(e.ordinal)
		if at >= len(after.nodes) || now.entries[at] != e.entry || !e.wrote(after.nodes[at]) {
			return false
		}
		now.sums[e.entry] = sums[e.entry]
	}
	return differing(sums, now.sums) <= raw
}

// differing counts in how many places two prints of one length differ.
func differing(a, b []uint64) (n int) {
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}

// shifter returns the function that tells the ordinal after the edits of a node before them: every inserted key and
// value comes before the nodes behind it. The edits are in the order of the file.
func shifter(edits []splice) func(int) int {
	var inserted []int
	for _, e := range edits {
		if e.inserts {
			inserted = append(inserted, e.ordinal)
		}
	}
	return func(ordinal int) int {
		before, _ := slices.BinarySearch(inserted, ordinal)
		return ordinal + 2*before
	}
}

// insertedBehind reports whether the key and value put in behind a node stand in its mapping as meant, and adds them
// to skip.
func insertedBehind(after *tree, ordinal int, want string, skip map[int32]bool) bool {
	if ordinal+2 >= len(after.nodes) {
		return false
	}
	sibling, key, value := after.nodes[ordinal], after.nodes[ordinal+1], after.nodes[ordinal+2]
	skip[key.ordinal], skip[value.ordinal] = true, true
	return key.isKey && key.parent == sibling.parent && key.text == insertedKey && value.key == key &&
		!key.hasProperties() && !value.hasProperties() && value.reads(want)
}

// wrote reports whether a node is the scalar of a splice as it was to be written.
func (e splice) wrote(n *node) bool {
	return !n.isKey && !n.tagged && n.anchor() == e.anchor && n.reads(e.want)
}

// reads reports whether a node is a scalar that reads as a string of that text.
func (n *node) reads(want string) bool { return n.kind == scalar && n.isString && n.text == want }
