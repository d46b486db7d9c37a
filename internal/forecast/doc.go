// Package forecast tells what policies cost before they run: requests and counted pulls, for every registry and account,
// on a day like any other and in the first pass.
//
//	rows := forecast.Make([]forecast.Registry{{Host: "docker.io", Account: "acme", Allowance: 200, Window: 6 * time.Hour}},
//		[]forecast.Repository{{Image: nginx, Interval: time.Hour, Wishes: wishes, Prices: prices}},
//		forecast.Assumptions{Churn: 1, Pass: 15 * time.Minute})
//
// # What is counted
//
// What a repository costs follows from what its policies want to know (its [Wishes]) and from what that costs at its
// registry ([Prices]): each look asks for the list of tags or for the digest of the tag that is followed; each new tag is
// looked up for what the list did not tell; a tag that is written is confirmed where the list is second-hand, and its
// digest asked for where it is pinned. Tokens come on top, one request for as many repositories as the token server
// grants at once. All policies of a repository share its looks.
//
// # What is assumed
//
// Nobody knows how many tags tomorrow brings: that is Assumptions.Churn, and each new tag is taken to be one that is
// chosen. The first pass takes every image to have one newer tag, and followed tags to stand without a digest. Every
// pass is a process of its own, which has no tokens yet, and comes as often as the shortest interval is long. Intervals
// are those of the policies, however quiet a repository is. Failures and second tries are not foreseen.
//
// # What it does not do
//
// It asks nobody and knows no registry: prices and allowances come from package registry.
package forecast
