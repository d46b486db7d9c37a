package git

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Signature names who made a commit, and when.
type Signature struct {
	Name  string
	Email string
	When  time.Time
}

// person is a signature without its time, as it stands in a commit.
func (s Signature) person() string {
	return fmt.Sprintf("%s <%s>", identity(s.Name), identity(s.Email))
}

// commit is what is read of a commit object.
type commit struct {
	id      Hash
	tree    Hash
	parents []Hash
	message string
	// author and committer are as they stand there: "Name <address> seconds zone".
	author, committer string
}

var errCommit = errors.New("it cannot be read as a commit")

// parseCommit reads the head lines of a commit that matter here, and its message.
func parseCommit(id Hash, raw []byte) (*commit, error) {
	head, message, _ := bytes.Cut(raw, []byte("\n\n"))
	c := &commit{id: id, message: string(message)}
	whole := false
	for line := range bytes.SplitSeq(head, []byte("\n")) {
		key, value, _ := bytes.Cut(line, []byte(" "))
		switch string(key) {
		case "tree":
			c.tree, whole = parseHash(value)
		case "parent":
			if parent, ok := parseHash(value); ok {
				c.parents = append(c.parents, parent)
			}
		case "author":
			c.author = string(value)
		case "committer":
			c.committer = string(value)
		}
	}
	if !whole {
		return nil, fmt.Errorf("commit %s: %w", id, errCommit)
	}
	return c, nil
}

// formatCommit writes a commit object. Author and committer are one and the same.
func formatCommit(tree, parent Hash, by Signature, message string) ([]byte, error) {
	who := fmt.Sprintf("%s %d +0000", by.person(), by.When.Unix())
	if strings.ContainsRune(message, 0) {
		return nil, errors.New("a commit message cannot hold a NUL byte")
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "tree %s\nparent %s\nauthor %s\ncommitter %s\n\n", tree, parent, who, who)
	b.WriteString(strings.TrimRight(message, "\n"))
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// identity takes out what would end a name or an address in a commit's head.
func identity(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '<' || r == '>' || r < ' ' {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// parseHash reads an id.
func parseHash(text []byte) (Hash, bool) {
	var h Hash
	if len(text) != 2*len(h) {
		return Hash{}, false
	}
	if _, err := hex.Decode(h[:], text); err != nil {
		return Hash{}, false
	}
	return h, true
}
