package registry

import (
	"context"
	"sync"
)

// flights run one function at a time for each key and give its result to all who ask meanwhile. A caller whose context
// ends takes nobody with him: if it was his function that ran, the next one runs his own.
type flights[V any] struct {
	mu      sync.Mutex
	running map[string]*flight[V]
}

type flight[V any] struct {
	landed    chan struct{} // closed when the fields below are set
	value     V
	err       error
	abandoned bool
}

func (f *flights[V]) do(ctx context.Context, key string, run func() (V, error)) (V, error) {
	for {
		fl, ours := f.board(key)
		if ours {
			defer f.land(key, fl)
			fl.abandoned = true // until it has come to its end: run may panic
			fl.value, fl.err = run()
			fl.abandoned = fl.err != nil && ctx.Err() != nil
			return fl.value, fl.err
		}
		select {
		case <-fl.landed:
			if !fl.abandoned {
				return fl.value, fl.err
			}
		case <-ctx.Done():
			var none V
			return none, context.Cause(ctx)
		}
	}
}

// board returns the flight of the key, and whether it is the caller who has to run it.
func (f *flights[V]) board(key string) (fl *flight[V], ours bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl, found := f.running[key]; found {
		return fl, false
	}
	if f.running == nil {
		f.running = make(map[string]*flight[V])
	}
	fl = &flight[V]{landed: make(chan struct{})}
	f.running[key] = fl
	return fl, true
}

func (f *flights[V]) land(key string, fl *flight[V]) {
	f.mu.Lock()
	delete(f.running, key)
	f.mu.Unlock()
	close(fl.landed)
}
