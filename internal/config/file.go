package config

// The types of a policy file as it is written, continued in filegit.go, hook.go and notify.go. The decoder, the JSON Schema
// and the merging of defaults are all driven by them: the yaml tag is the key, the comment is the description in the schema,
// "required" says that a key must be there, and merge:"keys" that defaults merge key by key inside it.

// A policy file of image-updater.
type file struct {
	section

	// The version of this format.
	APIVersion apiVersion `yaml:"apiVersion" jsonschema:"required"`
	// What differs from the defaults for a registry: credentials, limits, certificates, mirrors.
	Registries []registryEntry `yaml:"registries"`
	// The Git repositories that are written to.
	Git []gitEntry `yaml:"git"`
	// The channels that messages go to.
	Notify []notifyEntry `yaml:"notify"`
	// What policies that do not say it themselves take over. Only one of the files may have it; it holds for all.
	Defaults defaultsEntry `yaml:"defaults"`
	// Which tag of which image is wanted, and where it is written.
	Policies []policyEntry `yaml:"policies"`
	// Where registries tell that something was pushed. Their events only bring the next look forward.
	Hooks []hookEntry `yaml:"hooks"`
}

// A registry that needs something else than the defaults.
type registryEntry struct {
	section

	// The registry's host as it stands in image references, with its port if it has one: docker.io, ghcr.io,
	// registry.acme.example:5000.
	Host hostName `yaml:"host" jsonschema:"required"`
	// Where the credentials are. Default: docker's configuration and credential helpers.
	Auth registryAuthKeys `yaml:"auth"`
	// How many requests may be made.
	Rate rateKeys `yaml:"rate"`
	// How much of the pull allowance may be spent.
	Quota quotaKeys `yaml:"quota"`
	// PEM file with the certificates of the authorities to trust for this registry, beside the system's.
	CAFile filePath `yaml:"caFile"`
	// PEM file with the certificate to show to the registry. Needs clientKeyFile.
	ClientCertFile filePath `yaml:"clientCertFile"`
	// PEM file with the key of clientCertFile.
	ClientKeyFile filePath `yaml:"clientKeyFile"`
	// Speak HTTP without TLS. Loopback hosts are spoken to without TLS anyway.
	PlainHTTP bool `yaml:"plainHTTP"`
	// URL to ask instead of the host: a mirror or a pull-through cache. What is written to Git, the credentials and the
	// quota stay those of host.
	Endpoint webURL `yaml:"endpoint"`
	// URL to ask instead of Docker Hub's tag API. For docker.io only.
	HubEndpoint webURL `yaml:"hubEndpoint"`
	// Hosts, beside the registry's own, that may be sent these credentials when a token is asked for.
	TokenHosts []serverName `yaml:"tokenHosts"`
}

// The credentials of a registry, by the names of environment variables or files.
type registryAuthKeys struct {
	// User name, where it is no secret.
	Username text `yaml:"username"`
	// Environment variable that holds the user name.
	UsernameEnv envName `yaml:"usernameEnv"`
	// Environment variable that holds the password or token.
	PasswordEnv envName `yaml:"passwordEnv"`
	// File that holds the password or token.
	PasswordFile filePath `yaml:"passwordFile"`
}

// The most requests that are made.
type rateKeys struct {
	// Requests per second.
	PerSecond frequency `yaml:"perSecond"`
	// Requests that may be made at once after a time without any.
	Burst count `yaml:"burst"`
}

// The pull allowance.
type quotaKeys struct {
	// The part that is left to others on the same account or address. Default: 50%.
	Reserve percent `yaml:"reserve"`
}

// What policies that do not say it themselves take over.
type defaultsEntry struct {
	section
	policyKeys `yaml:",inline"`
}

// Which tag of an image is wanted, and where it is written.
type policyEntry struct {
	section

	// Unique over all files; markers, commits and messages use it.
	Name name `yaml:"name" jsonschema:"required"`
	// The image without a tag: nginx, ghcr.io/acme/api.
	Image imageName `yaml:"image" jsonschema:"required"`

	policyKeys `yaml:",inline"`
}

