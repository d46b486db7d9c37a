package config

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
