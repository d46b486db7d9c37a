package daemon

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/schedule"
	"github.com/image-updater/image-updater/internal/status"
)

// TestDay is a day of 400 policies in some seconds, and with DAY=2000 of so many (make day): tags come, hooks tell of some of them and are flooded, policy files
// are read again, with and without errors, a registry and a Git server are down for an hour. Each image is looked at in
// time, each tag is written once and in time, there is one pass at a time, and the memory of the evening is that of noon.
//
// It runs by itself, for the memory is that of the process.
func TestDay(t *testing.T) {
	const registries, gits, interval = 5, 4, 15 * time.Minute
	policies := 400
	if text := os.Getenv("DAY"); text != "" {
		var err error
		if policies, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	w := newWorld(t, fleet(policies, registries, gits, interval.String()))
	w.look = 200 * time.Millisecond
	chance := rand.New(rand.NewPCG(1, 2))
	anyImage := func() image.Repository {
		i := chance.IntN(policies)
		return image.Repository{Host: fmt.Sprintf("r%d.acme.example", i%registries), Path: fmt.Sprintf("team/app-%d", i)}
	}
	synctest.Test(t, func(t *testing.T) {
		// A look is late by the outage of its registry at most, and by the pause after it.
		const outage = time.Hour
		late := map[image.Repository]time.Duration{}
		last := map[image.Repository]time.Time{}
		steps := 0
		d, stop := begin(t, Options{Load: w.load, Told: func(status.Status, status.Status) { steps++ }})
		written := map[string]int{}
		passes, writes := 0, 0
		// What the world has noted is looked at and dropped, so that no note is taken for what the daemon holds.
		looked := func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			for _, one := range w.writes {
				at := one.git + " " + one.policy
				if one.tag <= written[at] {
					t.Errorf("%s was written twice: tag %d after %d", at, one.tag, written[at])
				}
				written[at] = one.tag
				if bound := 2*interval + schedule.Settle + 2*time.Minute + outage + lastPause; one.late > bound {
					t.Errorf("%s was written %v after its tag came", at, one.late)
				}
			}
			passes, writes = passes+len(w.passes), writes+len(w.writes)
			w.passes, w.writes = nil, nil
			for r, times := range w.looks {
				for _, at := range times {
					if was, known := last[r]; known {
						late[r] = max(late[r], at.Sub(was))
					}
					last[r] = at
				}
			}
			clear(w.looks)
		}
		var noon, evening uint64
		for minute := range 24 * 60 {
			time.Sleep(time.Minute)
			for range chance.IntN(3) {
				r := anyImage()
				w.release(r)
				if chance.IntN(2) == 0 {
					for range 1 + chance.IntN(50) {
						d.Pushed(r, image.Repository{Host: "docker.io", Path: "library/unknown"})
					}
				}
			}
			switch minute {
			case 5 * 60:
				w.set(func() { w.down["r0.acme.example"] = true })
			case 6 * 60:
				w.set(func() { w.down["r0.acme.example"] = false })
			case 9 * 60:
				w.set(func() { w.down["fleet-1"] = true })
			case 10 * 60:
				w.set(func() { w.down["fleet-1"] = false })
			}
			switch minute % (3 * 60) {
			case 50:
				w.set(func() { w.fault = errors.New("policies.yaml:1:1: what is this") })
				d.Reload()
			case 55:
				w.set(func() { w.fault = nil })
				d.Reload()
			case 0:
				looked()
			}
			switch minute {
			case 12 * 60:
				looked()
				noon = heap()
			case 24*60 - 1:
				looked()
				evening = heap()
			}
		}
		s := d.Status()
		stop()
		looked()
		if len(last) != policies {
			t.Errorf("%d images were looked at, want %d", len(last), policies)
		}
		for r, gap := range late {
			bound := 2*interval + time.Minute
			if r.Host == "r0.acme.example" {
				bound += outage + interval
			}
			if gap > bound {
				t.Errorf("%v was not looked at for %v", r, gap)
			}
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.overlaps > 0 {
			t.Errorf("%d passes were made beside another", w.overlaps)
		}
		for _, p := range s.Policies {
			if p.State == status.Failed || p.State == status.New {
				t.Errorf("%s is %s: %+v", p.Name, p.State, p.Why)
			}
		}
		if evening > noon+noon/10 {
			t.Errorf("the heap has grown from %d to %d bytes", noon, evening)
		}
		t.Logf("%d looks, %d passes, %d writes, %d statuses; heap %.1f MB at noon, %.1f MB in the evening",
			w.asked, passes, writes, steps, float64(noon)/1e6, float64(evening)/1e6)
	})
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
