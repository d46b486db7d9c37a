// Package image holds the words the rest of the program speaks: [Repository], [Reference], tag, [Digest] and [Platform].
//
// A reference is written
//
//	[HOST[:PORT]/]PATH[:TAG][@DIGEST]
//
// with the grammar of the OCI distribution specification v1.1 (section "Pulling manifests") and the two conventions of
// Docker: a first component without a dot, a colon or the word localhost is no host but part of a path on docker.io,
// and a path of one component on docker.io lies below library/. So nginx, library/nginx, docker.io/nginx and
// index.docker.io/library/nginx all name one [Repository], and a Repository is comparable: it is the key of every map
// of images in this program. How a person spelled it is kept beside it, in [Reference.Name], for it is what stays in
// the file.
//
//	ref, err := image.ParseReference("nginx:1.27.4-alpine")
//	// ref.Repository.String() == "docker.io/library/nginx", ref.Name == "nginx", ref.Tag == "1.27.4-alpine"
//
// A tag is a plain string; [CheckTag] holds its grammar. The package does no input or output and knows no registry.
package image
