// Package integration holds the tests against servers that other people wrote: the distribution registry with token
// authentication, Debian's docker-registry, git's http-backend and OpenSSH's sshd, and Gitea where there is one.
//
// It is a module of its own, so that the several hundred packages behind those servers stay out of the product's
// module file. Everything runs on loopback and in temporary folders. The tests go through the exported interface of
// the product's packages, or through the built binary.
//
//	cd integration && go test ./...
//
// A test whose server is not installed is skipped with its name; with CI=true in the environment it fails instead, for
// a test that nobody runs holds nothing. Gitea is the exception: no package installs it, and to build it takes long.
package integration
