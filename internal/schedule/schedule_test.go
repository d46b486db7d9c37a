package schedule

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func named(path string) image.Repository { return image.Repository{Host: "docker.io", Path: path} }

// ago returns a repository that was looked at some time before noon.
func ago(path string, looked time.Duration) Repository {
	return Repository{Image: named(path), Interval: time.Hour, Looked: noon.Add(-looked)}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	pushed := ago("pushed", 10*time.Minute)
	pushed.Pushed = noon.Add(-time.Minute)
	old := ago("pushed-before", 10*time.Minute)
	old.Pushed = old.Looked
	never := Repository{Image: named("never"), Interval: time.Hour}
	daily := ago("daily", 40*time.Hour)
	daily.Interval = 24 * time.Hour
	tests := []struct {
		name         string
		repositories []Repository
		want         []string
	}{
		{"the most stale first", []Repository{ago("a", 2*time.Hour), ago("b", 4*time.Hour), ago("c", 3*time.Hour)}, []string{"b", "c", "a"}},
		{"by its own interval", []Repository{daily, ago("a", 100*time.Minute)}, []string{"a", "daily"}},
		{"a push event first", []Repository{ago("a", 9*time.Hour), pushed}, []string{"pushed", "a"}},
		{"a push event before the last look", []Repository{old}, nil},
		{"never looked at, before one that is not late", []Repository{ago("a", 80*time.Minute), never}, []string{"never", "a"}},
		{"never looked at, after one that is", []Repository{never, ago("a", 2*time.Hour)}, []string{"a", "never"}},
		{"looked at half an interval ago", []Repository{ago("a", 29*time.Minute)}, nil},
		{"nothing", nil, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, look := range Make(Registry{PerSecond: 1}, test.repositories, noon, noon.Add(time.Minute)).Looks {
				got = append(got, test.repositories[look.Index].Image.Path)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("order (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTimes: looks begin as far apart as the rate has it, also behind those of an earlier plan, and no other is planned
// after until.
func TestTimes(t *testing.T) {
	t.Parallel()
	repositories := []Repository{ago("a", 4*time.Hour), ago("b", 3*time.Hour), ago("c", 2*time.Hour)}
	repositories[0].Requests = 3
	got := Make(Registry{PerSecond: 0.5, Free: noon.Add(time.Second)}, repositories, noon, noon.Add(8*time.Second))
	want := Plan{
		Looks: []Look{{Index: 0, At: noon.Add(time.Second)}, {Index: 1, At: noon.Add(7 * time.Second)}},
		Free:  noon.Add(9 * time.Second),
		Next:  noon.Add(8 * time.Second),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	for i := range repositories {
		repositories[i].Looked = noon
	}
	got = Make(Registry{}, repositories, noon, noon.Add(time.Minute))
	if got.Looks != nil || got.Next.Before(noon.Add(30*time.Minute)) || got.Next.After(noon.Add(90*time.Minute)) {
		t.Errorf("all were just looked at, and the plan is %+v", got)
	}
	next := Make(Registry{}, repositories, got.Next, got.Next.Add(time.Nanosecond))
	if len(next.Looks) != 1 || !next.Looks[0].At.Equal(got.Next) {
		t.Errorf("at the time that was told the plan is %+v", next)
	}
}

// TestSettle: a repository that is pushed to all the time is looked at once in a minute.
func TestSettle(t *testing.T) {
	t.Parallel()
	r := ago("busy", 20*time.Second)
	r.Pushed = noon.Add(-time.Second)
	plan := Make(Registry{}, []Repository{r}, noon, noon.Add(time.Minute))
	want := []Look{{At: noon.Add(40 * time.Second), Pushed: true}}
	if diff := cmp.Diff(want, plan.Looks); diff != "" {
		t.Errorf("looks (-want +got):\n%s", diff)
	}
}

// TestSpread: the moments of many repositories are spread evenly over the interval, also of names that are much alike.
func TestSpread(t *testing.T) {
	t.Parallel()
	const tenths = 10
	var counts [tenths]int
	for i := range 10_000 {
		r := ago(fmt.Sprint("team/service-", i), 0)
		due := Make(Registry{}, []Repository{r}, noon, noon.Add(time.Second)).Next
		counts[due.Sub(noon.Add(30*time.Minute))*tenths/time.Hour]++
	}
	for i, n := range counts {
		if n < 850 || n > 1150 { // five standard deviations
			t.Errorf("%d of 10,000 are due in tenth %d of the interval: %v", n, i, counts)
		}
	}
}

func TestInterval(t *testing.T) {
	t.Parallel()
	const week = 7 * 24 * time.Hour
	tests := []struct {
		name     string
		unquiet  time.Duration // since the last change, at the last look; 0 = not known
		steady   bool
		interval time.Duration
		stretch  float64
		want     time.Duration
	}{
		{name: "never changed", want: time.Hour},
		{name: "changed just now", unquiet: time.Second, want: time.Hour},
		{name: "changed less than a week ago", unquiet: week - time.Second, want: time.Hour},
		{name: "a week ago", unquiet: week, want: 2 * time.Hour},
		{name: "two weeks ago", unquiet: 2 * week, want: 3 * time.Hour},
		{name: "a year ago", unquiet: 52 * week, want: 4 * time.Hour},
		{name: "steady", unquiet: 52 * week, steady: true, want: time.Hour},
		{name: "a clock that was set back", unquiet: -52 * week, want: time.Hour},
		{name: "very short", interval: time.Second, want: time.Minute},
		{name: "stretched", stretch: 2.5, want: 150 * time.Minute},
		{name: "stretched less than it is quiet", stretch: 2.5, unquiet: 52 * week, want: 4 * time.Hour},
		{name: "stretched more than it is quiet", stretch: 10, unquiet: 52 * week, want: 10 * time.Hour},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := ago("a", 0)
			r.Steady = test.steady
			if test.interval > 0 {
				r.Interval = test.interval
			}
			if test.unquiet != 0 {
				r.Changed = r.Looked.Add(-test.unquiet)
			}
			if got := (pace{stretch: max(test.stretch, 1)}).interval(r); got != test.want {
				t.Errorf("interval is %v, want %v", got, test.want)
			}
		})
	}
}

func TestShortage(t *testing.T) {
	t.Parallel()
	var repositories []Repository
	for i := range 10_000 {
		r := ago(fmt.Sprint(i), time.Hour)
		r.Interval = 15 * time.Minute
		if i < 100 {
			r.Pulls = 0.01
		}
		repositories = append(repositories, r)
	}
	plan := Make(Registry{Host: "docker.io", PerSecond: 5, PullsPerDay: 200}, repositories, noon, noon.Add(time.Minute))
	var got []string
	for _, s := range plan.Short {
		got = append(got, s.String())
	}
	want := []string{"docker.io: the policies ask for 11.1 requests a second, and 4 are to be had for looking: their intervals are 2.78 times as long"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	for i := range 100 {
		repositories[i].Pulls = 0.1
	}
	p := newPace(Registry{Host: "docker.io", PerSecond: 5, PullsPerDay: 200}, repositories)
	if len(p.short) != 2 || p.short[1].String() != "docker.io: the policies ask for 960 pulls a day, and 160 are to be had for looking: their intervals are 6 times as long" {
		t.Errorf("warnings: %v", p.short)
	}
	if with, without := p.interval(repositories[0]), p.interval(repositories[100]); with != 90*time.Minute || without != 2500*time.Second {
		t.Errorf("intervals are %v with pulls, %v without", with, without)
	}
	if p := newPace(Registry{PerSecond: 14, PullsPerDay: 1200}, repositories); p.short != nil || p.stretch != 1 {
		t.Errorf("where four fifths suffice: %+v", p)
	}
}
