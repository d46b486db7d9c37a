package git

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
)

// maxWarmFetches is how often a store is added to before everything is fetched anew: what is out of date in it is not
// looked for, and a fresh copy of the trees is small.
const maxWarmFetches = 100

// download is a request for a pack.
type download struct {
	wants  []Hash
	have   Hash         // zero = nothing
	depth  int          // commits; 0 = no bound
	filter packp.Filter // what is left out, where the server can; "" = nothing
	limits packLimits
}

// The limits of a pack of which nothing may be missing.
var wholeLimits = packLimits{blob: maxPackedBlob, all: maxKeptInAll}

// Fetch reads the trees of the commit tip. With an older tree of the same branch it asks only for what came since, and
// then both share what they hold. Without one it reads those of the folders alone, if there are any, and of those on the
// way to them; what is missing then is fetched when it is looked into. The blobs come along only when the server cannot
// leave them out.
func (r *Remote) Fetch(ctx context.Context, tip Hash, older *Tree, folders []string) (*Tree, error) {
	ctx, cancel := r.bound(ctx)
	defer cancel()
	tree, err := r.fetch(ctx, tip, older, folders)
	if err != nil {
		return nil, explain(ctx, fmt.Sprintf("fetching %s of %s", tip, r.shown), err)
	}
	return tree, nil
}

func (r *Remote) fetch(ctx context.Context, tip Hash, older *Tree, folders []string) (*Tree, error) {
	s := newStore()
	if older != nil {
		s.shelf = older.store.shelf
		tree, err := r.fetchSince(ctx, tip, older)
		if tree != nil || err != nil {
			return tree, err
		}
	}
	if tree, err := r.fetchFolders(ctx, s, tip, folders); tree != nil || err != nil {
		return tree, err
	}
	return r.fetchInto(ctx, s, tip, download{wants: []Hash{tip}, depth: 1, filter: packp.FilterBlobNone()})
}

// fetchSince adds to an older tree. Both results are nil when that does not lead to the commit: told that we have one, a
// server leaves out all its ancestors, of which we have nothing. A branch that went back to an earlier state is such a
// case.
func (r *Remote) fetchSince(ctx context.Context, tip Hash, older *Tree) (*Tree, error) {
	s := older.store
	if tip == older.tip {
		return older, nil
	}
	if s.fetches >= maxWarmFetches {
		return nil, nil
	}
	if c, ok := s.commits[tip]; ok {
		return &Tree{remote: r, store: s, tip: tip, root: c.tree}, nil
	}
	if adv, err := r.capabilities(ctx); err != nil || !adv.negotiates() {
		return nil, err
	}
	d := download{wants: []Hash{tip}, have: older.tip, depth: maxHistory, filter: packp.FilterBlobNone()}
	tree, err := r.fetchInto(ctx, s, tip, d)
	if _, incomplete := errors.AsType[*incompleteError](err); incomplete {
		return nil, nil
	}
	return tree, err
}

// incompleteError is an answer that lacks a part of what was asked for.
type incompleteError struct{ tip Hash }

func (e *incompleteError) Error() string {
	return fmt.Sprintf("the server's answer lacks a part of commit %s", e.tip)
}

func (r *Remote) fetchInto(ctx context.Context, s *store, tip Hash, d download) (*Tree, error) {
	adv, err := r.capabilities(ctx)
	if err != nil {
		return nil, err
	}
	if !adv.partial() || s.withBlobs {
		d.filter = ""
	}
	d.limits = wholeLimits
	p, err := r.download(ctx, d)
	if err != nil {
		return nil, err
	}
	if p.full {
		return nil, fmt.Errorf("commit %s is larger than the %d MiB that are kept in memory", tip, maxKeptInAll>>20)
	}
	fresh, err := s.add(p)
	if err != nil {
		return nil, err
	}
	s.fetches++
	difference := !d.have.IsZero()
	s.withBlobs = s.withBlobs || d.filter == "" && !difference
	c, ok := s.commits[tip]
	// Told that we have a commit, a server leaves out what it believes came with it. Trees that are missing are fetched when
	// they are looked into; of blobs that all came along none may be.
	if !ok || s.withBlobs && difference && !s.whole(c.tree, fresh) {
		for id := range fresh {
			delete(s.trees, id)
		}
		s.fetches = maxWarmFetches
		return nil, &incompleteError{tip: tip}
	}
	return &Tree{remote: r, store: s, tip: tip, root: c.tree}, nil
}

