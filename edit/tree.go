package edit

// maxDepth is how deep a document may be nested. No file written by people comes near it.
const maxDepth = 200

type syntax uint8

const (
	yamlSyntax syntax = iota
	jsonSyntax
	textSyntax // KEY=value lines
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
	block // literal or folded
)

// node is a key or value of a file. Finders know nodes only, so that a rule for one format holds in YAML and in JSON.
type node struct {
	kind     kind
	style    style
	null     bool // a scalar that stands for nothing: null, ~ or no text at all
	isString bool // a scalar that yaml.v3 or JSON reads as a string
	tagged   bool // has an explicit tag, such as !!str
	isKey    bool
	repeated bool // its key stands more than once in its mapping
	flow     bool // stands in a flow collection: {...} or [...]
	line     int
	offset   int // of its first byte, an anchor or tag included; -1 when not to be found
	text     string
	anchor   string
	parent   *node
	key      *node   // the key it stands under
	content  []*node // of a mapping: keys and values in turn
	target   *node   // of an alias
	index    map[string]int
	ordinal  int // its place among the nodes of the tree
	comments *comments
	tag      string
}

// comments are those that yaml.v3 hung on a node.
type comments struct{ head, line, foot string }

// tree is a file as read: its documents, and all of their nodes in the order of the file.
type tree struct {
	syntax syntax
	data   []byte
	starts []int // of lines
	roots  []*node
	nodes  []*node
	users  map[*node][]*node // the aliases of an anchored node
	slab   []node            // where the next nodes go: one allocation for many
}

// add appends a node.
func (t *tree) add(n node) *node {
	if len(t.slab) == cap(t.slab) {
		t.slab = make([]node, 0, min(4096, max(64, 2*cap(t.slab))))
	}
	n.ordinal = len(t.nodes)
	t.slab = append(t.slab, n)
	added := &t.slab[len(t.slab)-1]
	t.nodes = append(t.nodes, added)
	return added
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
			t.users[n.target] = append(t.users[n.target], n)
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
	n.index = make(map[string]int, len(n.content)/2)
	for i := 0; i < len(n.content); i += 2 {
		key := n.content[i]
		if key.kind != scalar {
			continue
		}
		if first, found := n.index[key.text]; found {
			n.content[first+1].repeated, n.content[i+1].repeated = true, true
			continue
		}
		n.index[key.text] = i
	}
}

func (n *node) sameKey(other *node) bool {
	return n.kind == scalar && other.kind == scalar && n.text == other.text
}

// resolved returns the node itself, or what it is an alias of.
func (n *node) resolved() *node {
	if n != nil && n.kind == alias {
		return n.target
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
	if n.index != nil {
		if i, found := n.index[key]; found {
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