// The keys that a policy has in common with defaults.
type policyKeys struct {
	// Which tags count, and which part of them.
	Tags tagsKeys `yaml:"tags" merge:"keys"`
	// Which of them wins: exactly one of these keys. Default: semver "*".
	Select selectKeys `yaml:"select"`
	// What keeps a tag from being taken.
	Guard guardKeys `yaml:"guard" merge:"keys"`
	// Write the digest behind the tag, tag@sha256:... Default: as the reference is written now.
	Pin bool `yaml:"pin"`
	// Where to write: the name of a Git repository, or a list of names.
	Git names `yaml:"git"`
	// Only files that match one of these globs. Default: the whole repository.
	Paths []glob `yaml:"paths"`
	// What to write beside the references that are found by themselves.
	Targets []targetKeys `yaml:"targets"`
	// How changes are written. Goes before the Git repository's write.
	Write writeKeys `yaml:"write" merge:"keys"`
	// How often to look for new tags. Default: 15m.
	Interval duration `yaml:"interval"`
	// Look less often where nothing changes. Default: true.
	Adaptive bool `yaml:"adaptive"`
	// When writing is allowed: a window or a list of windows. Default: always.
	Window windows `yaml:"window"`
	// Decide and show, but do not write.
	Suspend bool `yaml:"suspend"`
	// Where messages about it go: the name of a channel, or a list of names. Default: the only channel, if there is one.
	Notify channels `yaml:"notify"`
}

// Which tags count, and which part of them.
type tagsKeys struct {
	// Regular expression (RE2, unanchored) that a tag must match.
	Match text `yaml:"match"`
	// Template of the text to order by, from the groups of match: $build, ${major}.$minor. Default: the whole tag.
	Extract text `yaml:"extract"`
	// Regular expressions (RE2, each anchored at both ends) of tags never to take.
	Ignore []text `yaml:"ignore"`
}

// Which tag wins: exactly one of these.
type selectKeys struct {
	// The highest version in this range, such as ">=1.25 <2" or "*".
	Semver text `yaml:"semver"`
	// The latest date in this format, in the words of calver.org: YYYY.0M.0D.
	Calver text `yaml:"calver"`
	// The largest number (ascending) or the smallest (descending).
	Numeric order `yaml:"numeric"`
	// The last text by its bytes (ascending) or the first (descending).
	Alphabetical order `yaml:"alphabetical"`
	// The tag that was pushed, or whose image was created, last.
	Newest moment `yaml:"newest"`
	// The tag whose digest is followed.
	Digest tagName `yaml:"digest"`
}

// What keeps a tag from being taken.
type guardKeys struct {
	// The largest step from the tag written in the file. Default: major.
	Bump bump `yaml:"bump"`
	// Take pre-releases.
	Prerelease bool `yaml:"prerelease"`
	// May move down when the range says so.
	Downgrade bool `yaml:"downgrade"`
	// same: words and numbers of the suffix stay; newer: its numbers may grow; any. Default: same.
	Variant variant `yaml:"variant"`
	// A younger tag waits.
	MinAge duration `yaml:"minAge"`
	// A tag must offer all of these: linux/amd64.
	Platforms []platform `yaml:"platforms"`
}

// A place that is written beside the references that are found by themselves: by key or by regexp.
type targetKeys struct {
	// Glob of the files.
	File glob `yaml:"file" jsonschema:"required"`
	// The value to write in a YAML or JSON file: $.spec.containers[*].env[?(@.name=="X")].value
	Key keyExpression `yaml:"key"`
	// Regular expression (RE2, multi-line) with one group, which is what is written.
	Regexp oneGroup `yaml:"regexp"`
	// What is written, with {tag}, {digest} and {image} in it. Default: {tag}.
	Value targetValue `yaml:"value"`
	// The number of matches in each file that matches. Default: 1.
	Expect count `yaml:"expect"`
}

// A time of the week.
type windowKeys struct {
	// Days of the week. Default: all.
	Days []day `yaml:"days"`
	// Begin of the time of day, 08:00. Default: midnight.
	From clock `yaml:"from"`
	// End of the time of day, 18:00. Before from, it is one of the next day.
	To clock `yaml:"to"`
	// IANA time zone, Europe/Paris. Default: UTC.
	TimeZone zone `yaml:"timeZone"`
}

// names is the name of a Git repository, or a list of names.
type names []name

// windows is a window, or a list of windows.
type windows []windowKeys

// channels is the name of a channel, or a list of names; the empty list is none at all.
type channels []name

func (*names) oneOrMany()    {}
func (*windows) oneOrMany()  {}
func (*channels) oneOrMany() {}
