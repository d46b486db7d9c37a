package web

import "time"

// The answers of the API. Their fields are what scripts rely on, so they do not follow a Status by themselves. Times that
// are not known and texts that say nothing are left out; lists are never null.

type statusAnswer struct {
	At       time.Time       `json:"at"`
	Started  time.Time       `json:"started,omitzero"`
	Version  string          `json:"version"`
	Ready    bool            `json:"ready"`
	Health   string          `json:"health"`
	Summary  string          `json:"summary"`
	Config   configAnswer    `json:"config"`
	LastPass *passAnswer     `json:"lastPass,omitempty"`
	Running  *passAnswer     `json:"runningPass,omitempty"`
	States   map[string]int  `json:"states"`
	Git      []gitAnswer     `json:"git"`
	Hooks    []hookAnswer    `json:"hooks"`
	Channels []channelAnswer `json:"channels"`
	Files    []fileAnswer    `json:"files"`
}

type fileAnswer struct {
	Flag    string    `json:"flag"`
	Error   string    `json:"error,omitempty"`
	ErrorAt time.Time `json:"errorSince,omitzero"`
}

type configAnswer struct {
	Files   []string  `json:"files"`
	Loaded  time.Time `json:"loaded,omitzero"`
	Fault   string    `json:"fault,omitempty"`
	FaultAt time.Time `json:"faultAt,omitzero"`
	Short   []string  `json:"short"`
}

type passAnswer struct {
	Number       int       `json:"number"`
	Began        time.Time `json:"began,omitzero"`
	Ended        time.Time `json:"ended,omitzero"`
	Reason       string    `json:"reason,omitempty"`
	Stage        string    `json:"stage,omitempty"`
	Stuck        bool      `json:"stuck"`
	Changes      int       `json:"changes"`
	Commits      int       `json:"commits"`
	PullRequests int       `json:"pullRequests"`
	Held         int       `json:"held"`
	Errors       int       `json:"errors"`
}

type gitAnswer struct {
	Name         string              `json:"name"`
	URL          string              `json:"url"`
	Branch       string              `json:"branch"`
	Mode         string              `json:"mode"`
	Tip          string              `json:"tip,omitempty"`
	Read         time.Time           `json:"read,omitzero"`
	Written      time.Time           `json:"written,omitzero"`
	Queue        int                 `json:"queue"`
	Retries      int                 `json:"retries"`
	PullRequests []pullRequestAnswer `json:"pullRequests"`
	Error        string              `json:"error,omitempty"`
	ErrorSince   time.Time           `json:"errorSince,omitzero"`
	Fault        string              `json:"fault,omitempty"`
}

type pullRequestAnswer struct {
	Branch   string   `json:"branch"`
	Title    string   `json:"title"`
	Text     string   `json:"text"`
	URL      string   `json:"url,omitempty"`
	State    string   `json:"state"`
	Detail   string   `json:"detail,omitempty"`
	Policies []string `json:"policies"`
}

type hookAnswer struct {
	Name    string    `json:"name"`
	Kind    string    `json:"kind"`
	Events  int       `json:"events"`
	Refused int       `json:"refused"`
	Unnamed int       `json:"unnamed"`
	Last    time.Time `json:"last,omitzero"`
	Error   string    `json:"error,omitempty"`
	ErrorAt time.Time `json:"errorAt,omitzero"`
}

type channelAnswer struct {
	Name    string    `json:"name"`
	Kind    string    `json:"kind"`
	Sent    int       `json:"sent"`
	Failed  int       `json:"failed"`
	Queued  int       `json:"queued"`
	Last    time.Time `json:"last,omitzero"`
	Error   string    `json:"error,omitempty"`
	ErrorAt time.Time `json:"errorAt,omitzero"`
}

type policiesAnswer struct {
	Policies []policyAnswer `json:"policies"`
	Total    int            `json:"total"`
	Next     string         `json:"next,omitempty"`
}

type policyAnswer struct {
	Name       string        `json:"name"`
	Image      string        `json:"image"`
	Registry   string        `json:"registry"`
	Git        []string      `json:"git"`
	Kind       string        `json:"kind"`
	Rule       string        `json:"rule"`
	Interval   string        `json:"interval"`
	State      string        `json:"state"`
	Since      time.Time     `json:"since,omitzero"`
	Why        *reasonAnswer `json:"why,omitempty"`
	Current    string        `json:"current"`
	Chosen     string        `json:"chosen"`
	Coming     string        `json:"coming,omitempty"`
	Places     int           `json:"places"`
	Looked     time.Time     `json:"looked,omitzero"`
	NextLook   time.Time     `json:"nextLook,omitzero"`
	NewTags    time.Time     `json:"newTags,omitzero"`
	Written    time.Time     `json:"written,omitzero"`
	Commit     *linkAnswer   `json:"commit,omitempty"`
	Proposal   *linkAnswer   `json:"pullRequest,omitempty"`
	ProposalAt time.Time     `json:"pullRequestSince,omitzero"`
}

