// Package edit finds container image references in files and replaces just their bytes, with proof.
//
// A [Scanner] is made once of a [Query] and shown file after file; what it finds are [Site] values, each with its image,
// tag and digest. [Apply] gives sites new tags and digests. Nothing is ever printed anew: comments, quotes, indentation,
// CRLF, a byte order mark and a missing last newline stay, since only the bytes of a tag or digest change.
//
//	scanner, err := edit.NewScanner(edit.Query{Images: []image.Repository{nginx}})
//	found := scanner.Find(edit.File{Path: "apps/web.yaml", Data: data})
//	edited := edit.Apply(file, []edit.Change{{Site: found.Sites[0], Tag: "1.27.4"}})
//	fmt.Print(edit.Diff(file.Path, file.Data, edited.Data))
//
// # What is found by itself
//
//   - Kubernetes objects (apiVersion and kind, of any kind, in YAML and in .json): the image of each entry of a list
//     containers, initContainers or ephemeralContainers, and volumes[].image.reference, at any depth below a spec.
//   - Kustomize: images[] of a kustomization.yaml, kustomization.yml or Kustomization, of a Kustomization or Component by
//     any name, of Flux's Kustomization (spec.images), and an ImageTagTransformer's imageTag. The image is newName, else
//     name. A missing newTag is put in on a line of its own, the one case in which a line is added.
//   - Helm values (values*.yaml, *-values.yaml, *.values.yaml, .yml too, and any YAML in a chart's folder but its
//     Chart.yaml and templates): mappings with repository and tag, and below a key that ends in image or Image also name
//     and version; registry and global.imageRegistry are joined in front; texts under keys that end in image or Image.
//     A bare name beside tag or <key>Tag is a pair with it.
//   - Flux's HelmRelease: spec.values as Helm values, and the images of its post-renderers.
//   - Argo CD's Application and ApplicationSet, and .argocd-source*.yaml: helm.parameters (those of one path belong
//     together), helm.valuesObject and kustomize.images.
//   - Compose (compose*.yaml, docker-compose*.yaml): the image of each service that is not built.
//   - Dockerfiles (Dockerfile, Dockerfile.* but .md, *.Dockerfile, Containerfile*): FROM, COPY --from, and an ARG that is all
//     of a FROM. Names of stages are no images.
//   - GitHub Actions (.github/workflows, action.yaml): containers, services, and docker:// where an action may stand.
//   - GitLab CI (*.gitlab-ci.yml): image and services of the file, its defaults and its jobs.
//
// All spellings of one repository are one image, and the spelling stays.
//
// # What is named
//
// A marker says whose image a value is, in YAML and on the KEY=value lines of other text files, at the end of the line
// or alone on the line above it (one comment may stand between):
//
//	# image-updater: POLICY[:tag|:name|:digest]
//	# {"$imagepolicy": "NAMESPACE:POLICY[:tag|:name|:digest]"}
//
// Without a part the value is a whole reference. A name is compared and never written. A digest goes with the one tag
// that the same policy marks in the same mapping. Query.Markers holds the policies that a marker may name.
//
// A [Target] leads to values by a glob for files and a key (see [CheckKey], YAML and JSON) or a regexp with one group
// (any text), and may write any text around the tag. Once all files were searched, [Scanner.Missing] tells the targets
// that matched nowhere.
//
// # What is written
//
// In a text, TAG replaces the tag, and TAG with a digest gives NAME:TAG@DIGEST. In a mapping a digest is written where a
// key digest exists, empty or not. A tag beside a digest is refused unless both are given. Quotes stay; a plain value
// that YAML 1.1 or 1.2 would no longer read as a string (1.10, 1e3, on, 0755, 2024-01-01) gets double quotes. Nothing is
// written that needs escapes, for it could not be edited again.
//
// # What is refused
//
// A [Refusal] says why, with path and line, and stops only its reference. Refused is what names a sought image and could
// be meant: a key that stands twice, a template {{ or a variable ${ on the way to the reference or in it, a value with
// escapes, over several lines, as a block scalar or with an explicit tag, an anchor with an alias that serves as
// something else, two entries of one name, a marker that is wrong, a file that does not parse, is UTF-16, binary or
// larger than [MaxFile]. Left out on purpose, with a note: templates that do not parse, a chart's templates, Git LFS
// pointers, images that Compose builds, Helm values in a text, Flux's markers of other policies. A variable in a FROM
// or in Compose is refused at first; [SettleVariables] tells where it turned out to be set beside it.
//
// Who looks for all images (the zero [Query]) gets a note, too, of each place where an image belongs and whose text names
// none (${IMAGE}, or a name with an upper-case letter), and of each reference under a key image where no format has one.
//
// # Proof
//
// Every edited file is parsed again and compared with the file before: documents, keys, values, styles, tags, anchors
// and comments must be equal but for the values meant, which must read as meant. What cannot be proved is refused, so a
// trap of YAML that nobody thought of costs an edit and never a file. In a text without a grammar the regexp must lead
// to just as many places as before, and read there what was written.
//
// # Beyond the process
//
// What was found can be kept: [Scanner.Keep] takes the place off a site, [Scanner.Restore] makes a site of the rest, for a
// scanner of the same [Scanner.Fingerprint], and [Scanner.Apply] looks the places up again in the files that are edited.
//
// # What it does not do
//
// It opens no file, knows no registry and chooses no tag. It follows no include, no valuesFrom and no overlay: a base
// and its overlay are references of their own. No input makes it panic; documents are read to a depth of 200, aliases
// are followed once, and the time a file takes is in proportion to its length. A file that holds neither the last
// component of a sought name nor a marker is never parsed.
package edit
