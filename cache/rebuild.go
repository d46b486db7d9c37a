package cache

import (
	"errors"
	"fmt"
	"os"

	bbolterrors "go.etcd.io/bbolt/errors"
)

// openOrRebuild opens the file, moving a damaged one aside. Without a store the notice says why, and busy whether another
// process has it; with one the notice is "", or tells what was moved where.
func openOrRebuild(o Options) (_ *store, notice string, busy bool) {
	// The second try is for a damaged file that was moved aside, or for one that its former holder moved; the third is
	// for both.
	for range 3 {
		s, err := openStore(o)
		switch {
		case err == nil:
			return s, notice, false
		case errors.Is(err, errMoved):
			continue
		case errors.Is(err, errDamaged):
			if notice, err = moveAside(o.Path); err != nil {
				return nil, fmt.Sprintf("cache %q is damaged and cannot be moved aside (%v); working in memory", o.Path, err), false
			}
		case errors.Is(err, bbolterrors.ErrTimeout):
			return nil, fmt.Sprintf("cache %q is in use by another process; working in memory", o.Path), true
		default:
			return nil, fmt.Sprintf("cache %q cannot be used (%v); working in memory", o.Path, err), false
		}
	}
	return nil, fmt.Sprintf("cache %q is damaged again and again; working in memory", o.Path), false
}

// moveAside keeps one damaged file for who wants to look into it, in the place of an earlier one.
func moveAside(path string) (notice string, err error) {
	aside := path + ".damaged"
	if err := os.Rename(path, aside); err != nil {
		return "", err
	}
	return fmt.Sprintf("cache %q was damaged: moved aside to %q, begun anew", path, aside), nil
}

// abandonStore is called, with c.mu held, when the store failed. A damaged file is moved aside and begun anew. One that
// cannot be written, for a disk that is full or gone, is read as far as it can be, and tried again after a while.
func (c *Cache) abandonStore(cause error) {
	if !errors.Is(cause, errDamaged) {
		if c.store.close() != nil {
			c.store.abandon()
		}
		told := c.failing
		c.failing = true
		c.notice = fmt.Sprintf("cache %q cannot be written (%v); working in memory until it can", c.options.Path, cause)
		if !told {
			c.options.Log.Warn("cache failed", "err", cause, "notice", c.notice)
		}
		c.reopen()
		c.room.Broadcast()
		return
	}
	c.store.abandon()
	if notice, err := moveAside(c.options.Path); err != nil {
		c.store = nil
		c.notice = fmt.Sprintf("cache %q is damaged and cannot be moved aside (%v); working in memory", c.options.Path, err)
	} else {
		var again string
		c.store, again, c.busy = openOrRebuild(c.options)
		c.notice = notice
		if c.store == nil {
			c.notice = again
		}
	}
	if c.store == nil {
		c.memory.maxValue = MaxValue
	}
	c.options.Log.Warn("cache failed", "err", cause, "notice", c.notice)
}

// reopen opens the file of a cache that fails, if it can be; c.mu is held.
func (c *Cache) reopen() {
	c.store, _, c.busy = openOrRebuild(c.options)
	c.memory.maxValue = smallValue
	if c.store == nil {
		c.memory.maxValue = MaxValue
	}
}
