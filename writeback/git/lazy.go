package git

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
)

// maxLevels is how many levels of folders are read before what lies below them, each level but the first in a request of
// its own.
const maxLevels = 3

// Known returns the tree of a commit that was read before, in this process or an earlier one. Nothing is asked for: what
// the shelf, which may be nil, does not have is fetched when it is looked into.
func (r *Remote) Known(tip, root Hash, shelf Shelf) *Tree {
	s := newStore()
	s.shelf = shelf
	return &Tree{remote: r, store: s, tip: tip, root: root}
}

// fetchFolders reads the trees of some folders and of those on the way to them. Both results are nil when there are no
// folders, or when the server cannot do that.
//
// The first request is for the uppermost levels (filter tree:N, which brings the few files of the root along if N is 2),
// the second, if it needs one, for the folders on the way below, and the last for all below the folders.
func (r *Remote) fetchFolders(ctx context.Context, s *store, tip Hash, folders []string) (*Tree, error) {
	adv, err := r.capabilities(ctx)
	if err != nil {
		return nil, err
	}
	if len(folders) == 0 || !adv.partial() || !adv.negotiates() || r.lacks.treeFilter.Load() || r.lacks.objects.Load() {
		return nil, nil
	}
	deep := 0
	for _, folder := range folders {
		deep = max(deep, 1+strings.Count(folder, "/"))
	}
	upper := packp.FilterTreeDepth(uint64(min(deep, maxLevels-1)))
	t, err := r.fetchInto(ctx, s, tip, download{wants: []Hash{tip}, depth: 1, filter: upper})
	if refuses(err) {
		r.lacks.treeFilter.Store(true)
		r.log.DebugContext(ctx, "server refuses to filter trees, fetching all", "url", r.shown, "err", err)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if missing := t.holes(folders, false); len(missing) > 0 {
		if err := t.want(ctx, missing, packp.FilterTreeDepth(0)); err != nil && !refuses(err) {
			return nil, err
		}
	}
	var lowest []Hash
	for _, folder := range folders {
		if id, _, ok := t.descend(folder); ok {
			lowest = append(lowest, id)
		}
	}
	return t, t.fill(ctx, lowest)
}

// holes returns the first tree that is missing on the way down to each of the folders, whether or not the folders
// themselves count.
func (t *Tree) holes(folders []string, themselves bool) []Hash {
	var missing []Hash
	for _, folder := range folders {
		id, rest, ok := t.descend(folder)
		if _, here := t.store.tree(id); ok && !here && (themselves || rest != "") {
			missing = append(missing, id)
		}
	}
	return missing
}

// descend goes down from the root to a folder, "" being the root, as far as trees are here. It returns the tree that it has
// come to and the rest of the way. ok is false if there is no such folder.
func (t *Tree) descend(folder string) (id Hash, rest string, ok bool) {
	for id, rest = t.root, folder; rest != ""; {
		if _, here := t.store.tree(id); !here {
			break
		}
		name, below, _ := strings.Cut(rest, "/")
		e, found := t.child(id, name)
		if !found || !e.mode.IsDir() {
			return Hash{}, "", false
		}
		id, rest = e.id, below
	}
	return id, rest, true
}

// Reach fetches what is missing of the folders on the way to files.
func (t *Tree) Reach(ctx context.Context, paths []string) error {
	ctx, cancel := t.remote.bound(ctx)
	defer cancel()
	if err := t.reach(ctx, paths); err != nil {
		return explain(ctx, "fetching folders of "+t.remote.shown, err)
	}
	return nil
}

func (t *Tree) reach(ctx context.Context, paths []string) error {
	folders := make([]string, len(paths))
	for i, path := range paths {
		if at := strings.LastIndexByte(path, '/'); at >= 0 {
			folders[i] = path[:at]
		}
	}
	for {
		missing := t.holes(folders, true)
		if len(missing) == 0 {
			return nil
		}
		if err := t.fill(ctx, missing); err != nil {
			return err
		}
	}
}

// Fill fetches folders that are not here, and all that lies below them.
func (t *Tree) Fill(ctx context.Context, folders []Entry) error {
	if len(folders) == 0 {
		return nil
	}
	ctx, cancel := t.remote.bound(ctx)
	defer cancel()
	ids := make([]Hash, len(folders))
	for i, e := range folders {
		ids[i] = e.Hash
	}
	if err := t.fill(ctx, ids); err != nil {
		return explain(ctx, fmt.Sprintf("fetching %d folders of %s", len(ids), t.remote.shown), err)
	}
	return nil
}

// fill fetches trees and all below them. A server that hands out no single objects is asked for the whole tip.
func (t *Tree) fill(ctx context.Context, ids []Hash) error {
	r := t.remote
	if len(ids) == 0 {
		return nil
	}
	var err error
	if !r.lacks.objects.Load() {
		if err = t.want(ctx, ids, packp.FilterBlobNone()); refuses(err) {
			r.lacks.objects.Store(true)
			r.log.DebugContext(ctx, "server refuses single folders, fetching all", "url", r.shown, "err", err)
		}
	}
	if r.lacks.objects.Load() {
		_, err = r.fetchInto(ctx, t.store, t.tip, download{wants: []Hash{t.tip}, depth: 1, filter: packp.FilterBlobNone()})
	}
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, here := t.store.tree(id); !here {
			return fmt.Errorf("tree %s is not in the server's answer", id)
		}
	}
	return nil
}

// want asks for trees by their ids.
func (t *Tree) want(ctx context.Context, ids []Hash, filter packp.Filter) error {
	distinct := slices.SortedFunc(slices.Values(ids), func(a, b Hash) int { return slices.Compare(a[:], b[:]) })
	for chunk := range slices.Chunk(slices.Compact(distinct), chunkOfBlobs) {
		p, err := t.remote.download(ctx, download{wants: chunk, filter: filter, limits: wholeLimits})
		if err != nil {
			return err
		}
		if p.full {
			return fmt.Errorf("%d folders are larger than the %d MiB that are kept in memory", len(ids), maxKeptInAll>>20)
		}
		if _, err := t.store.add(p); err != nil {
			return err
		}
	}
	return nil
}
