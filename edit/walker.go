package edit

// walker visits the mappings of a document. It follows aliases, but visits what one stands for once only, so that
// documents made of aliases of aliases cost no more than they are long.
type walker struct {
	enters  func(key string) bool // whether what stands under a key, and all below, is inside
	visited map[visit]bool
	via     []*node // the aliases followed to where it is
}

// maxAliases is how many aliases within aliases are followed.
const maxAliases = 16

type visit struct {
	node   *node
	inside bool
	listed bool
}

// each calls do for every mapping from n downwards. The mapping that << merges is visited as part of the one that
// merges it.
func (w *walker) each(n *node, inside bool, do func(n *node, inside bool)) {
	if n.kind == alias {
		if len(w.via) < maxAliases {
			w.follow(n, func(n *node) { w.each(n, inside, do) })
		}
		return
	}
	if w.seen(visit{node: n, inside: inside}) {
		return
	}
	switch n.kind {
	case mapping:
		do(n, inside)
		for i := 0; i+1 < len(n.content); i += 2 {
			w.each(n.content[i+1], inside || w.enters(n.content[i].text), do)
		}
	case sequence:
		for _, item := range n.content {
			w.each(item, inside, do)
		}
	}
}

// items calls do for what is in a list, following the aliases on the way.
func (w *walker) items(list *node, do func(item *node)) {
	w.enter(list, sequence, func(list *node) {
		for _, item := range list.content {
			w.follow(item, do)
		}
	})
}

// pairs calls do for what stands under the keys of a mapping, following the aliases on the way.
func (w *walker) pairs(of *node, do func(key string, n *node)) {
	w.enter(of, mapping, func(of *node) {
		for i := 0; i+1 < len(of.content); i += 2 {
			w.follow(of.content[i+1], func(n *node) { do(of.content[i].text, n) })
		}
	})
}

// enter calls do for a list or mapping, unless it has been entered before.
func (w *walker) enter(n *node, want kind, do func(n *node)) {
	if n == nil {
		return
	}
	w.follow(n, func(n *node) {
		if n.kind == want && !w.seen(visit{node: n, listed: true}) {
			do(n)
		}
	})
}

// follow calls do for a node or what it is an alias of.
func (w *walker) follow(n *node, do func(n *node)) {
	if n.kind != alias {
		do(n)
		return
	}
	w.via = append(w.via, n)
	do(n.more.target)
	w.via = w.via[:len(w.via)-1]
}

// seen reports whether something was visited before. Only what has an anchor can be.
func (w *walker) seen(v visit) bool {
	if v.node.anchor() == "" {
		return false
	}
	if w.visited[v] {
		return true
	}
	if w.visited == nil {
		w.visited = map[visit]bool{}
	}
	w.visited[v] = true
	return false
}
