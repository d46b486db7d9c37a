// Package schedule says when which repository is looked at, so that a registry is never asked more than it allows and no
// repository is forgotten.
//
//	registry := schedule.Registry{Host: "docker.io", PerSecond: 5}
//	for {
//		plan := schedule.Make(registry, repositories, now, now.Add(time.Minute))
//		for _, look := range plan.Looks {
//			... wait for look.At, look, and note Looked (and Changed) of repositories[look.Index]
//		}
//		registry.Free = plan.Free
//		... wait for plan.Next, or for a push event, which is noted as Pushed
//	}
//
// # The rules
//
// A repository is due once in each interval of its policies, at a moment that its name chooses: the moments of many
// repositories are spread over the interval, and each is the same after a restart. Of those that are due the most stale
// comes first, which is the one whose last look is the soonest to be two intervals ago; one that was never looked at
// counts as looked at one and a half ago. Before all others comes one with a push event since its last look; but push
// events have nothing looked at twice within [Settle].
//
// A repository that has not changed for a week is asked only in every second interval, after two weeks in every third,
// after three in every fourth. A change ends that, and with Steady it does not begin.
//
// When the policies ask for more than four fifths of what the registry's rate or pull allowance has, all intervals are
// stretched by one factor until they do not, and a [Shortage] says so with the numbers. The last fifth is for what nobody
// can plan: push events, second tries, catching up after an outage. What is stretched for being quiet is not stretched
// again: the larger factor holds.
//
// # What it guarantees
//
// Looks begin so far apart that the rate is kept, also from one plan to the next by Registry.Free. Each repository is
// looked at within twice its interval, stretched or not, as long as looks are made when the plan says and the push
// events of a time cost no more than the last fifth. The same arguments give the same plan.
//
// # What it does not do
//
// It waits for nothing, asks nothing and keeps nothing. The rate of single requests, pauses and the ledger of pulls are
// kept by package registry, whatever a plan says. A pass told by hand or by cron does not need it: it asks for whatever
// is older than its interval.
package schedule
