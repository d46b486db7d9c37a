package schedule

import (
	"fmt"
	"math"
	"time"
)

const (
	planned  = 0.8                // of what a registry allows; the rest is for what cannot be planned
	shortest = time.Minute        // of intervals
	quiet    = 7 * 24 * time.Hour // without a change, for which one more interval is let pass
	quietest = 4                  // intervals at most
	day      = 24 * time.Hour
)

// Shortage says that the policies ask for more than a registry allows. Equal ones are to be told once.
type Shortage struct {
	Host           string
	Asked, Allowed float64 // by the intervals of the policies; with the last fifth taken off
	Of             string  // "requests a second" or "pulls a day"
	Stretch        float64 // what all intervals that cost of it are multiplied by
}

// String is the warning: "docker.io: the policies ask for 11.1 requests a second, and 4 are to be had for looking: their
// intervals are 2.78 times as long".
func (s Shortage) String() string {
	return fmt.Sprintf("%s: the policies ask for %.3g %s, and %.3g are to be had for looking: their intervals are %.3g times as long",
		s.Host, s.Asked, s.Of, s.Allowed, s.Stretch)
}

// pace is how fast the repositories of one registry can be gone through.
type pace struct {
	perSecond     float64
	stretch       float64 // of all intervals
	stretchPulled float64 // of intervals of repositories that cost pulls; at least stretch
	short         []Shortage
}

func newPace(r Registry, repositories []Repository) pace {
	p := pace{perSecond: r.PerSecond, stretch: 1}
	var requests, pulls float64 // a second, a day
	for _, repository := range repositories {
		interval := repository.interval().Seconds()
		requests += repository.requests() / interval
		pulls += repository.Pulls * day.Seconds() / interval
	}
	p.stretch = p.factor(r.Host, requests, r.PerSecond, "requests a second")
	p.stretchPulled = max(p.stretch, p.factor(r.Host, pulls, r.PullsPerDay, "pulls a day"))
	return p
}

// factor returns by what intervals are stretched so that no more is asked than allowed, and notes a shortage.
func (p *pace) factor(host string, asked, allowed float64, of string) float64 {
	if allowed <= 0 || asked <= planned*allowed*(1+1e-9) { // sums of fractions are not exact
		return 1
	}
	s := Shortage{Host: host, Asked: asked, Allowed: planned * allowed, Of: of, Stretch: asked / (planned * allowed)}
	p.short = append(p.short, s)
	return s.Stretch
}

// cost is for how long a look uses up the rate.
func (p pace) cost(r Repository) time.Duration {
	if p.perSecond <= 0 {
		return 0
	}
	return time.Duration(math.Ceil(r.requests() / p.perSecond * float64(time.Second)))
}

// interval returns how often the repository is looked at.
func (p pace) interval(r Repository) time.Duration {
	factor := p.stretch
	if r.Pulls > 0 {
		factor = p.stretchPulled
	}
	return time.Duration(max(factor, r.quietness()) * float64(r.interval()))
}

func (p pace) turn(index int, r Repository, now time.Time) turn {
	r = r.sound(now)
	interval := p.interval(r)
	if r.Looked.IsZero() {
		return turn{index: index, pushed: !r.Pushed.IsZero(), late: now.Add(interval / 2)}
	}
	t := turn{index: index, due: r.tick(interval), late: r.Looked.Add(2 * interval)}
	if r.Pushed.After(r.Looked) {
		t.due, t.pushed = latest(r.Pushed, r.Looked.Add(Settle)), true
	}
	return t
}

// sound returns the repository without times that cannot be: the clock was wrong when they were noted. What was looked at
// in the future was never looked at, so that it does not wait until then; what is a little ahead may be.
func (r Repository) sound(now time.Time) Repository {
	if r.Looked.After(now.Add(Settle)) {
		r.Looked = time.Time{}
	}
	if r.Pushed.After(now.Add(r.interval())) {
		r.Pushed = now
	}
	return r
}

func (r Repository) interval() time.Duration { return max(r.Interval, shortest) }

func (r Repository) requests() float64 {
	if r.Requests <= 0 {
		return 1
	}
	return r.Requests
}

// quietness returns how many intervals go by from look to look, by the weeks without a change. It counts whole ones, and
// not by the clock but by what the last look found: so it changes only with a look, and the moments of the repository
// stay where they are between looks.
func (r Repository) quietness() float64 {
	if r.Steady || r.Changed.IsZero() {
		return 1
	}
	weeks := math.Floor(float64(r.Looked.Sub(r.Changed)) / float64(quiet))
	return min(max(1+weeks, 1), quietest)
}

// tick returns the moment at which the repository is due: the first of its moments, one in each interval, that is not
// within half an interval of the last look.
func (r Repository) tick(interval time.Duration) time.Time {
	from := r.Looked.Add(interval / 2)
	phase := time.Duration(r.phase() * float64(interval))
	over := (time.Duration(from.UnixNano()) - phase) % interval
	if over > 0 {
		over -= interval
	}
	return from.Add(-over)
}

// phase returns where in an interval the moments of the repository are, in [0, 1). It depends on the name alone, so that
// a restart moves nothing, and neither does another repository that comes or goes.
func (r Repository) phase() float64 {
	const offset, prime = 14695981039346656037, 1099511628211 // FNV-1a
	hash := uint64(offset)
	for _, part := range []string{r.Image.Host, "/", r.Image.Path} {
		for i := range len(part) {
			hash = (hash ^ uint64(part[i])) * prime
		}
	}
	// Names that differ in their last byte alone differ little in the upper bits until these are mixed (splitmix64).
	hash = (hash ^ hash>>30) * 0xbf58476d1ce4e5b9
	hash = (hash ^ hash>>27) * 0x94d049bb133111eb
	return float64((hash^hash>>31)>>11) / (1 << 53)
}
