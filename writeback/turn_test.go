package writeback

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// Those who wait for a turn get it in the order in which they came.
func TestTurnsAreFair(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		line := new(Writer).lineOf("https://git.acme.example/fleet.git")
		leave, err := take(t.Context(), line.turn)
		if err != nil {
			t.Fatal(err)
		}
		var order []int // guarded by the turn
		var waiting sync.WaitGroup
		for i := range 20 {
			waiting.Go(func() {
				leave, err := take(t.Context(), line.turn)
				if err != nil {
					t.Error(err)
					return
				}
				defer leave()
				order = append(order, i)
			})
			synctest.Wait() // it waits
		}
		leave()
		waiting.Wait()
		if !slices.IsSorted(order) || len(order) != 20 {
			t.Errorf("they had their turns in the order %v", order)
		}
	})
}