type policyDetail struct {
	policyAnswer
	References []referenceAnswer `json:"references"`
	History    []writtenAnswer   `json:"history"`
}

type referenceAnswer struct {
	Git           string        `json:"git"`
	File          string        `json:"file"`
	Line          int           `json:"line"`
	Current       string        `json:"current"`
	Chosen        string        `json:"chosen"`
	Coming        string        `json:"coming,omitempty"`
	CurrentDigest string        `json:"currentDigest,omitempty"`
	ChosenDigest  string        `json:"chosenDigest,omitempty"`
	State         string        `json:"state"`
	Why           *reasonAnswer `json:"why,omitempty"`
}

type reasonAnswer struct {
	Rule   string    `json:"rule,omitempty"`
	Detail string    `json:"detail,omitempty"`
	Until  time.Time `json:"until,omitzero"`
}

type linkAnswer struct {
	Text string `json:"text"`
	URL  string `json:"url,omitempty"`
}

type decisionAnswer struct {
	Policy   string          `json:"policy"`
	Git      string          `json:"git,omitempty"`
	File     string          `json:"file,omitempty"`
	Line     int             `json:"line,omitempty"`
	Current  string          `json:"current"`
	Chosen   string          `json:"chosen"`
	Changed  bool            `json:"changed"`
	Unusable string          `json:"unusable,omitempty"`
	Asked    time.Time       `json:"asked,omitzero"`
	Verdicts []verdictAnswer `json:"verdicts"`
}

type verdictAnswer struct {
	Tag     string    `json:"tag"`
	Verdict string    `json:"verdict"`
	Rule    string    `json:"rule,omitempty"`
	Detail  string    `json:"detail,omitempty"`
	Until   time.Time `json:"until,omitzero"`
	Pushed  time.Time `json:"pushed,omitzero"`
	Above   bool      `json:"above,omitempty"`
}

type registriesAnswer struct {
	Registries []registryAnswer `json:"registries"`
}

type registryAnswer struct {
	Host        string       `json:"host"`
	Account     string       `json:"account"`
	Images      int          `json:"images"`
	Oldest      time.Time    `json:"oldest,omitzero"`
	OldestImage string       `json:"oldestImage,omitempty"`
	Requests    int          `json:"requests"`
	Pulls       int          `json:"pulls"`
	Hours       []hourAnswer `json:"hours"`
	Quota       *quotaAnswer `json:"quota,omitempty"`
	PausedUntil time.Time    `json:"pausedUntil,omitzero"`
	TagsPaused  time.Time    `json:"tagAPIPausedUntil,omitzero"`
	Parked      string       `json:"parked,omitempty"`
	Error       string       `json:"error,omitempty"`
	ErrorAt     time.Time    `json:"errorAt,omitzero"`
	FailingFor  int          `json:"failingFor"`
}

type hourAnswer struct {
	Begin    time.Time `json:"begin"`
	Requests int       `json:"requests"`
	Pulls    int       `json:"pulls"`
}

type quotaAnswer struct {
	Allowance int       `json:"allowance"`
	Window    string    `json:"window"`
	Remaining *int      `json:"remaining,omitempty"`
	Reserve   int       `json:"reserve"`
	Spent     int       `json:"spent"`
	Left      int       `json:"left"`
	Until     time.Time `json:"until,omitzero"`
}

type historyAnswer struct {
	History []writtenAnswer `json:"history"`
}

type writtenAnswer struct {
	Time       time.Time   `json:"time"`
	Policy     string      `json:"policy"`
	Image      string      `json:"image"`
	Git        string      `json:"git"`
	Branch     string      `json:"branch"`
	File       string      `json:"file"`
	From       string      `json:"from"`
	To         string      `json:"to"`
	FromDigest string      `json:"fromDigest,omitempty"`
	ToDigest   string      `json:"toDigest,omitempty"`
	Commit     *linkAnswer `json:"commit,omitempty"`
	Proposal   *linkAnswer `json:"pullRequest,omitempty"`
}

type scanBody struct {
	Image  string `json:"image"`
	Policy string `json:"policy"`
}

type scanned struct {
	Images []string `json:"images"`
}
