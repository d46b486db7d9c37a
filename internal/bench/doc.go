// Command bench measures what the project promises and prints each figure beside its baseline, from one run:
//
//	go run ./internal/bench            # all figures; also: make bench
//	go run ./internal/bench -only git,manifests -runs 9
//
// A figure is measured on the built binary in a process of its own, against what a person would use otherwise doing
// the same work on the same input in the same run: wall times of a shared machine mean little, ratios of CPU time
// measured minutes apart on the same machine mean something. Of several runs the median counts, and the runs of the two
// sides take turns. Nothing but loopback and a temporary folder is touched.
//
// The exit status is 1 when a promise is broken.
package main
