package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/image-updater/image-updater/cache"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/forecast"
	"github.com/image-updater/image-updater/registry"
)

// usualPass is how often passes are taken to be made where the policies leave it open.
const usualPass = 15 * time.Minute

// usualTags is how many tags a repository is taken to have where nobody has listed it.
const usualTags = 100

// outlook is a forecast with what it rests on.
type outlook struct {
	rows   []forecast.Row
	quotas map[string]registry.Quota // by registry, as far as they are known
	failed []error                   // what could not be found out

	churn     float64
	everyPass bool     // some repository has no interval
	unlisted  int      // repositories whose number of tags is not known
	built     bool     // some repository is ordered by build times that have to be looked up
	strange   []string // registries that were never asked
}

// openMemory opens what earlier passes left in the state folder, and a client that is good for nothing else: it has no
// certificates, and asks no keychain, for a credential helper may ask somebody. Nothing is made where nothing is.
func (a *app) openMemory(ctx context.Context, c *config.Config) (*source, error) {
	hosts, _ := a.hosts(c) // a certificate that is not there is missed by who connects
	path := a.statePath("cache.db")
	if _, err := os.Stat(path); err != nil {
		path = ""
	}
	store, err := cache.Open(ctx, cache.Options{Path: path, Precious: precious(), Log: a.logger()})
	if err != nil {
		return nil, err
	}
	client, err := registry.New(registry.Options{Hosts: hosts, Cache: store, Now: a.now, Keychain: authn.NewMultiKeychain()})
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return &source{client: client, cache: store}, nil
}

// forecastOf makes a forecast of all policies. Beside a HEAD for an allowance that is not known nothing is asked.
func forecastOf(ctx context.Context, c *config.Config, client *registry.Client, flags forecastFlags) outlook {
	o := outlook{quotas: make(map[string]registry.Quota), churn: flags.churn}
	repositories := repositoriesOf(c.Policies)
	byHost := make(map[string][]image.Repository)
	for i := range repositories {
		r := &repositories[i]
		o.price(ctx, client, r)
		byHost[r.Image.Host] = append(byHost[r.Image.Host], r.Image)
	}
	var registries []forecast.Registry
	for _, host := range slices.Sorted(maps.Keys(byHost)) {
		terms, err := client.Terms(ctx, host, byHost[host])
		if err == nil && !flags.offline && terms.Quota.Metered && terms.Quota.Assumed {
			if _, err = client.Quota(ctx, host); err == nil {
				terms, err = client.Terms(ctx, host, byHost[host]) // it has shown more than the allowance
			}
		}
		if err != nil {
			o.failed = append(o.failed, err)
		}
		if !terms.Known {
			o.strange = append(o.strange, host)
		}
		o.quotas[host] = terms.Quota
		registries = append(registries, registryOf(host, terms))
	}
	o.rows = forecast.Make(registries, repositories, forecast.Assumptions{Churn: flags.churn, Pass: usualPass})
	return o
}

// repositoriesOf gathers what the policies of each repository want to know, sorted.
func repositoriesOf(policies []config.Policy) []forecast.Repository {
	byImage := make(map[image.Repository]forecast.Repository)
	for _, p := range policies {
		r, found := byImage[p.Image]
		if !found {
			r = forecast.Repository{Image: p.Image, Interval: p.Interval}
		}
		r.Interval = min(r.Interval, p.Interval)
		r.Wishes = r.Wishes.And(wishesOf(p))
		byImage[p.Image] = r
	}
	repositories := slices.Collect(maps.Values(byImage))
	slices.SortFunc(repositories, func(a, b forecast.Repository) int { return cmp.Compare(a.Image.String(), b.Image.String()) })
	return repositories
}

// wishesOf is what one policy wants to know.
func wishesOf(p config.Policy) forecast.Wishes {
	if _, follows := p.Choice.Followed(); follows {
		return forecast.Wishes{
			Followed: 1, FollowedAge: p.Spec.Guard.MinAge > 0, FollowedPlatforms: len(p.Spec.Guard.Platforms) > 0,
		}
	}
	return forecast.Wishes{List: true, Facts: p.Choice.Facts(), MinAge: p.Spec.Guard.MinAge > 0, Pin: p.Pin}
}

