package main

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// turns measures the sides one after the other, runs times each, and returns what each took in each turn. A side is told
// the number of its run, so that no two runs do the same.
func turns(ctx context.Context, runs int, sides ...func(ctx context.Context, run int) (usage, error)) ([][]usage, error) {
	taken := make([][]usage, len(sides))
	for run := range runs {
		for i, side := range sides {
			u, err := side(ctx, run)
			if err != nil {
				return nil, err
			}
			taken[i] = append(taken[i], u)
		}
	}
	return taken, nil
}

// contest is turns, of which the median of each side counts.
func contest(ctx context.Context, runs int, sides ...func(ctx context.Context, run int) (usage, error)) ([]usage, error) {
	taken, err := turns(ctx, runs, sides...)
	if err != nil {
		return nil, err
	}
	counted := make([]usage, len(taken))
	for i, side := range taken {
		counted[i] = medians(side)
	}
	return counted, nil
}

// medians returns the median of each thing that was measured: of CPU and wall time, and of the peak of memory.
func medians(taken []usage) usage {
	return usage{
		CPU: middle(taken, cpuOf), Wall: middle(taken, wallOf),
		RSS: middle(taken, func(u usage) int64 { return u.RSS }),
	}
}

func cpuOf(u usage) time.Duration  { return u.CPU }
func wallOf(u usage) time.Duration { return u.Wall }

func middle[T cmp.Ordered](taken []usage, of func(usage) T) T {
	values := make([]T, len(taken))
	for i, u := range taken {
		values[i] = of(u)
	}
	return median(values)
}

func median[T cmp.Ordered](values []T) T { return slices.Sorted(slices.Values(values))[len(values)/2] }

// share is the median of the ratios of neighbours: a machine that is busy for a while disturbs both of them.
func share(ours, theirs []usage, of func(usage) time.Duration) float64 {
	ratios := make([]float64, len(ours))
	for i := range ours {
		ratios[i] = float64(of(ours[i])) / float64(of(theirs[i]))
	}
	return median(ratios)
}

// difference is the median of what neighbours differ by.
func difference(ours, theirs []usage, of func(usage) time.Duration) time.Duration {
	more := make([]time.Duration, len(ours))
	for i := range ours {
		more[i] = of(ours[i]) - of(theirs[i])
	}
	return median(more)
}
