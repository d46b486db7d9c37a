package forecast

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
)

var (
	// hub is a registry whose list tells all but build times, at second hand.
	hub = Prices{
		Tags: 500, First: Cost{Requests: 5}, Again: Cost{Requests: 1}, SecondHand: true,
		Told: image.DigestFact | image.PushedFact | image.PlatformsFact,
		Head: Cost{Requests: 1}, Created: Cost{Requests: 3, Pulls: 2}, Platforms: Cost{Requests: 1, Pulls: 1},
	}
	// plain is one whose list has names alone.
	plain = Prices{
		Tags: 500, First: Cost{Requests: 1}, Again: Cost{Requests: 1},
		Head: Cost{Requests: 1}, Created: Cost{Requests: 3, Pulls: 2}, Platforms: Cost{Requests: 1, Pulls: 1},
	}
)

func TestCost(t *testing.T) {
	t.Parallel()
	const aged = image.PushedFact | image.DigestFact
	tests := []struct {
		name              string
		wishes            Wishes
		prices            Prices
		first, look, news Cost
	}{
		{"versions", Wishes{List: true}, plain, Cost{1, 0, 0}, Cost{1, 0, 0}, Cost{}},
		{"versions, pinned", Wishes{List: true, Pin: true}, plain, Cost{2, 0, 0}, Cost{1, 0, 0}, Cost{1, 0, 0}},
		{"a digest", Wishes{Followed: 1, Pin: true}, plain, Cost{1, 0, 0}, Cost{1, 0, 0}, Cost{}},
		{"two digests", Wishes{Followed: 2, Pin: true}, plain, Cost{2, 0, 0}, Cost{2, 0, 0}, Cost{}},
		{"a digest for platforms", Wishes{Followed: 1, FollowedPlatforms: true, Pin: true}, plain, Cost{2, 1, 0}, Cost{1, 0, 0}, Cost{1, 1, 0}},
		{"a digest for platforms after an age", Wishes{Followed: 1, FollowedAge: true, FollowedPlatforms: true}, plain, Cost{1, 0, 0}, Cost{1, 0, 0}, Cost{1, 1, 0}},
		{"the age of a digest", Wishes{Followed: 1, FollowedAge: true}, plain, Cost{1, 0, 0}, Cost{1, 0, 0}, Cost{}},
		{"the age of a digest that is told", Wishes{Followed: 1, FollowedAge: true, FollowedPlatforms: true}, hub, Cost{6, 0, 0}, Cost{2, 0, 0}, Cost{}},
		{"an age", Wishes{List: true, Facts: aged, MinAge: true}, plain, Cost{2, 0, 0}, Cost{1, 0, 0}, Cost{2, 0, 0}},
		{"an age that is told", Wishes{List: true, Facts: aged, MinAge: true}, hub, Cost{6, 0, 0}, Cost{1, 0, 0}, Cost{1, 0, 0}},
		{"platforms", Wishes{List: true, Facts: image.PlatformsFact, Pin: true}, plain, Cost{3, 1, 0}, Cost{1, 0, 0}, Cost{2, 1, 0}},
		{"platforms that are told", Wishes{List: true, Facts: image.PlatformsFact, Pin: true}, hub, Cost{6, 0, 0}, Cost{1, 0, 0}, Cost{1, 0, 0}},
		{"platforms after an age", Wishes{List: true, Facts: aged | image.PlatformsFact, MinAge: true}, plain, Cost{2, 0, 0}, Cost{1, 0, 0}, Cost{3, 1, 0}},
		{"newest pushed", Wishes{List: true, Facts: image.PushedFact}, hub, Cost{6, 0, 0}, Cost{1, 0, 0}, Cost{1, 0, 0}},
		{"newest created", Wishes{List: true, Facts: image.CreatedFact | image.PushedFact}, plain, Cost{2001, 1000, 0}, Cost{501, 0, 0}, Cost{3, 2, 0}},
		{"versions and a digest", Wishes{List: true}.And(Wishes{Followed: 1}), plain, Cost{2, 0, 0}, Cost{2, 0, 0}, Cost{1, 0, 0}},
		{"pinned versions and a digest", Wishes{List: true, Pin: true}.And(Wishes{Followed: 1}), plain, Cost{3, 0, 0}, Cost{2, 0, 0}, Cost{1, 0, 0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := Repository{Wishes: test.wishes, Prices: test.prices}
			if first, look, news := r.first(), r.look(), r.news(); first != test.first || look != test.look || news != test.news {
				t.Errorf("first look %v, look %v, new tag %v; want %v, %v, %v", first, look, news, test.first, test.look, test.news)
			}
		})
	}
}

// many returns repositories that are listed.
func many(host string, n int, interval time.Duration) []Repository {
	repositories := make([]Repository, n)
	for i := range repositories {
		repositories[i] = Repository{
			Image:    image.Repository{Host: host, Path: fmt.Sprint("app/", i)},
			Interval: interval, Wishes: Wishes{List: true}, Prices: plain,
		}
	}
	return repositories
}