// price adds to a repository what its registry takes.
func (o *outlook) price(ctx context.Context, client *registry.Client, r *forecast.Repository) {
	want := r.Wishes.Facts
	if r.Wishes.FollowedAge {
		want |= image.PushedFact
	}
	prices := client.Prices(ctx, r.Image, want, usualTags)
	r.Prices = forecast.Prices{
		Tags: prices.Tags, First: costOf(prices.First), Again: costOf(prices.Again), Told: prices.Told, SecondHand: prices.SecondHand,
		Head: costOf(registry.HeadCost), Created: costOf(registry.CreatedCost), Platforms: costOf(registry.PlatformsCost),
	}
	o.everyPass = o.everyPass || r.Interval == 0
	o.built = o.built || r.Wishes.Facts&^prices.Told&image.CreatedFact != 0
	if (r.Wishes.List || r.Wishes.FollowedAge && prices.Told.Has(image.PushedFact)) && !prices.Known {
		o.unlisted++
	}
}

func registryOf(host string, t registry.Terms) forecast.Registry {
	r := forecast.Registry{
		Host: host, Account: t.Account, Login: costOf(t.Login), Learn: costOf(t.Learn), TokenFor: t.TokenFor,
		PerSecond: t.PerSecond, BesidePerSecond: t.Beside,
	}
	if q := t.Quota; q.Metered && !q.Assumed {
		r.Allowance, r.Window, r.Reserve = q.Allowance, q.Window, q.Reserve
	}
	return r
}

func costOf(c registry.Cost) forecast.Cost {
	return forecast.Cost{Requests: float64(c.Requests), Pulls: float64(c.Pulls), Beside: float64(c.Beside)}
}

// hints says what would make the policies cost less.
func (o outlook) hints() []string {
	var hints []string
	for _, r := range o.rows {
		if r.OverQuota() {
			hints = append(hints, "pulls are for platforms and build times that no list tells: select.newest: pushed or a narrower tags.match needs fewer; image-updater quota shows who spends them")
		}
		if r.OverRate() {
			hints = append(hints, "longer intervals need fewer requests; rate.perSecond says how many there may be")
		}
		if r.OverBeside() {
			hints = append(hints, "longer intervals need fewer requests; the rate of a tag API is not to be set")
		}
	}
	return hints
}

// over says where the policies cost more than there is.
func (o outlook) over() []error {
	var over []error
	for _, r := range o.rows {
		if r.OverQuota() {
			over = append(over, fmt.Errorf("%s (%s): the policies cost %s a day, and %s of the %s that are allowed may be spent",
				r.Registry, cmp.Or(r.Account, "account not known"), count(whole(r.Day.Pulls), "pull", "pulls"), thousands(int(r.Budget())), thousands(whole(r.Allowance))))
		}
		for _, rate := range []struct {
			over       bool
			of         string
			cost, most float64
		}{
			{r.OverRate(), r.Registry, r.Day.Requests - r.Day.Beside, r.Rate},
			{r.OverBeside(), "the tag API of " + r.Registry, r.Day.Beside, r.Beside},
		} {
			if rate.over {
				over = append(over, fmt.Errorf("%s: the policies cost %s a day, and %s pass its rate of %v a second",
					rate.of, count(whole(rate.cost), "request", "requests"), thousands(int(rate.most)), rate.most/(24*60*60)))
			}
		}
	}
	return over
}

// notes says what the forecast rests on.
func (o outlook) notes() []string {
	tags := fmt.Sprintf("%v new tags", o.churn)
	if o.churn == 1 {
		tags = "1 new tag"
	}
	assumed := "Assumed: " + tags + " in each repository a day (--churn), chosen each time; every pass is a process of its own."
	if o.everyPass {
		assumed += fmt.Sprintf(" A pass every %.0f minutes, where interval is 0.", usualPass.Minutes())
	}
	if o.unlisted > 0 {
		assumed += fmt.Sprintf(" %s not listed yet, taken to have %d tags.", count(o.unlisted, "repository is", "repositories are"), usualTags)
	}
	if o.built {
		assumed += " Images are for several platforms."
	}
	if len(o.strange) > 0 {
		assumed += " Never asked, so taken to want tokens: " + strings.Join(o.strange, ", ") + "."
	}
	notes := []string{assumed}
	for _, r := range o.rows {
		if budget := r.Budget(); budget > 0 && r.First.Pulls > budget {
			notes = append(notes, fmt.Sprintf("What the first pass wants of %s is there within %s; until then tags wait.",
				r.Registry, count(whole(r.First.Pulls/budget), "day", "days")))
		}
		if o.quotas[r.Registry].Metered && r.Allowance == 0 {
			notes = append(notes, fmt.Sprintf("What %s allows is not known; image-updater quota asks for it at no cost.", r.Registry))
		}
	}
	return notes
}
