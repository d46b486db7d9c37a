// Package layering holds the table of who may import whom, and the check that the tree keeps to it.
//
// The program is laid out as observe, decide, write: the registries, the files and Git do not know each other, and
// deciding is a pure function between them. That is worth having only while it is true, so the table of the design is
// written down here once ([Design]) and `go test ./internal/layering` reads every Go file of the module and refuses:
//
//   - a folder with Go files that has no row, and a nested module that is not named;
//   - an import of one of our packages that the row of the importing folder does not grant;
//   - in a pure package, an import through which the outside could come in (os, net, log, sync, context, chance), a
//     goroutine, and every use of the clock such as time.Now;
//   - testing libraries and the kits of real servers in files that end up in the binary, the demo excepted;
//   - the environment, the arguments and the exit of the process outside of the commands.
//
// A test file may use the kits and whatever its package may import, and any other package of ours but those that know
// the package under test: a test of registry that leans on reconcile would tie the lower layer to the higher one.
//
// Every violation is one line that says where, what and which rule:
//
//	policy/choose.go:7: imports "os": a pure package sees no outside world
//
// The check reads syntax only. It does not follow imports into libraries, and files below testdata are not looked at.
package layering
