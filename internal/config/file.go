package config

// The types of a policy file as it is written. The decoder, the JSON Schema and the merging of defaults are all driven
// by them: the yaml tag is the key, the comment is the description in the schema, "required" says that a key must be
// there, and merge:"keys" that defaults merge key by key inside it.

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

// A Git repository that is written to.
type gitEntry struct {
	section

	// The name by which policies choose it.
	Name name `yaml:"name" jsonschema:"required"`
	// Where it is: https://..., ssh://..., git@host:path, or a path of this machine.
	URL gitURL `yaml:"url" jsonschema:"required"`
	// The branch that is read, and written to in commit mode. Default: the remote's default branch.
	Branch branchName `yaml:"branch"`
	// PEM file with the certificates of the authorities to trust for this repository, beside the system's.
	CAFile filePath `yaml:"caFile"`
	// PEM file with the certificate to show to the server. Needs clientKeyFile.
	ClientCertFile filePath `yaml:"clientCertFile"`
	// PEM file with the key of clientCertFile.
	ClientKeyFile filePath `yaml:"clientKeyFile"`
	// Where the credentials are.
	Auth gitAuthKeys `yaml:"auth"`
	// Who the commits are by.
	Author authorKeys `yaml:"author"`
	// The key that commits are signed with.
	Sign signKeys `yaml:"sign"`
	// How changes are written.
	Write writeKeys `yaml:"write"`
	// The forge that the repository is on, for pull requests.
	Forge forgeKeys `yaml:"forge"`
	// The texts of commits.
	Templates templatesKeys `yaml:"templates"`
	// Folder in the repository whose policy files hold for it, too.
	Policies folder `yaml:"policies"`
}

// The credentials of a Git remote, by the names of environment variables or files: a token, an SSH key or a GitHub App.
type gitAuthKeys struct {
	// User name beside the token. Default: what the forge wants.
	Username text `yaml:"username"`
	// Environment variable that holds the token.
	TokenEnv envName `yaml:"tokenEnv"`
	// File that holds the token.
	TokenFile filePath `yaml:"tokenFile"`
	// File with the private SSH key. Needs knownHostsFile.
	SSHKeyFile filePath `yaml:"sshKeyFile"`
	// Environment variable that holds the passphrase of the SSH key.
	SSHKeyPassphraseEnv envName `yaml:"sshKeyPassphraseEnv"`
	// File that holds the passphrase of the SSH key.
	SSHKeyPassphraseFile filePath `yaml:"sshKeyPassphraseFile"`
	// File with the host keys to trust, as ssh-keyscan prints them.
	KnownHostsFile filePath `yaml:"knownHostsFile"`
	// A GitHub App whose tokens are used.
	GitHubApp gitHubAppKeys `yaml:"githubApp"`
}

// A GitHub App and its key.
type gitHubAppKeys struct {
	// The number of the App.
	AppID count `yaml:"appID" jsonschema:"required"`
	// The number of its installation.
	InstallationID count `yaml:"installationID" jsonschema:"required"`
	// PEM file with the App's private key.
	PrivateKeyFile filePath `yaml:"privateKeyFile" jsonschema:"required"`
}

// Who commits are by.
type authorKeys struct {
	// Name of the author.
	Name authorName `yaml:"name" jsonschema:"required"`
	// E-mail address of the author.
	Email email `yaml:"email" jsonschema:"required"`
}

// The key that commits are signed with: one of the two.
type signKeys struct {
	// File with a private SSH key.
	SSHKeyFile filePath `yaml:"sshKeyFile"`
	// File with a private OpenPGP key.
	OpenPGPKeyFile filePath `yaml:"openPGPKeyFile"`
	// Environment variable that holds the passphrase of the key.
	PassphraseEnv envName `yaml:"passphraseEnv"`
	// File that holds the passphrase of the key.
	PassphraseFile filePath `yaml:"passphraseFile"`
}

// A forge, and the token for its API.
type forgeKeys struct {
	// Its kind, where the host does not tell.
	Kind forgeKind `yaml:"kind"`
	// URL of its API, where it is not on the repository's host.
	URL webURL `yaml:"url"`
	// Environment variable that holds the token for its API. Default: the token of auth.
	TokenEnv envName `yaml:"tokenEnv"`
	// File that holds the token for its API.
	TokenFile filePath `yaml:"tokenFile"`
}

// Go templates of the texts of commits.
type templatesKeys struct {
	// Subject of a commit: one line. Default: {{.Subject}}.
	Subject templateText `yaml:"subject"`
	// Body of a commit, without the trailers. Default: {{.Body}}.
	Body templateText `yaml:"body"`
}

