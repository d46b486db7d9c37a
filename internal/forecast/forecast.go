package forecast

import (
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
	Host, Account string
	Begin         Cost    // once in every process
	Learn         Cost    // once, until the state is lost
	TokenFor      int     // repositories that one token opens; 0 = none is needed
	PerSecond     float64 // requests that are allowed; 0 = no limit

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
	Rate      float64 // requests in a day; 0 = no limit
}

// Budget returns how many pulls a day may be spent, 0 where the allowance is not known.
func (r Row) Budget() float64 { return r.Allowance - r.Reserve }

// OverQuota reports whether a day costs more pulls than may be spent.
func (r Row) OverQuota() bool { return r.Allowance > 0 && r.Day.Pulls > r.Budget() }

// OverRate reports whether a day has more requests than the rate lets through.
func (r Row) OverRate() bool { return r.Rate > 0 && r.Day.Requests > r.Rate }

// Over reports whether the policies cost more than there is.
func (r Row) Over() bool { return r.OverQuota() || r.OverRate() }

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
		Registry: r.Host, Account: r.Account, Rate: r.PerSecond * day.Seconds(),
	}
	if r.Window > 0 {
		windows := day.Seconds() / r.Window.Seconds()
		row.Allowance, row.Reserve = float64(r.Allowance)*windows, float64(r.Reserve)*windows
	}
	row.First = r.Learn.plus(r.Begin).plus(Cost{Requests: r.tokens(len(repositories), len(repositories))})
	for _, repository := range repositories {
		looks := day.Seconds() / assume.interval(repository).Seconds()
		row.First = row.First.plus(repository.first())
		row.Day = row.Day.plus(repository.look().times(looks)).plus(repository.news().times(assume.Churn))
	}
	row.Day = row.Day.plus(r.passes(repositories, assume))
	return row
}

// passes returns what all passes of a day cost beside the looks: in each a process begins and wants tokens for those
// repositories that are due. It asks for tokens of all it knows, so as many requests are made as it takes for all or for
// one due repository each, whichever are fewer.
func (r Registry) passes(repositories []Repository, assume Assumptions) (cost Cost) {
	shortest := assume.interval(repositories[0])
	for _, repository := range repositories {
		shortest = min(shortest, assume.interval(repository))
	}
	every := make(map[int]int) // number of repositories, by in which pass of how many they are due
	for _, repository := range repositories {
		every[int(math.Round(assume.interval(repository).Seconds()/shortest.Seconds()))]++
	}
	number := max(1, int(math.Round(day.Seconds()/shortest.Seconds())))
	for pass := range number {
		due := 0
		for of, repositories := range every {
			if pass%of == 0 {
				due += repositories
			}
		}
		cost = cost.plus(r.Begin).plus(Cost{Requests: r.tokens(due, len(repositories))})
	}
	return cost.times(day.Seconds() / shortest.Seconds() / float64(number))
}

// tokens returns the token requests of a pass.
func (r Registry) tokens(due, all int) float64 {
	if r.TokenFor == 0 {
		return 0
	}
	return math.Min(float64(due), math.Ceil(float64(all)/float64(r.TokenFor)))
}

func (a Assumptions) interval(r Repository) time.Duration {
	if r.Interval <= 0 {
		return a.Pass
	}
	return r.Interval
}
