package registry

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestLedgerLaw: whatever is wished, said and waited for, no pull is let through that would make more than the allowance
// less the reserve within the window, by our own log, nor one that the registry said is not there.
func TestLedgerLaw(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		percent := rapid.IntRange(0, 100).Draw(t, "reserve")
		now, known := noon, newTally()
		let := map[int]time.Time{} // as a registry would count them, by turn
		left := -1                 // what the registry said is left, less what was let through since
		var told time.Time
		var under []errand
		restarts := 0
		t.Repeat(map[string]func(*rapid.T){
			"pull": func(t *rapid.T) {
				if until := known.closed(now, percent); !until.IsZero() {
					if !until.After(now) {
						t.Fatalf("closed until %v, which is over at %v", until, now)
					}
					return
				}
				known.take(now)
				under = append(under, errand{tally: known, turn: known.turn, taken: true})
				let[restarts<<32+known.turn] = now
				in := 0
				for _, at := range let {
					if at.After(now.Add(-known.window())) {
						in++
					}
				}
				most := known.allowance() - (known.allowance()*percent+99)/100
				if in > most {
					t.Fatalf("%d pulls in %v, want %d at most", in, known.window(), most)
				}
				if left >= 0 && now.Sub(told) < known.window() {
					back := 0 // counted when it was said, and not any more
					for _, at := range let {
						if at.After(told.Add(-known.window())) && !at.After(now.Add(-known.window())) {
							back++
						}
					}
					if left--; left+back < known.reserved(percent) {
						t.Fatalf("%d pulls are left and %d came back, want the reserve of %d", left, back, known.reserved(percent))
					}
				}
			},
			"answer": func(t *rapid.T) {
				if len(under) == 0 {
					return
				}
				i := rapid.IntRange(0, len(under)-1).Draw(t, "which")
				known.land(under[i], true)
				under = append(under[:i], under[i+1:]...)
			},
			"refusal of the token": func(t *rapid.T) {
				if len(under) == 0 {
					return
				}
				i := rapid.IntRange(0, len(under)-1).Draw(t, "which")
				known.land(under[i], false)
				delete(let, restarts<<32+under[i].turn)
				under = append(under[:i], under[i+1:]...)
				left = -1 // what is given back is no matter of this law
				known.At = time.Time{}
			},
			"head": func(t *rapid.T) {
				m := meterHeaders{
					allowance: rapid.SampledFrom([]int{0, 1, 7, 10, 100}).Draw(t, "allowance"),
					window:    rapid.SampledFrom([]time.Duration{time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour}).Draw(t, "window"),
					remaining: rapid.IntRange(-1, 100).Draw(t, "remaining"),
				}
				known.learn(m, errand{tally: known, turn: known.turn}, now)
				if m.remaining >= 0 {
					left, told = m.remaining, now
				}
			},
			"wait": func(t *rapid.T) {
				most := rapid.SampledFrom([]time.Duration{2 * time.Minute, 90 * time.Minute, 8 * time.Hour}).Draw(t, "most")
				now = now.Add(time.Duration(rapid.Int64Range(1, int64(most/time.Millisecond)).Draw(t, "milliseconds")) * time.Millisecond)
			},
			"restart": func(t *rapid.T) {
				data, err := json.Marshal(known.tallyState)
				if err != nil {
					t.Fatal(err)
				}
				known, under = newTally(), nil
				restarts++
				if err := json.Unmarshal(data, &known.tallyState); err != nil {
					t.Fatal(err)
				}
				known.check()
			},
		})
	})
}

// TestLedgerClockSetBack: what was logged in the future counts from when that was noticed, and not for ever.
func TestLedgerClockSetBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		known := newTally()
		known.learn(meterHeaders{allowance: 10, window: time.Hour, remaining: -1}, errand{}, noon)
		pulls := rapid.IntRange(1, 10).Draw(t, "pulls")
		for range pulls {
			known.take(noon)
		}
		known.learn(meterHeaders{window: time.Hour, remaining: 3}, errand{turn: pulls}, noon)
		if rapid.Bool().Draw(t, "blocked") {
			known.block(noon)
		}
		now := noon.Add(-time.Duration(rapid.IntRange(3, 10*365*24*60).Draw(t, "minutes")) * time.Minute)
		known.closed(now, 0)
		if got := known.spent(now); got != pulls {
			t.Fatalf("%d pulls count after the clock was set back, want all %d", got, pulls)
		}
		now = now.Add(time.Hour + 2*time.Minute)
		if until := known.closed(now, 0); !until.IsZero() || known.spent(now) != 0 || known.remaining(now) != -1 {
			t.Fatalf("a window later: closed until %v, %d spent, %d remaining", until, known.spent(now), known.remaining(now))
		}
	})
}

