package config

// An enumeration is a key that takes one of a few words.
type enumeration interface{ words() []string }

type (
	apiVersion string
	bump       string
	variant    string
	order      string
	moment     string
	forgeKind  string
	hookKind   string
	day        string
	eventKind  string
)

func (apiVersion) words() []string { return []string{"image-updater/v1"} }

func (Mode) words() []string { return []string{string(Commit), string(Branch), string(PullRequest)} }

func (bump) words() []string { return []string{"patch", "minor", "major"} }

func (variant) words() []string { return []string{"same", "newer", "any"} }

func (order) words() []string { return []string{"ascending", "descending"} }

func (moment) words() []string { return []string{"pushed", "created"} }

func (Commits) words() []string { return []string{string(Each), string(Squash)} }

func (forgeKind) words() []string {
	return []string{"github", "gitlab", "gitea", "forgejo", "bitbucket-cloud", "bitbucket-server", "azure-devops"}
}

func (hookKind) words() []string {
	return []string{
		"docker-hub", "github", "quay", "harbor", "distribution", "gitlab", "acr", "ecr", "pubsub", "nexus", "artifactory",
		"gitea", "cloudevents", "json",
	}
}

func (day) words() []string { return []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} }

func (ChannelKind) words() []string {
	return []string{string(Slack), string(Teams), string(Discord), string(Webhook), string(Email)}
}

func (SMTPSecurity) words() []string {
	return []string{string(StartTLS), string(ImplicitTLS), string(NoTLS)}
}

func (eventKind) words() []string {
	return []string{"updated", "pull-request", "waiting", "held", "failed", "recovered", "quota"}
}
