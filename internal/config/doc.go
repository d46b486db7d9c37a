// Package config reads policy files into checked values.
//
// A policy file is one YAML document of the types that file.go begins with; docs/policies.md describes each key. [Load] reads
// some files, or directories of them, as if they were one: names are unique over all of them, and one defaults holds for all.
//
//	c, err := config.Load(os.DirFS("."), []string{"policies.yaml"})
//	if all, ok := errors.AsType[config.Errors](err); ok {
//		for _, e := range all {
//			fmt.Fprintln(os.Stderr, e) // policies.yaml:12:9: policy "api": unknown key "semvar" in select (did you mean "semver"?)
//		}
//	}
//
// # Guarantees
//
// Nothing that is written is ignored: an unknown, duplicate or misplaced key, a value of another type, a bad regular
// expression, range, glob, duration or name is an error. All errors of all files are reported at once, sorted by position.
// There is a [Config] or there are [Errors], never both.
//
// A fault of a value stands where the value is; one of a key, or of what keys have to do with each other, where the key
// is; a missing key, where the first key around it is.
//
// Secrets are named by environment variables and files. The package does not look them up ([Config.Secrets] lists them
// for whoever does), refuses keys that ask for the secret itself and URLs that hold one, and repeats in no message what
// such a key holds.
//
// Any input ends in a result: files are read to 4 MiB and a thousand of them, aliases reach a bounded number of values,
// and errors beyond ten thousand are not kept.
//
// # YAML
//
// Aliases (*name) are read as what they stand for; a fault in it stands where the anchor is. Merge keys (<<) are refused
// in favour of defaults, and so is a second document in a file in favour of a second file. Text is not made of numbers:
// the range 1.10 needs quotes, or YAML has made 1.1 of it. An empty value is no value.
package config