// TestUntil is when the next pull may be taken.
func TestUntil(t *testing.T) {
	t.Parallel()
	const window = time.Hour
	for _, test := range []struct {
		name      string
		pulls     []time.Duration // before noon
		remaining int             // said at noon
		percent   int
		want      time.Duration // after noon; 0 = now
	}{
		{name: "nothing spent", remaining: 10, percent: 50},
		{name: "some spent", pulls: []time.Duration{50 * time.Minute, time.Minute}, remaining: 8, percent: 50},
		// A pull counts until the end of its minute and one minute more.
		{name: "all spent", pulls: []time.Duration{50 * time.Minute, 40 * time.Minute, 3, 2, 1}, remaining: -1, percent: 50, want: 12 * time.Minute},
		{name: "oldest two together", pulls: []time.Duration{50 * time.Minute, 50 * time.Minute, 3, 2, 1}, remaining: -1, percent: 60, want: 12 * time.Minute},
		{name: "one over", pulls: []time.Duration{50 * time.Minute, 40 * time.Minute, 3, 2, 1}, remaining: -1, percent: 60, want: 22 * time.Minute},
		{name: "out of the window", pulls: []time.Duration{62 * time.Minute, 62 * time.Minute}, remaining: -1, percent: 90},
		{name: "others spent it", remaining: 5, percent: 50, want: window},
		{name: "we spent it", pulls: []time.Duration{50 * time.Minute, 50 * time.Minute, 3, 2, 1}, remaining: 5, percent: 50, want: 12 * time.Minute},
		{name: "we and others spent it", pulls: []time.Duration{50 * time.Minute, 40 * time.Minute, 1}, remaining: 4, percent: 50, want: 22 * time.Minute},
		{name: "others spent more", pulls: []time.Duration{50 * time.Minute, 40 * time.Minute}, remaining: 1, percent: 50, want: window},
		{name: "all is reserved", remaining: 10, percent: 100, want: window},
	} {
		known := newTally()
		known.learn(meterHeaders{allowance: 10, window: window, remaining: -1}, errand{}, noon.Add(-2*window))
		for _, ago := range test.pulls {
			at := noon.Add(-ago)
			known.take(at)
			known.land(errand{tally: known, turn: known.turn, taken: true}, true)
		}
		known.learn(meterHeaders{allowance: 10, window: window, remaining: test.remaining}, errand{turn: known.turn}, noon)
		want := time.Time{}
		if test.want > 0 {
			want = noon.Add(test.want)
		}
		if got := known.closed(noon, test.percent); !got.Equal(want) {
			t.Errorf("%s: closed until %v, want %v", test.name, got, want)
		}
	}
}

// TestOursComeBack: what we have spent ourselves is there again when it has left the window, whatever was said since, and
// none of it is there twice.
func TestOursComeBack(t *testing.T) {
	t.Parallel()
	known := newTally()
	for range 50 {
		known.take(noon)
		known.land(errand{tally: known, turn: known.turn, taken: true}, true)
	}
	said := func(remaining int, at time.Time) {
		known.learn(meterHeaders{allowance: 100, window: time.Hour, remaining: remaining}, errand{turn: known.turn}, at)
	}
	said(50, noon.Add(20*time.Minute))
	back := noon.Add(62 * time.Minute)
	if got := known.closed(noon.Add(time.Hour), 50); !got.Equal(back) {
		t.Errorf("closed until %v, want %v, when our own are out of the window", got, back)
	}
	if got := known.remaining(back); got != 100 || !known.closed(back, 50).IsZero() {
		t.Errorf("%d remain, closed until %v, want 100 and open", got, known.closed(back, 50))
	}
	said(40, noon.Add(61*time.Minute)) // ours are among these 40 again, for the registry counts to the second
	if got := known.remaining(back); got != 40 {
		t.Errorf("%d remain, want 40", got)
	}
}

// TestOvertaken: answers come in another order than the requests went out.
func TestOvertaken(t *testing.T) {
	t.Parallel()
	known := newTally()
	said := func(remaining int) meterHeaders {
		return meterHeaders{allowance: 100, window: time.Hour, remaining: remaining}
	}
	pull := func() errand {
		known.take(noon)
		return errand{tally: known, turn: known.turn, taken: true}
	}
	head := errand{tally: known, turn: known.turn}
	first, second := pull(), pull()
	known.learn(said(100), head, noon)
	if known.Remaining != 98 {
		t.Errorf("%d remain, want 98: the two pulls under way were not counted yet", known.Remaining)
	}
	known.land(second, true)
	known.learn(said(99), second, noon)
	if known.Remaining != 98 {
		t.Errorf("%d remain, want 98: the first pull may come after the second", known.Remaining)
	}
	known.land(first, true)
	known.learn(said(98), first, noon)
	if known.Remaining != 97 {
		t.Errorf("%d remain, want 97: this answer may be from before the second pull", known.Remaining)
	}
	known.learn(said(98), errand{tally: known, turn: known.turn}, noon)
	if known.Remaining != 98 {
		t.Errorf("%d remain, want 98 as a new answer says", known.Remaining)
	}
}

// TestLedgerClockForthAndBack: what was spent is not forgotten while the clock is a year ahead.
func TestLedgerClockForthAndBack(t *testing.T) {
	t.Parallel()
	known := newTally()
	for range 40 {
		known.take(noon)
	}
	year := noon.Add(365 * 24 * time.Hour)
	if until := known.closed(year, 50); !until.IsZero() || known.spent(year) != 0 {
		t.Errorf("a year later: closed until %v, %d spent", until, known.spent(year))
	}
	for range 10 {
		known.take(year)
	}
	now := noon.Add(time.Minute)
	if until := known.closed(now, 50); known.spent(now) != 50 || !until.After(now) || until.After(now.Add(defaultWindow+3*time.Minute)) {
		t.Errorf("back again: closed until %v, %d spent, want 50", until, known.spent(now))
	}
}
