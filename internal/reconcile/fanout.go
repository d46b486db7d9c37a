package reconcile

import "sync"

// How much goes on at the same time. Registries are paced by their own limiters; these bounds keep memory flat.
const (
	treesAtOnce  = 4
	imagesAtOnce = 32
)

// each calls do for every item, at most limit of them at once, and returns when all calls have.
func each[T any](items []T, limit int, do func(T)) {
	slots := make(chan struct{}, limit)
	var wait sync.WaitGroup
	for _, item := range items {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			do(item)
		})
	}
	wait.Wait()
}

// progress returns a function to call as each of the steps of a stage ends.
func (r *Reconciler) progress(stage string, of int) func() {
	if r.Progress == nil || of == 0 {
		return func() {}
	}
	var mu sync.Mutex // guards done and the order of calls
	done := 0
	r.Progress(stage, 0, of)
	return func() {
		mu.Lock()
		defer mu.Unlock()
		done++
		r.Progress(stage, done, of)
	}
}
