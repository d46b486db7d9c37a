package policy

// This file holds every word the grammar of tags knows. A word that is in none of these lists is a word of the variant
// that does not own a number separated from it: most words are like that, and are kept out of here on purpose. There
// are no names of images and no names of releases ("bookworm") here: a word that never takes a number needs no entry.

// wordClass is what a word does to the number behind it.
type wordClass uint8

const (
	plainWord      wordClass = iota // "slim": owns a number glued to it, a number after a separator is a revision
	platformWord                    // "debian": owns the number after a separator, too
	runtimeWord                     // the same; and the number may be the version itself if the tag has no other
	archWord                        // "arm": owns its number, which is never the version
	revisionWord                    // "r": the number counts builds of one version, glued or not
	prereleaseWord                  // "rc": the number counts pre-releases
	letterWord                      // "b": a pre-release if digits are glued to it, else plain
	flavourWord                     // "dev": a pre-release if a number follows, else plain
	versionWord                     // "v": stands in front of a version and means nothing
	timeWord                        // "T", "Z": belong to an ISO 8601 time
)

// stage is how far a pre-release is from the final release. A tag without a pre-release word is at stageFinal.
type stage uint8

const (
	stageDev stage = iota + 1
	stagePreview
	stageAlpha
	stageBeta
	stageMilestone
	stageCandidate
	stageFinal
)

// wordGroups lists the words by what they do. Case does not matter, except in words with an upper-case letter here.
var wordGroups = []struct {
	class wordClass
	stage stage
	words []string
}{
	// Operating systems and C libraries publish the same image for several of their own releases at the same time
	// (debian-11 and debian-12), so their number names a variant and never moves by itself.
	{class: platformWord, words: []string{
		"alpine", "debian", "deb", "ubuntu", "centos", "rocky", "rockylinux", "alma", "almalinux", "fedora", "fc",
		"amazonlinux", "amzn", "al", "oraclelinux", "ol", "ubi", "rhel", "el", "sles", "sle", "opensuse", "leap", "suse",
		"bci", "photon", "mariner", "azurelinux", "wolfi", "busybox", "raspbian", "manylinux", "musllinux", "glibc", "musl",
		"windowsservercore", "servercore", "nanoserver", "ltsc", "sac", "windows", "win", "macos", "darwin", "freebsd",
	}},
	// Language runtimes, application servers and databases that an image was built with or for. Publishers keep several
	// of them alive side by side (temurin-17, temurin-21; pg15, pg16), so here, too, the number names a variant.
	{class: runtimeWord, words: []string{
		"jdk", "jre", "java", "openjdk", "oraclejdk", "temurin", "corretto", "amazoncorretto", "zulu", "azulzulu", "graalvm",
		"graal", "mandrel", "liberica", "libericaopenjdk", "semeru", "ibmjava", "sapmachine", "dragonwell", "adoptopenjdk",
		"javaee", "jakartaee", "microprofile",
		"scala", "kotlin", "clojure", "groovy", "python", "py", "pypy", "cpython", "php", "node", "nodejs", "ruby", "jruby",
		"perl", "go", "golang", "rust", "dotnet", "aspnet", "net", "netcore", "mono", "otp", "erlang", "elixir", "ghc",
		"swift", "lua", "julia", "gcc", "clang", "llvm", "cuda", "cudnn", "rocm", "hadoop", "spark", "hive", "tensorflow",
		"torch", "pytorch", "postgres", "postgresql", "pg", "mysql", "mariadb", "mongo", "tomcat", "jetty", "k8s", "kubernetes",
		// jdk-25-and-26: the word goes on with the list that the runtime in front of it began.
		"and",
	}},
	// Processor architectures have numbers in their names: arm64v8, arm-v7, amd64, x86_64, i386, s390x, ppc64le.
	{class: archWord, words: []string{
		"amd", "arm", "arm32v", "arm64v", "armv", "aarch", "x", "i", "s", "ppc", "riscv", "mips", "loong",
	}},
	// Words of builds: the same version, packaged once more. Their number orders after the version's and may move.
	// Only those to which the number is glued need to be listed: r38, ls231, p547, 8u372, _p1, KB4505057, k3s1. An
	// upper-case CU is a cumulative update of SQL Server, a lower-case one the CUDA of a build.
	{class: revisionWord, words: []string{
		"r", "rev", "revision", "ls", "p", "pl", "patch", "build", "bld", "u", "update", "h", "hf", "hotfix", "sp", "fp",
		"kb", "CU", "post", "rel", "k3s",
	}},
	// Pre-releases, in the order in which publishers bring them out.
	{class: prereleaseWord, stage: stageDev, words: []string{"nightly", "snapshot"}},
	{class: prereleaseWord, stage: stagePreview, words: []string{"pre", "prerelease", "preview", "ea", "eap"}},
	{class: prereleaseWord, stage: stageAlpha, words: []string{"alpha"}},
	{class: prereleaseWord, stage: stageBeta, words: []string{"beta"}},
	{class: prereleaseWord, stage: stageMilestone, words: []string{"milestone", "dmr"}},
	{class: prereleaseWord, stage: stageCandidate, words: []string{"rc", "cr"}},
	// One letter is a pre-release only with digits glued to it (1.0a1, 3.0.0-M2), as it may stand for anything else.
	{class: letterWord, stage: stageAlpha, words: []string{"a"}},
	{class: letterWord, stage: stageBeta, words: []string{"b"}},
	{class: letterWord, stage: stageMilestone, words: []string{"m"}},
	// Without a number these are flavours that are published with every release: 1.2.3-dev holds the tools to build.
	{class: flavourWord, stage: stageDev, words: []string{"dev", "canary"}},
	{class: versionWord, words: []string{"v"}},
	{class: timeWord, words: []string{"t", "z"}},
}

