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
		if len(w.via) == maxAliases {
			return
		}
		w.via = append(w.via, n)
		defer func() { w.via = w.via[:len(w.via)-1] }()
		n = n.more.target
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

// items calls do for the mappings in a list, following the aliases on the way.
func (w *walker) items(list *node, do func(item *node)) {
	depth := len(w.via)
	defer func() { w.via = w.via[:depth] }()
	if list != nil && list.kind == alias {
		w.via = append(w.via, list)
	}
	if list = list.resolved(); list == nil || list.kind != sequence || w.seen(visit{node: list, listed: true}) {
		return
	}
	here := len(w.via)
	for _, item := range list.content {
		if item.kind == alias {
			w.via = append(w.via, item)
		}
		do(item.resolved())
		w.via = w.via[:here]
	}
}

// pairs calls do for the mappings under the keys of a mapping, following the aliases on the way.
func (w *walker) pairs(of *node, do func(key string, n *node)) {
	depth := len(w.via)
	defer func() { w.via = w.via[:depth] }()
	if of != nil && of.kind == alias {
		w.via = append(w.via, of)
	}
	if of = of.resolved(); of == nil || of.kind != mapping || w.seen(visit{node: of, listed: true}) {
		return
	}
	here := len(w.via)
	for i := 0; i+1 < len(of.content); i += 2 {
		value := of.content[i+1]
		if value.kind == alias {
			w.via = append(w.via, value)
		}
		do(of.content[i].text, value.resolved())
		w.via = w.via[:here]
	}
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
