package message

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"text/template/parse"
)

// checker reads the tree of a template. What it names has to exist also where no sample comes to it, and each time around
// a range has to be paid for.
type checker struct {
	tree   *parse.Tree
	fields []string // that it may ask for
	nodes  int      // so far
	err    error
}

// namesOf are the names that a template can ask for where it is given values of these types.
func namesOf(types ...reflect.Type) []string {
	var names []string
	for _, t := range types {
		for field := range t.Fields() {
			names = append(names, field.Name)
		}
		for method := range t.Methods() {
			names = append(names, method.Name)
		}
	}
	return Distinct(names)
}

func (c *checker) visit(n parse.Node) {
	c.nodes++
	switch n := n.(type) {
	case *parse.ListNode:
		c.list(n)
	case *parse.ActionNode:
		c.pipe(n.Pipe)
	case *parse.PipeNode:
		c.pipe(n)
	case *parse.FieldNode:
		c.names(n, n.Ident)
	case *parse.VariableNode:
		c.names(n, n.Ident[1:])
	case *parse.ChainNode:
		c.visit(n.Node)
		c.names(n, n.Field)
	case *parse.IfNode:
		c.branch(&n.BranchNode)
	case *parse.WithNode:
		c.branch(&n.BranchNode)
	case *parse.RangeNode:
		before := c.nodes
		c.branch(&n.BranchNode)
		n.List.Nodes = slices.Insert(n.List.Nodes, 0, stepNode(c.nodes-before))
	case *parse.TemplateNode:
		c.fail(n, "{{template}} is not supported")
	}
}

func (c *checker) list(l *parse.ListNode) {
	if l == nil { // no else
		return
	}
	for _, n := range l.Nodes {
		c.visit(n)
	}
}

func (c *checker) pipe(p *parse.PipeNode) {
	if p == nil {
		return
	}
	for _, command := range p.Cmds {
		for _, arg := range command.Args {
			c.visit(arg)
		}
	}
}

func (c *checker) branch(b *parse.BranchNode) {
	c.pipe(b.Pipe)
	c.list(b.List)
	c.list(b.ElseList)
}

func (c *checker) names(n parse.Node, names []string) {
	for _, name := range names {
		if !slices.Contains(c.fields, name) {
			c.fail(n, "unknown field .%s, want one of %s", name, strings.Join(c.fields, ", "))
			return
		}
	}
}

// fail keeps the first fault.
func (c *checker) fail(n parse.Node, format string, args ...any) {
	if c.err == nil {
		location, _ := c.tree.ErrorContext(n)
		c.err = reason(errors.New("template: " + location + ": " + fmt.Sprintf(format, args...)))
	}
}

// stepNode returns the node {{step N}}.
func stepNode(n int) parse.Node {
	text := fmt.Sprintf("{{%s %d}}", stepFunction, n)
	trees, err := parse.Parse("", text, "", "", map[string]any{stepFunction: true})
	if err != nil {
		panic("message: " + err.Error()) // it has no other text than this
	}
	return trees[""].Root.Nodes[0]
}
