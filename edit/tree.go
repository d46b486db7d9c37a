package edit

// maxDepth is how deep a document may be nested. No file written by people comes near it.
const maxDepth = 200

type syntax uint8

const (
	yamlSyntax syntax = iota
	jsonSyntax
	textSyntax   // KEY=value lines
	dockerSyntax // instructions of a Dockerfile
	rawSyntax    // any text
)

type kind uint8

const (
	mapping kind = iota
	sequence
	scalar
	alias
)

type style uint8

const (
	plain style = iota
	single
	double
	literal // a block scalar: |
	folded  // a block scalar: >
)

// block reports whether a scalar of the style stands on lines of its own.
func (s style) block() bool { return s == literal || s == folded }

// node is a key or value of a file. Finders know nodes only, so that a rule for one format holds in YAML and in JSON.
type node struct {
	kind     kind
	style    style
	null     bool // a scalar that stands for nothing: null, ~ or no text at all
	isString bool // a scalar that yaml.v3 or JSON reads as a string
	tagged   bool // has an explicit tag, such as !!str
	isKey    bool
	repeated bool  // its key stands more than once in its mapping
	flow     bool  // stands in a flow collection: {...} or [...]
	line     int32 // from 1
	offset   int32 // of its first byte, an anchor or tag included; -1 when not to be found
	ordinal  int32 // its place among the nodes of the tree
	text     string
	sum      uint64  // a print of the node without what is below it
	parent   *node   // nil at the root
	key      *node   // the key it stands under
	content  []*node // of a mapping: keys and values in turn
	more     *more   // what few nodes have, nil if it has none of it
}

type more struct {
	anchor           string
	target           *node          // of an alias
	index            map[string]int // of a large mapping: where in content each key is
	head, line, foot string         // comments
}

// extra returns what few nodes have, to be set.
func (n *node) extra() *more {
	if n.more == nil {
		n.more = &more{}
	}
	return n.more
}

func (n *node) anchor() string {
	if n.more == nil {
		return ""
	}
	return n.more.anchor
}

// tree is a file as read: its documents, and all of their nodes in the order of the file.
type tree struct {
	syntax syntax
	data   []byte
	starts []int // of lines
	roots  []*node
	nodes  []*node
	users  map[*node][]*node // the aliases of an anchored node
	slab   []node            // where the next nodes go: one allocation for many
	links  []*node           // where the next contents go
}

// reserve makes room for a number of nodes.
func (t *tree) reserve(n int) {
	t.nodes, t.slab, t.links = make([]*node, 0, n), make([]node, 0, n), make([]*node, n)
}

// add appends an empty node.
func (t *tree) add() *node {
	if len(t.slab) == cap(t.slab) {
		t.slab = make([]node, 0, min(4096, max(64, 2*cap(t.slab))))
	}
	t.slab = t.slab[:len(t.slab)+1]
	added := &t.slab[len(t.slab)-1]
	added.ordinal = int32(len(t.nodes))
	t.nodes = append(t.nodes, added)
	return added
}

// room returns an empty content of a length.
func (t *tree) room(n int) []*node {
	if n > len(t.links) {
		return make([]*node, n)
	}
	content := t.links[:n:n]
	t.links = t.links[n:]
	return content
}

// smallMapping is up to which size a mapping is searched key by key; larger ones get an index, so that looking up
// keys in each of many entries stays linear.
const smallMapping = 16

// finish sets what follows from the shape of the nodes: repeated keys and the users of anchors.
func (t *tree) finish() {
	for _, n := range t.nodes {
		switch n.kind {
		case mapping:
			n.markRepeated()
		case alias:
			if t.users == nil {
				t.users = map[*node][]*node{}
			}
			t.users[n.more.target] = append(t.users[n.more.target], n)
		}
	}
}

func (n *node) markRepeated() {
	if len(n.content) <= 2*smallMapping {
		for i := 2; i < len(n.content); i += 2 {
			for j := 0; j < i; j += 2 {
				if n.content[j].sameKey(n.content[i]) {
					n.content[j+1].repeated, n.content[i+1].repeated = true, true
				}
			}
		}
		return
	}
	index := make(map[string]int, len(n.content)/2)
	n.extra().index = index
	for i := 0; i < len(n.content); i += 2 {
		key := n.content[i]
		if key.kind != scalar {
			continue
		}
		if first, found := index[key.text]; found {
			n.content[first+1].repeated, n.content[i+1].repeated = true, true
			continue
		}
		index[key.text] = i
	}
}

func (n *node) sameKey(other *node) bool {
	return n.kind == scalar && other.kind == scalar && n.text == other.text
}

// resolved returns the node itself, or what it is an alias of.
func (n *node) resolved() *node {
	if n != nil && n.kind == alias {
		return n.more.target
	}
	return n
}

// value returns what stands under a key of a mapping, nil if nothing does. Keys of merged mappings (<<) count where
// the mapping does not have them itself. The result may be an alias.
func (n *node) value(key string) *node {
	budget := maxMerged
	return n.lookup(key, &budget)
}

// maxMerged bounds how many mappings one lookup visits: merges of merges can be written to be exponentially many.
const maxMerged = 32

func (n *node) lookup(key string, budget *int) *node {
	n = n.resolved()
	if n == nil || n.kind != mapping || *budget == 0 {
		return nil
	}
	*budget--
	if v := n.own(key); v != nil {
		return v
	}
	merged := n.own("<<").resolved()
	if merged == nil {
		return nil
	}
	if merged.kind != sequence {
		return merged.lookup(key, budget)
	}
	for _, m := range merged.content {
		if v := m.lookup(key, budget); v != nil || *budget == 0 {
			return v
		}
	}
	return nil
}

// own returns what stands under a key of the mapping itself.
func (n *node) own(key string) *node {
	if n.more != nil && n.more.index != nil {
		if i, found := n.more.index[key]; found {
			return n.content[i+1]
		}
		return nil
	}
	for i := 0; i < len(n.content); i += 2 {
		if k := n.content[i]; k.kind == scalar && k.text == key {
			return n.content[i+1]
		}
	}
	return nil
}

// items returns the entries of a sequence, none of anything else.
func (n *node) items() []*node {
	if n = n.resolved(); n != nil && n.kind == sequence {
		return n.content
	}
	return nil
}

// scalarText returns the text of a scalar or of the scalar that n is an alias of; found is false for anything else,
// null included.
func (n *node) scalarText() (text string, found bool) {
	if n = n.resolved(); n == nil || n.kind != scalar || n.null {
		return "", false
	}
	return n.text, true
}
