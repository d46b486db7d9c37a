// Package registry reads from container registries, asking as little as can be and trusting no answer.
//
//	client, err := registry.New(registry.Options{Cache: state})
//	...
//	defer client.Close()
//	client.Expect(repositories...)
//	list, err := client.Tags(ctx, repository, 15*time.Minute)
//	more, err := client.Details(ctx, repository, image.PushedFact, 15*time.Minute)
//	tag, err := client.Look(ctx, repository, "1.27.4", image.DigestFact|image.PlatformsFact, time.Time{})
//
// # What it guarantees
//
// A tag list is whole or it is an error: no cut body, no page left out, no list of another repository or host. The
// tags are sorted, distinct and legal; how many were dropped for breaking the grammar is counted.
//
// A list ends where no Link leads on, as the OCI distribution specification has it. Some registries cut lists and send
// no Link. So a first page without one that has exactly the tags asked for is the whole list only if the registry shows
// it in three requests more: it sends a longer list that is not as long as was asked for, or nothing after the last
// tag; or it heeds neither n nor last, and has no pages. Else the list is an error. A registry that sends fewer tags
// than were asked for, and no Link, is believed.
//
// Requests are few. One repository is listed once at a time, however many ask for it, and not at all while the list in
// the cache is young enough. What a registry wants to be shown (its challenge) is kept in the cache, so that a later
// process spends no request on it. A token is kept until shortly before it expires and, where the server grants that,
// serves up to 50 of the repositories announced by [Client.Expect]. Listing, and asking for a digest by HEAD, are no
// pulls.
//
// Some registries tell more than names with the list, or beside it, and [Client.Details] is the list with that. There
// is an adapter for each kind, chosen by the host or by the challenge (adapter.go): Docker Hub's tag API, and those of
// Google, Quay, Azure and Harbor. Services that show the newest tags first are read back to what was known the last
// time, which is one page most often (newest.go). What does not add up there is settled by the names that the registry
// lists, so that these lists are whole, too; what is not told is unknown. An adapter that is refused is not asked for
// hours, one that fails is an error.
//
// Pulls, which are GETs of manifests, are the last resort of [Client.Look]: what a digest leads to is read once and
// kept for ever. Where the registry counts them, each passes a ledger. It learns the allowance and what remains of it
// from the headers of every answer, keeps a log of the pulls of its own for each account or address over the rolling
// window, in the cache, and leaves Host.Reserve to others. What is over that is a [QuotaError] before anything is sent.
// A registry that refuses a pull all the same is not asked for another until the window is over; HEADs and lists go on.
//
// Requests are paced by a bucket per registry, see the table in known.go. A registry that says Retry-After is obeyed:
// up to ten seconds are waited for, a longer time is an [Error] at once, and the pause is kept in the cache for the
// next process to respect. One that refuses without a time is left alone for 1, 2, 4 ... 60 minutes, which begin anew
// after a calm hour. Which of the four meters a 429 comes from is told by its text (refusal.go): spent pulls and failed
// logins are no reason to leave the host alone. Network errors and answers of 500 and above are tried three times. A
// registry that lets two requests in a row run into the bound of time is not asked for a minute.
//
// Everything is bounded: an answer begins within 30 seconds; a page ends within 60 seconds and 16 MiB; a list has 1,000
// pages and 200,000 tags at most; a manifest has 4 MiB, a config 8 MiB, tokens and error bodies have 64 KiB.
//
// A refused credential is sent five times at most, by all processes with one cache together, until another one takes
// its place; what the cache has of it is a salted, slow hash. A registry that answers 401 or 403 to one repository
// after the other is soon not asked for the rest of them (denials.go).
//
// Credentials go to the registry itself, for Docker Hub to its API, and to a token server on the same host or
// registrable domain, or named in Host.TokenHosts. The scheme is never left: https is not given up for http. A redirect
// or a Link to another origin is refused; that of a config to where the registry keeps it is followed without
// credentials. Private addresses are reached only where the registry's own address is private too, or by
// Host.TokenHosts. No secret is in an error or a log, nor in the cache.
//
// # How it is built
//
// One registry is a stack of round trippers: retry (retry.go) over authorization (auth.go) over the ledger (meter.go)
// over the limiter (limit.go), innermost but for the bounds of one exchange (bound.go), so that every request on the
// wire is limited and counted, token requests too. The pager is pages.go. Of go-containerregistry the keychain is used;
// its pager follows unchecked URLs, and its transport asks twice more for every repository.
//
// # What it does not do
//
// It pushes nothing, knows no policy, and does not choose. Of a repository's history it keeps since when each tag that
// was looked up has had its digest (sight.go), and nothing more.
package registry