func TestMake(t *testing.T) {
	t.Parallel()
	pulling := Repository{
		Image: image.Repository{Host: "docker.io", Path: "acme/api"}, Interval: time.Hour,
		Wishes: Wishes{List: true, Facts: image.PlatformsFact}, Prices: plain,
	}
	assume := Assumptions{Churn: 1, Pass: 15 * time.Minute}
	tests := []struct {
		name         string
		registry     Registry
		repositories []Repository
		assume       Assumptions
		want         []Row
	}{
		{
			name:     "nothing",
			registry: Registry{Host: "docker.io"}, repositories: many("ghcr.io", 3, time.Hour), assume: assume,
		},
		{
			name:     "without tokens",
			registry: Registry{Host: "docker.io"}, repositories: many("docker.io", 3, time.Hour), assume: assume,
			want: []Row{{Registry: "docker.io", Day: Cost{Requests: 72}, First: Cost{Requests: 3}}},
		},
		{
			name:         "with tokens",
			registry:     Registry{Host: "docker.io", Account: "acme", TokenFor: 50, Learn: Cost{Requests: 1}, Login: Cost{Requests: 1, Beside: 1}},
			repositories: many("docker.io", 120, time.Hour), assume: assume,
			want: []Row{{Registry: "docker.io", Account: "acme", Day: Cost{Requests: 24 * (120 + 3)}, First: Cost{Requests: 1 + 3 + 120}}},
		},
		{
			name:     "beside the registry, with a login",
			registry: Registry{Host: "docker.io", TokenFor: 50, Login: Cost{Requests: 1, Beside: 1}, PerSecond: 1, BesidePerSecond: 2},
			repositories: append(many("docker.io", 1, 15*time.Minute), Repository{
				Image: image.Repository{Host: "docker.io", Path: "acme/api"}, Interval: time.Hour,
				Wishes: Wishes{List: true, Facts: image.PushedFact},
				Prices: Prices{First: Cost{5, 0, 5}, Again: Cost{1, 0, 1}, Told: image.PushedFact, SecondHand: true, Head: Cost{1, 0, 0}},
			}),
			assume: assume,
			want: []Row{{
				Registry: "docker.io", Rate: 86400, Beside: 2 * 86400,
				// 96 lists with a token each, 24 requests with a login beside, and a HEAD for the new tag
				Day: Cost{96*2 + 24*2 + 1, 0, 24 * 2}, First: Cost{1 + 1 + 5 + 1 + 1, 0, 5 + 1},
			}},
		},
		{
			name:     "in every pass",
			registry: Registry{Host: "docker.io"}, repositories: many("docker.io", 1, 0), assume: assume,
			want: []Row{{Registry: "docker.io", Day: Cost{Requests: 96}, First: Cost{Requests: 1}}},
		},
		{
			name:     "more looks than passes",
			registry: Registry{Host: "docker.io", TokenFor: 50}, repositories: many("docker.io", 1, time.Millisecond), assume: assume,
			want: []Row{{Registry: "docker.io", Day: Cost{Requests: 86_400_000 + 1440}, First: Cost{Requests: 2}}},
		},
		{
			name:         "two intervals: tokens for one due repository each, or for all",
			registry:     Registry{Host: "docker.io", TokenFor: 50},
			repositories: append(many("docker.io", 1, 15*time.Minute), many("docker.io", 99, time.Hour)...), assume: assume,
			want: []Row{{Registry: "docker.io", Day: Cost{Requests: 96 + 99*24 + 72*1 + 24*2}, First: Cost{Requests: 102}}},
		},
		{
			name:         "pulls within the allowance",
			registry:     Registry{Host: "docker.io", Allowance: 100, Window: 6 * time.Hour, Reserve: 50, PerSecond: 5},
			repositories: []Repository{pulling}, assume: Assumptions{Churn: 200, Pass: time.Minute},
			want: []Row{{
				Registry: "docker.io", Day: Cost{Requests: 24 + 400, Pulls: 200}, First: Cost{Requests: 3, Pulls: 1},
				Allowance: 400, Reserve: 200, Rate: 432_000,
			}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := Make([]Registry{test.registry}, test.repositories, test.assume)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOver(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		row         Row
		quota, rate bool
	}{
		{name: "nothing known", row: Row{Day: Cost{1e9, 1e9, 0}}},
		{name: "all of what may be spent", row: Row{Day: Cost{400, 200, 0}, Allowance: 400, Reserve: 200}},
		{name: "one pull more", row: Row{Day: Cost{400, 201, 0}, Allowance: 400, Reserve: 200}, quota: true},
		{name: "all is reserved", row: Row{Day: Cost{400, 1, 0}, Allowance: 400, Reserve: 400}, quota: true},
		{name: "all of the rate", row: Row{Day: Cost{86400, 0, 0}, Rate: 86400}},
		{name: "faster than the rate", row: Row{Day: Cost{86401, 0, 0}, Rate: 86400}, rate: true},
		{name: "more, but beside it", row: Row{Day: Cost{86401, 0, 1}, Rate: 86400, Beside: 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if quota, rate, over := test.row.OverQuota(), test.row.OverRate(), test.row.Over(); quota != test.quota || rate != test.rate || over != (quota || rate) {
				t.Errorf("over quota: %v, over rate: %v, over: %v", quota, rate, over)
			}
		})
	}
}
