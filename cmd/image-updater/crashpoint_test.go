package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
)

// point is where a call is ended: at an instant, or by the clock after a part of the time that an undisturbed one takes.
type point struct {
	signal syscall.Signal
	at     instant
	part   float64
}

// words say where a call was ended that had asked for something until then.
func (p point) words(asked []string) string {
	signal := map[syscall.Signal]string{syscall.SIGKILL: "kill -9", syscall.SIGTERM: "SIGTERM"}[p.signal]
	switch {
	case p.at == (instant{}) && len(asked) == 0:
		return signal + ", by the clock, before any request"
	case p.at == (instant{}):
		return signal + ", by the clock, last asked: " + asked[len(asked)-1]
	}
	return fmt.Sprintf("%s, %s, %s", signal, p.at.asked, p.at.phase)
}

// pointsOf returns where to end calls that ask for so much: count of them by kill -9, a third as many by SIGTERM. The phases of the push
// and of what is written at a forge come first, then those of the other requests as far as they fit into half of the rest, then the clock.
func pointsOf(asks []string, random *rand.Rand, count int) []point {
	var writes, others []instant
	seen := map[string]int{}
	for _, asked := range asks {
		seen[asked]++
		for _, p := range []phase{arriving, halfSent, served, answering} {
			switch m := (instant{asked, seen[asked], p}); {
			case asked == "push" || strings.HasPrefix(asked, "P"): // POST and PATCH
				writes = append(writes, m)
			case p != halfSent || asked == "fetch": // the others have no body
				others = append(others, m)
			}
		}
	}
	random.Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] })
	var points []point
	for _, kind := range []struct {
		signal syscall.Signal
		count  int
	}{{syscall.SIGKILL, count}, {syscall.SIGTERM, max(count/3, len(writes))}} {
		instants := slices.Concat(writes, others)
		instants = instants[:min(len(instants), len(writes)+(kind.count-len(writes))/2)]
		for _, m := range instants {
			points = append(points, point{signal: kind.signal, at: m})
		}
		for range kind.count - len(instants) {
			points = append(points, point{signal: kind.signal, part: random.Float64()})
		}
	}
	random.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
	return points
}
