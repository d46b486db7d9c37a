package forecast

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

const day = 24 * time.Hour

// Assumptions is what nobody knows.
type Assumptions struct {
	Churn float64       // new tags in a repository in a day
	Pass  time.Duration // from one pass to the next, for what is looked at in every pass
}

// Registry is one registry, and the account it is asked with.
type Registry struct {
	Host, Account   string
	Login           Cost    // once in every process that asks the API beside it
	Learn           Cost    // once, until the state is lost
	TokenFor        int     // repositories that one token opens; 0 = none is needed
	PerSecond       float64 // requests to the registry itself that are allowed; 0 = no limit
	BesidePerSecond float64 // the same for the API beside it

	Allowance int           // counted pulls in a window; 0 = not known, or not metered
	Window    time.Duration // of the allowance
	Reserve   int           // of them, those that are left to others
}

// Row is what the policies cost at one registry.
type Row struct {
	Registry  string
	Account   string
	Day       Cost    // in steady state
	First     Cost    // of the first pass
	Allowance float64 // counted pulls in a day; 0 = not known, or not metered
	Reserve   float64 // of them, those that are left to others
	Rate      float64 // requests to the registry itself in a day; 0 = no limit
	Beside    float64 // the same for the API beside it
}

// Budget returns how many pulls a day may be spent, 0 where the allowance is not known.
func (r Row) Budget() float64 { return r.Allowance - r.Reserve }

// OverQuota reports whether a day costs more pulls than may be spent.
func (r Row) OverQuota() bool { return r.Allowance > 0 && r.Day.Pulls > r.Budget() }

// OverRate reports whether a day has more requests to the registry itself than its rate lets through.
func (r Row) OverRate() bool { return r.Rate > 0 && r.Day.opened() > r.Rate }

// OverBeside reports the same of the API beside it.
func (r Row) OverBeside() bool { return r.Beside > 0 && r.Day.Beside > r.Beside }

// Over reports whether the policies cost more than there is.
func (r Row) Over() bool { return r.OverQuota() || r.OverRate() || r.OverBeside() }

// Make adds up what the repositories cost, a row for each registry that has some, sorted by name.
func Make(registries []Registry, repositories []Repository, assume Assumptions) []Row {
	var rows []Row
	for _, registry := range registries {
		var own []Repository
		for _, repository := range repositories {
			if repository.Image.Host == registry.Host {
				own = append(own, repository)
			}
		}
		if len(own) > 0 {
			rows = append(rows, registry.row(own, assume))
		}
	}
	slices.SortFunc(rows, func(a, b Row) int { return strings.Compare(a.Registry, b.Registry) })
	return rows
}

func (r Registry) row(repositories []Repository, assume Assumptions) Row {
	row := Row{
		Registry: r.Host, Account: r.Account, Rate: r.PerSecond * day.Seconds(), Beside: r.BesidePerSecond * day.Seconds(),
	}
	if r.Window > 0 {
		windows := day.Seconds() / r.Window.Seconds()
		row.Allowance, row.Reserve = float64(r.Allowance)*windows, float64(r.Reserve)*windows
	}
	due, login := 0.0, Cost{}
	for _, repository := range repositories {
		looks := day.Seconds() / assume.interval(repository).Seconds()
		first := repository.first()
		if first.opened() > 0 {
			due++
		}
		if first.Beside > 0 {
			login = r.Login
		}
		row.First = row.First.plus(first)
		row.Day = row.Day.plus(repository.look().times(looks)).plus(repository.news().times(assume.Churn))
	}
	row.First = row.First.plus(r.Learn).plus(login).plus(r.tokens(due, len(repositories)))
	row.Day = row.Day.plus(r.passes(repositories, assume))
	return row
}

// passes returns what all passes of a day cost beside the looks. In each a process begins: it logs in to the API beside
// the registry when a repository is due there, and wants tokens for those that are due at the registry itself or have
// news that is looked up there.
func (r Registry) passes(repositories []Repository, assume Assumptions) (cost Cost) {
	shortest := assume.interval(repositories[0])
	for _, repository := range repositories {
		shortest = min(shortest, assume.interval(repository))
	}
	shortest = max(shortest, shortestPass)
	every := make(map[int]float64) // repositories that want a token, by in which pass of how many they are due
	beside := make(map[int]bool)   // the same of those that are due beside the registry
	for _, repository := range repositories {
		interval := assume.interval(repository)
		due := 1.0
		switch {
		case repository.look().opened() > 0:
		case repository.news().opened() > 0:
			due = min(1, assume.Churn*interval.Seconds()/day.Seconds())
		default:
			due = 0
		}
		of := max(1, int(math.Round(interval.Seconds()/shortest.Seconds())))
		every[of] += due
		beside[of] = beside[of] || repository.look().Beside > 0
	}
	number := max(1, int(math.Round(day.Seconds()/shortest.Seconds())))
	for pass := range number {
		due, login := 0.0, Cost{}
		for _, of := range slices.Sorted(maps.Keys(every)) {
			if pass%of != 0 {
				continue
			}
			due += every[of]
			if beside[of] {
				login = r.Login
			}
		}
		cost = cost.plus(login).plus(r.tokens(due, len(repositories)))
	}
	return cost.times(day.Seconds() / shortest.Seconds() / float64(number))
}

// tokens returns the token requests of a pass. A token is asked for as many repositories of the pass as it may be for,
// due or not: so it takes as many requests as for all, or one for each that is due, whichever are fewer.
func (r Registry) tokens(due float64, all int) Cost {
	if r.TokenFor == 0 {
		return Cost{}
	}
	return Cost{Requests: math.Min(due, math.Ceil(float64(all)/float64(r.TokenFor)))}
}

// shortestPass is the least time from one pass to the next, however short the intervals.
const shortestPass = time.Minute

func (a Assumptions) interval(r Repository) time.Duration {
	if r.Interval <= 0 {
		return a.Pass
	}
	return r.Interval
}
