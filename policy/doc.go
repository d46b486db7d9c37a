// Package policy decides which tag of an image a reference should have, and says of every other tag why not.
//
//	p, err := policy.New(policy.Spec{Select: policy.Select{Kind: policy.Semver, Arg: ">=1.25 <2"}})
//	d := p.Choose(policy.Current{Tag: "1.25.3-alpine"}, candidates, now)
//	// d.Chosen == "1.27.4-alpine", and d.Verdicts holds, among others,
//	// 1.28.0-rc.1-alpine  prerelease  "pre-release; guard.prerelease is false"
//	// 1.27.4              variant     "another variant: -alpine is missing"
//	// 2.0.0-alpine        range       "outside the range >=1.25 <2"
//
// # The grammar of tags
//
// Tags have no grammar that publishers agreed on. This is the one they follow, by twelve years of official images:
//
//	tag      = [prefix] version [suffix]
//	prefix   = word {sep word | sep number} (sep | "")     latest words in front: "ee-", "temurin-17-tools-deps-", "v"
//	version  = number {"." number}                         1 to 4 numbers of any length; more count builds
//	         | year sep month [sep day]                    2024-01-31
//	suffix   = {stage | build | variant} [commit]
//	stage    = [sep] ("rc" | "beta" | ...) [[sep] dotted]  "-rc.1", "rc2", "-ea-32", "-M3": a pre-release
//	build    = sep dotted                                  "_12", "-10", "-923.1669829893", "-20240110"
//	         | [sep] ("r" | "ls" | "p" | ...) dotted       "-r38", "-ls231", "-p547", "8u372", "8u372-b07"
//	variant  = sep word [dotted]                           "-alpine3.18", "-slim", "-scala_2.12", "-jdk-17"
//	commit   = sep ["g"] 7*40 hex                          "-344b590f", "-ged5bcde", "-sha-1234567"
//	dotted   = number {"." number}
//	word     = letter {letter | digit}                     digits between letters belong to the word: "k3s", "32bit"
//	sep      = one or more of . - _
//
// What a number belongs to decides everything. A number glued to a word is part of it (alpine3.18, cu118), unless the
// word counts builds (r38) or pre-releases (rc2). A number after a separator is the version if it is the first such,
// and a build if it is not, but platforms and runtimes own it (debian-10, temurin-17, scala_2.12). A tag in which all
// numbers belong to words has the only one of them as its version (alpine3.20), or the only one that names a full
// release (jdk-17.0.1-alpine3.20); otherwise nobody can know, and it is refused with the tags.match that would say
// it. Where two numbers are joined by a dash and the second is longer, or both float, the first says what it was made for
// and stays: 3.10-7.3.14, 3.10-7.3; and so does Java's number in 8-jre-7.0.4. A commit in front of the last number
// (main-1a2b3c4-1700000000) is refused in the same way. All words with a meaning stand in words.go, each group with its
// reason. There are no names of images.
//
// Every byte of a tag is in exactly one part, so the parts print the tag again. A tag is read in time linear in its
// length and without an allocation of its own.
//
// # What may follow what
//
//   - Dates and other numbers are different schemes: 3 never becomes 20210804, nor 6.14.0 2021.12.14.
//   - All words, their order and separators, the numbers they own, and whether there is a build or a commit are the
//     variant. It stays, unless guard.variant says otherwise. A v in front always stays.
//   - Only a build without a word (_12, -2) may be gone when the numbers rise: 0.6.1-2 becomes 0.7.0. None comes by itself.
//     Under newer and any a build may come, and for that none goes.
//   - One and two numbers float and keep their precision: 1.27 never becomes 1.27.4. Three and four numbers, and any
//     count with a build, a date or a numbered pre-release, name one release and follow each other. But a release does
//     not become 17rc1, whose final release floats.
//   - A pre-release is taken only if guard.prerelease says so, as a later one of the same numbers, or in a channel the
//     current tag is in already: nightly-20240101.
//   - Versions compare by numbers, then pre-release (dev, preview, alpha, beta, milestone, rc, final, each with its
//     number: rc9 before rc10), then builds. A range looks at the first three numbers only.
//
// # Replays
//
// [Policy.Replay] asks the same of a history: which updates the policy would have made, and when. It is as if Choose had
// been called at every moment with all tags pushed by then, in the time of reading each tag a few times.
//
// # What it does not do
//
// It reads no clock, asks no registry and writes nothing. It does not judge holds, though it has the name of the rule: a
// pass knows them. What it would have to know of single tags it names ([Decision.Missing]), and decides without it until
// then: a tag of unknown age waits, platforms that are not known are not judged.
package policy