// isJavaEdition reports whether the number in front of a word may be Java's: in 8-jre-7.0.4 the version is 7.0.4. Other
// runtimes are not written so.
func isJavaEdition(word string) bool { return word == "jdk" || word == "jre" }

// channels are words of floating tags and branches that say how new an image is, not what is in it. They ask for
// nothing of the tag that takes their place.
var channels = []string{
	"latest", "stable", "mainline", "main", "master", "trunk", "head", "edge", "rolling", "lts", "current", "release",
	"devel", "develop", "development", "unstable", "testing", "next", "prod", "production", "staging", "default",
}

type wordEntry struct {
	class wordClass
	stage stage
}

// longestWord bounds what is looked up.
const longestWord = 20

var (
	wordTable    = makeWordTable()
	wordStarts   = makeWordStarts()
	channelTable = makeChannelTable()
)

func makeWordTable() map[string]wordEntry {
	table := make(map[string]wordEntry, 256)
	for _, group := range wordGroups {
		for _, word := range group.words {
			table[word] = wordEntry{group.class, group.stage}
		}
	}
	return table
}

// makeWordStarts returns the first letters that the known words of each length have, one bit for each letter: most
// words of tags are unknown, and this is all that has to be looked at to see it.
func makeWordStarts() (starts [longestWord + 1]uint32) {
	for word := range wordTable {
		starts[len(word)] |= startBit(word[0])
	}
	return starts
}

func startBit(letter byte) uint32 { return 1 << (letter & 31) }

func makeChannelTable() map[string]bool {
	table := make(map[string]bool, len(channels))
	for _, word := range channels {
		table[word] = true
	}
	return table
}

// lookUp returns what the word does.
func lookUp(word string) wordEntry {
	if word == "" || len(word) > longestWord || wordStarts[len(word)]&startBit(word[0]) == 0 {
		return wordEntry{}
	}
	var lower [longestWord]byte
	upper := false
	for i := range len(word) {
		c := word[i]
		if c >= 'A' && c <= 'Z' {
			upper = true
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	if upper {
		if entry, found := wordTable[word]; found {
			return entry
		}
	}
	return wordTable[string(lower[:len(word)])]
}