// How changes are written.
type writeKeys struct {
	// commit: to the branch itself; branch: to a branch of its own; pull-request: with a pull request for it.
	Mode Mode `yaml:"mode"`
	// Which changes go together: policy (each by itself), git (all of a Git repository) or a name that policies share.
	Group name `yaml:"group"`
	// each: a commit for each group; squash: one for all that goes to the branch in one pass. Default: each.
	Commits Commits `yaml:"commits"`
	// The most pull requests that are open at once, those older than 14 days left out. Default: any number.
	MaxOpen count `yaml:"maxOpen"`
	// How long a change of a digest alone must have stood before a pull request is opened for it. Default: 6h.
	Settle duration `yaml:"settle"`
	// Labels of a new pull request.
	Labels []line `yaml:"labels"`
	// Who is asked for a review of a new pull request, by user name, or as organization/team.
	Reviewers []line `yaml:"reviewers"`
	// Who is made responsible for a new pull request, by user name.
	Assignees []line `yaml:"assignees"`
	// Open pull requests as drafts.
	Draft bool `yaml:"draft"`
	// Ask the forge to merge a new pull request once everything that it asks for is there.
	AutoMerge bool `yaml:"autoMerge"`
}

// A place at which a registry tells that something was pushed.
type hookEntry struct {
	section

	// The last part of its address: /hooks/NAME.
	Name name `yaml:"name" jsonschema:"required"`
	// Who sends the events, or in which form.
	Kind hookKind `yaml:"kind" jsonschema:"required"`
	// Environment variable that holds what the sender proves itself with.
	SecretEnv envName `yaml:"secretEnv"`
	// File that holds what the sender proves itself with.
	SecretFile filePath `yaml:"secretFile"`
	// Host of the images, with its port if it has one, where the events do not tell it, or tell another one.
	Registry hostName `yaml:"registry"`
	// Audience of the tokens, as the subscription has it. For pubsub, required there.
	Audience line `yaml:"audience"`
	// E-mail address of the service account that the tokens are of. For pubsub, required there.
	ServiceAccount email `yaml:"serviceAccount"`
	// The most events in a minute. Those beyond are refused. Default: 600.
	PerMinute count `yaml:"perMinute"`
}

// A channel that messages go to: a chat, a webhook or a mailbox.
type notifyEntry struct {
	section

	// The name by which policies choose it.
	Name name `yaml:"name" jsonschema:"required"`
	// What it is.
	Kind ChannelKind `yaml:"kind" jsonschema:"required"`
	// Environment variable that holds the URL, which is a secret.
	URLEnv envName `yaml:"urlEnv"`
	// File that holds the URL.
	URLFile filePath `yaml:"urlFile"`
	// Environment variable that holds what the requests of a webhook are signed with.
	SecretEnv envName `yaml:"secretEnv"`
	// File that holds what the requests of a webhook are signed with.
	SecretFile filePath `yaml:"secretFile"`
	// The server that mail is handed to.
	SMTP smtpKeys `yaml:"smtp"`
	// What is told. Default: all but waiting.
	Events []eventKind `yaml:"events"`
	// Go template of the line of an event, in the markup of the channel.
	Template eventText `yaml:"template"`
	// Go template of a link for each event: https://dashboard.example/#/search?q={{.Image}}
	Link linkText `yaml:"link"`
	// How long a tag must have waited before waiting is told. Default: 72h.
	WaitingAfter duration `yaml:"waitingAfter"`
}

// A mail server, and the mail.
type smtpKeys struct {
	// The server.
	Host smtpHost `yaml:"host" jsonschema:"required"`
	// Its port. Default: 587, 465 with tls: implicit, 25 with tls: none.
	Port port `yaml:"port"`
	// Address of the sender.
	From mailbox `yaml:"from" jsonschema:"required"`
	// Addresses of the receivers.
	To []mailbox `yaml:"to" jsonschema:"required"`
	// User name, where it is no secret.
	Username text `yaml:"username"`
	// Environment variable that holds the user name.
	UsernameEnv envName `yaml:"usernameEnv"`
	// Environment variable that holds the password.
	PasswordEnv envName `yaml:"passwordEnv"`
	// File that holds the password.
	PasswordFile filePath `yaml:"passwordFile"`
	// starttls: must be offered; implicit: from the first byte; none: for a server of this machine only. Default: starttls.
	TLS SMTPSecurity `yaml:"tls"`
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
