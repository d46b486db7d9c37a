package git

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"
)

// Hash is the id of an object.
type Hash = plumbing.Hash

const branchPrefix = "refs/heads/"

// ParseHash reads the whole id of an object as Git writes it.
func ParseHash(text string) (Hash, bool) {
	if !plumbing.IsHash(text) {
		return Hash{}, false
	}
	return plumbing.NewHash(text), true
}

// Refs are the branches of a repository as one advertisement tells them.
type Refs struct {
	// Head is the full name of the default branch, "" when the server does not tell.
	Head string
	tips map[string]Hash
}

// Tip returns the commit that the ref of this full name stands at.
func (r Refs) Tip(ref string) (Hash, bool) {
	id, ok := r.tips[ref]
	return id, ok
}

// Branches lists the short names of all branches, sorted.
func (r Refs) Branches() []string {
	names := make([]string, 0, len(r.tips))
	for ref := range r.tips {
		names = append(names, strings.TrimPrefix(ref, branchPrefix))
	}
	slices.Sort(names)
	return names
}

// advertisement is what a service says first.
type advertisement struct {
	refs         Refs
	capabilities map[string]string
	said         string // the capabilities as the server has them
}

func (a *advertisement) offers(capability string) bool {
	_, ok := a.capabilities[capability]
	return ok
}

// readAdvertisement reads the refs of a service (gitprotocol-pack, "Reference Discovery"), with the two lines that come
// before them over HTTP. Of the refs only the branches are kept: some forges advertise one for each pull request.
func readAdvertisement(r io.Reader, clean cleaner) (*advertisement, error) {
	adv := &advertisement{refs: Refs{tips: map[string]Hash{}}}
	limited := &io.LimitedReader{R: r, N: maxAdvertisement}
	lines := pktline.NewScanner(limited)
	var head Hash
	for first := true; lines.Scan(); {
		line := bytes.TrimSuffix(lines.Bytes(), []byte("\n"))
		if first && len(line) > 0 && line[0] == '#' {
			if !lines.Scan() { // the flush after "# service=git-upload-pack"
				break
			}
			continue
		}
		if len(line) == 0 {
			return adv, adv.finish(head)
		}
		if first {
			line = adv.cutCapabilities(line)
			first = false
		}
		if err := adv.readRef(line, &head); err != nil {
			return nil, err
		}
	}
	if limited.N == 0 {
		return nil, fmt.Errorf("the advertisement of refs is over %d MiB", maxAdvertisement>>20)
	}
	return nil, advertisementEnded(clean.fatal(lines.Err()))
}

// advertisementEnded tells why an advertisement has no end.
func advertisementEnded(err error) error {
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	if _, said := errors.AsType[*saidError](err); said {
		return err
	}
	return fmt.Errorf("reading the advertisement of refs: %w", err)
}

// cutCapabilities takes the list of capabilities off the first line.
func (a *advertisement) cutCapabilities(line []byte) []byte {
	ref, list, _ := bytes.Cut(line, []byte{0})
	a.capabilities, a.said = map[string]string{}, string(list)
	for word := range strings.FieldsSeq(a.said) {
		name, value, _ := strings.Cut(word, "=")
		if name == "symref" {
			if from, to, ok := strings.Cut(value, ":"); ok && from == "HEAD" {
				a.refs.Head = to
			}
			continue
		}
		a.capabilities[name] = value
	}
	return ref
}

// readRef reads "ID SP REF". The line of an empty repository names capabilities^{} instead of a ref.
func (a *advertisement) readRef(line []byte, head *Hash) error {
	id, ref, ok := bytes.Cut(line, []byte(" "))
	if bytes.HasPrefix(line, []byte("shallow ")) {
		return nil
	}
	if format := a.capabilities["object-format"]; len(id) == 64 || (format != "" && format != "sha1") {
		return ErrSHA256
	}
	hash, isHash := parseHash(id)
	if !ok || !isHash {
		return fmt.Errorf("reading the advertisement of refs: %q is no ref", clip(line))
	}
	switch name := string(ref); {
	case name == "HEAD":
		*head = hash
	case strings.HasPrefix(name, branchPrefix):
		a.refs.tips[name] = hash
	}
	return nil
}

// finish finds the default branch of a server that is too old to name it.
func (a *advertisement) finish(head Hash) error {
	if a.capabilities == nil {
		a.capabilities = map[string]string{}
	}
	if a.refs.Head != "" || head.IsZero() {
		return nil
	}
	for _, name := range []string{branchPrefix + "main", branchPrefix + "master"} {
		if tip, ok := a.refs.tips[name]; ok && tip == head {
			a.refs.Head = name
			return nil
		}
	}
	return nil
}

// clip bounds a piece of foreign text that is quoted in an error.
func clip(b []byte) []byte {
	return b[:min(len(b), 100)]
}