// Follows reports whether the commit id is among those that led to the tree's tip, as far as they are known here.
func (t *Tree) Follows(id Hash) bool {
	found := t.tip == id
	t.store.log(t.tip, func(c *commit) bool {
		found = found || slices.Contains(c.parents, id)
		return !found
	})
	return found
}

// partial reports whether a server can leave the blobs out. That it hands out single ones later is promised by
// capabilities that do not tell the whole story: over HTTP Git gives every reachable object without any. So it is tried,
// and blobRequest.readWhole is what happens otherwise.
func (a *advertisement) partial() bool { return a.offers("filter") }

// download asks upload-pack for a pack and reads it.
func (r *Remote) download(ctx context.Context, d download) (_ *pack, err error) {
	begun := time.Now()
	adv, err := r.capabilities(ctx)
	if err != nil {
		return nil, err
	}
	request, err := d.encode(adv)
	if err != nil {
		return nil, err
	}
	conv, err := r.wire.open(ctx, uploadPack)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conv.close()) }()
	body, err := conv.ask(ctx, request)
	if err != nil {
		return nil, err
	}
	counted := &counter{r: body}
	p, err := r.readAnswer(counted, d, adv)
	if err != nil {
		return nil, err
	}
	r.log.DebugContext(ctx, "fetched objects", "url", r.shown, "wants", len(d.wants), "objects", len(p.entries),
		"bytes", counted.n, "took", time.Since(begun))
	return p, nil
}

// encode writes the request (gitprotocol-pack, "Packfile Negotiation"). No shallow line is sent with a have: we say that
// we know the commit, not how little came with it, so that the answer is the difference and not the whole tree.
func (d download) encode(adv *advertisement) ([]byte, error) {
	req := packp.NewUploadRequest()
	for _, c := range []capability.Capability{capability.Sideband64k, capability.OFSDelta, capability.NoProgress} {
		if adv.offers(string(c)) {
			req.Capabilities.Set(c)
		}
	}
	if extended := adv.acknowledging(); extended != "" {
		req.Capabilities.Set(capability.Capability(extended))
	}
	if d.depth > 0 && adv.offers(string(capability.Shallow)) {
		req.Capabilities.Set(capability.Shallow)
		req.Depth = packp.DepthCommits(d.depth)
	}
	if d.filter != "" && adv.offers(string(capability.Filter)) {
		req.Capabilities.Set(capability.Filter)
		req.Filter = d.filter
	}
	req.Wants = slices.Clone(d.wants)
	var buf bytes.Buffer
	if err := req.Encode(&buf); err != nil {
		return nil, err
	}
	lines := pktline.NewEncoder(&buf)
	if !d.have.IsZero() {
		if err := lines.Encodef("have %s\n", d.have); err != nil {
			return nil, err
		}
	}
	if err := lines.EncodeString("done\n"); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// readAnswer reads what comes before the pack, and the pack.
func (r *Remote) readAnswer(body io.Reader, d download, adv *advertisement) (*pack, error) {
	buffered := bufio.NewReader(body)
	if d.depth > 0 && adv.offers(string(capability.Shallow)) {
		var boundary packp.ShallowUpdate
		if err := boundary.Decode(buffered); err != nil {
			return nil, r.clean.fatal(err)
		}
	}
	var acknowledged packp.ServerResponse
	if err := acknowledged.Decode(buffered, false); err != nil {
		return nil, r.clean.fatal(err)
	}
	if !adv.offers(string(capability.Sideband64k)) {
		return readPack(buffered, d.limits)
	}
	bands := newSideband(buffered, r.clean)
	p, err := readPack(bands, d.limits)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, bands) // the flush at the end
	return p, err
}

// counter counts the bytes of an answer.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
