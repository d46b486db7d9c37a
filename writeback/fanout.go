package writeback

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// onAllProcessors calls do for every item, as many at once as there are processors, and returns when all calls have.
func onAllProcessors[T any](items []T, do func(T)) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(items)) {
		wait.Go(func() {
			for i := next.Add(1); i <= int64(len(items)); i = next.Add(1) {
				do(items[i-1])
			}
		})
	}
	wait.Wait()
}
