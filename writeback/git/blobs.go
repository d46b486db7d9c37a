package git

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Blobs reads the blobs of these ids and hands each over once, in the order asked for within a chunk. One that is larger
// than limit is handed over as nil. The bytes are the receiver's; nothing is kept here.
func (t *Tree) Blobs(ctx context.Context, ids []Hash, limit int64, deliver func(id Hash, data []byte) error) error {
	seen := make(map[Hash]bool, len(ids))
	var wanted []Hash
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			wanted = append(wanted, id)
		}
	}
	b := blobRequest{tree: t, limit: min(limit, maxPackedBlob), deliver: deliver}
	for chunk := range slices.Chunk(wanted, chunkOfBlobs) {
		if err := b.chunk(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

type blobRequest struct {
	tree    *Tree
	limit   int64
	deliver func(Hash, []byte) error
}

func (b *blobRequest) chunk(ctx context.Context, ids []Hash) error {
	ctx, cancel := b.tree.remote.bound(ctx)
	defer cancel()
	if err := b.read(ctx, ids); err != nil {
		return explain(ctx, fmt.Sprintf("fetching %d files of %s", len(ids), b.tree.remote.shown), err)
	}
	return nil
}

func (b *blobRequest) read(ctx context.Context, ids []Hash) error {
	ids, err := b.handKept(ids)
	if err != nil || len(ids) == 0 {
		return err
	}
	if b.tree.store.withBlobs {
		return b.readWhole(ctx, ids, errors.New("a file did not come with the others"))
	}
	p, err := b.tree.remote.download(ctx, download{wants: ids, limits: packLimits{blob: b.limit, all: maxKeptInAnswer}})
	if refuses(err) {
		return b.readWhole(ctx, ids, err)
	}
	if err != nil {
		return err
	}
	var missing []Hash
	from := maker{pack: p}
	for _, id := range ids {
		switch i, ok := p.byID[id]; {
		case ok:
			if err := b.hand(&from, i); err != nil {
				return err
			}
		case p.dropped[id]:
			if err := b.deliver(id, nil); err != nil {
				return err
			}
		default:
			missing = append(missing, id)
		}
	}
	return b.readMissing(ctx, ids, missing)
}

// handKept hands over the blobs that came along with trees, and returns the others.
func (b *blobRequest) handKept(ids []Hash) (others []Hash, err error) {
	s := b.tree.store
	var from maker
	for _, id := range ids {
		place, ok := s.blobs[id]
		switch {
		case ok:
			if from.pack != place.pack {
				from = maker{pack: place.pack}
			}
			err = b.hand(&from, place.entry)
		case s.tooBig[id] || s.withBlobs && s.holes:
			err = b.deliver(id, nil)
		default:
			others = append(others, id)
		}
		if err != nil {
			return nil, err
		}
	}
	return others, nil
}

// readMissing asks again for what did not come: what was too much together, or stood as a delta against a blob that was
// too large. Half of it at a time, so that each comes by itself in the end, where it cannot be a delta.
func (b *blobRequest) readMissing(ctx context.Context, asked, missing []Hash) error {
	switch {
	case len(missing) == 0:
		return nil
	case len(asked) == 1:
		return fmt.Errorf("blob %s is not in the server's answer", missing[0])
	case len(missing) == 1:
		return b.read(ctx, missing)
	}
	half := len(missing) / 2
	if err := b.read(ctx, missing[:half]); err != nil {
		return err
	}
	return b.read(ctx, missing[half:])
}

// readWhole is for servers that leave blobs out and refuse to hand out single ones. The whole tip is fetched, once.
func (b *blobRequest) readWhole(ctx context.Context, ids []Hash, why error) error {
	r, s := b.tree.remote, b.tree.store
	r.log.WarnContext(ctx, "server refuses single blobs, fetching all", "url", r.shown, "err", why)
	if _, err := r.fetchInto(ctx, s, b.tree.tip, download{wants: []Hash{b.tree.tip}, depth: 1}); err != nil {
		return errors.Join(why, err)
	}
	missing, err := b.handKept(ids)
	if err == nil && len(missing) > 0 {
		err = fmt.Errorf("blob %s is not in the server's answer", missing[0])
	}
	return err
}

func (b *blobRequest) hand(from *maker, i int32) error {
	data, err := from.object(i)
	if err != nil {
		return err
	}
	id := from.pack.entries[i].id
	if int64(len(data)) > b.limit {
		return b.deliver(id, nil)
	}
	return b.deliver(id, slices.Clone(data))
}
