package status_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/internal/status"
)

// drawn returns a Status as there may be one after another.
func drawn(t *rapid.T, before status.Status) status.Status {
	s := world()
	for i := range s.Policies {
		s.Policies[i].State = rapid.SampledFrom(status.States).Draw(t, "state")
		s.Policies[i].Why.Detail = rapid.SampledFrom([]string{"x", "y"}).Draw(t, "why")
	}
	s.Registries[1].FailingFor = rapid.IntRange(0, 4).Draw(t, "failing")
	if s.Registries[1].FailingFor > 0 {
		s.Registries[1].Error = "503"
	}
	s.Registries[0].Left = rapid.IntRange(0, 50).Draw(t, "left")
	s.Git[0].Error = rapid.SampledFrom([]string{"", "", "refused"}).Draw(t, "git")
	s.Config.Fault = rapid.SampledFrom([]string{"", "", "broken"}).Draw(t, "fault")
	s.Ready = rapid.IntRange(0, 9).Draw(t, "ready") > 0
	s.At = before.At.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "minutes")) * time.Minute / 10)
	s.History = before.History
	for range rapid.IntRange(0, 3).Draw(t, "changes") {
		change := status.Written{When: s.At, Policy: "web", Git: "fleet", Commit: status.Link{Text: fmt.Sprint("c", len(s.History))}, File: "f", From: "1", To: "2"}
		s.History = append([]status.Written{change}, s.History...)
	}
	if rapid.Bool().Draw(t, "lost") {
		s.History, before.History = nil, s.History // it is read from Git again, later
	}
	return s
}

// subject is what an event is about.
func subject(e status.Event) string {
	if e.Title != "" {
		return e.Title
	}
	return strings.Join(e.Policies, ",") + e.Registry
}

// Whatever comes after whatever, nothing is told twice, nor too often, and what has recovered was told to have failed.
func TestEventLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := status.Watch{WaitingAfter: time.Hour}
		var told status.Told
		failed := map[string]bool{}
		last := map[string][]time.Time{}
		updates := map[string]int{}
		s := status.Status{At: start}
		history := s.History
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			s.History = history
			s = drawn(t, s)
			if len(s.History) > 0 {
				history = s.History
			}
			before, err := json.Marshal(told)
			if err != nil {
				t.Fatal(err)
			}
			events, next := w.Events(told, s)
			if after, _ := json.Marshal(told); string(after) != string(before) {
				t.Fatalf("what was told has changed from %s to %s", before, after)
			}
			if again, _ := w.Events(next, s); len(again) > 0 {
				t.Fatalf("told again: %s", tell(again))
			}
			told = kept(t, next)
			for _, e := range events {
				check(t, e, s.At, failed, last)
				if e.Kind == status.EventUpdated {
					updates[e.Link.Text] += e.Places
				}
			}
		}
		s.History, s.Ready = history, true
		events, _ := w.Events(told, s)
		for _, e := range events {
			updates[e.Link.Text] += e.Places
		}
		for _, c := range history {
			if updates[c.Commit.Text] != 1 {
				t.Fatalf("%s was told %d times", c.Commit.Text, updates[c.Commit.Text])
			}
		}
	})
}

func check(t *rapid.T, e status.Event, now time.Time, failed map[string]bool, last map[string][]time.Time) {
	name := subject(e)
	switch e.Kind {
	case status.EventRecovered:
		if !failed[name] {
			t.Fatalf("%s has recovered without having failed", name)
		}
		failed[name] = false
	case status.EventFailed:
		if failed[name] {
			t.Fatalf("%s has failed twice", name)
		}
		failed[name] = true
	}
	if e.Kind == status.EventUpdated || e.Kind == status.EventRecovered || e.Kind == status.EventWaiting {
		return
	}
	key := string(e.Kind) + " " + name
	times := append(last[key], now)
	last[key] = times
	n := len(times)
	if n > 1 && times[n-1].Sub(times[n-2]) < 15*time.Minute {
		t.Fatalf("%s after %v", key, times[n-1].Sub(times[n-2]))
	}
	day := slices.IndexFunc(times, func(at time.Time) bool { return at.After(now.Add(-24 * time.Hour)) })
	if n-day > 8 {
		t.Fatalf("%s is told %d times in a day", key, n-day)
	}
}

// What goes up and down each minute for days is told some times on the first day, and about once on each of the others.
func TestFlappingForDays(t *testing.T) {
	t.Parallel()
	var told status.Told
	var perDay [5]int
	for minute := range len(perDay) * 24 * 60 {
		m := with(time.Duration(minute) * time.Minute)
		if minute%2 == 0 {
			m = with(m.after, state("web", status.Failed, "x"))
		}
		m.At = start.Add(m.after)
		var events []status.Event
		events, told = status.Watch{}.Events(told, m.Status)
		for _, e := range events {
			if e.Kind == status.EventFailed {
				perDay[minute/24/60]++
			}
		}
	}
	if want := [5]int{7, 1, 1, 1, 1}; perDay != want {
		t.Errorf("told %v times, want %v", perDay, want)
	}
}
