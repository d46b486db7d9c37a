// Package registrytest is a container registry for tests: in memory, within the process, counting what it is asked,
// and misbehaving in the ways that registries are known for when told to.
//
//	r := registrytest.New(registrytest.Options{
//		Auth:   registrytest.Auth{Scheme: registrytest.Bearer},
//		Paging: registrytest.Paging{Size: 100},
//	})
//	r.Add("library/nginx", "1.27.3", "1.27.4")
//	server := r.ServeTLS(t)
//	... ask https://<server.Host>/v2/library/nginx/tags/list ...
//	if diff := cmp.Diff(registrytest.Counts{Token: 1, List: 2}, r.Counts()); diff != "" {
//		t.Errorf("requests (-want +got):\n%s", diff)
//	}
//
// It speaks the part of the OCI distribution specification v1.1 that a reader needs (the base, tag lists, manifests by
// tag and by digest, config blobs) and the token protocol of the distribution project, on the path /token of the same
// server.
//
// With Options.API it also has the APIs by which Docker Hub, Quay, Azure, Harbor and Google tell more of tags than their
// names. Requests to them are counted as Tell and Login.
//
// [Registry] is an [net/http.Handler]; [Registry.Serve], [Registry.ServeTLS] and [Registry.ServeMutualTLS] put it on a
// loopback port until the test ends, and [Registry.Transport] reaches it without a socket, which is what tests in a
// synctest bubble need.
//
// Habits of a registry are [Paging] and [Auth], to be chosen when it is made; what goes wrong is a [Fault], set and
// mended at any time by [Registry.Break]. [Registry.Meter] makes it count pulls as Docker Hub does. Nothing can be pushed
// but by [Registry.Push] and, where the content does not matter, [Registry.Add].
package registrytest
