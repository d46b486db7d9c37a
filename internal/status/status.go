package status

import (
	"strings"
	"time"
)

// Status is what is known at one moment.
type Status struct {
	At      time.Time // of the moment
	Started time.Time // of the program
	Version string    // of the program
	// Ready says that the policies are loaded and each Git repository that is written to was read once, with or without
	// success.
	Ready bool

	Config     Config
	Last       Pass // the last that has ended; zero = none has
	Running    Pass // the one under way, of several the first that goes on; zero = none is
	Totals     Totals
	Policies   []Policy
	Registries []Registry
	Git        []Git
	Hooks      []Hook
	Channels   []Channel
	Files      []File    // that flags of the server name
	History    []Written // the latest first, at most [HistoryKept]
}

// HistoryKept is how many of the last changes a Status tells.
const HistoryKept = 200

// Config is what the policy files were when they were last read.
type Config struct {
	Files  []string  // that were read, sorted
	Loaded time.Time // when what holds now was read
	// Fault is why what was read since does not hold, a line for each error; "" = it does. The policies of before stay.
	Fault   string
	FaultAt time.Time
	Short   []string // what the policies ask of registries and do not get, a sentence each
}

// Pass is one turn of deciding and writing, in one Git repository.
type Pass struct {
	Number int
	Began  time.Time
	Ended  time.Time // zero while it runs
	Reason string    // why it was made: "new tags of 3 images"
	Stage  string    // what it does now, "" once it has ended
	Stuck  bool      // it has not gone on for longer than a step may take

	Changes      int // of references, in commits that were pushed
	Commits      int // that were pushed
	PullRequests int // that were opened or updated
	Held         int // reasons to keep something as it is
	Errors       int
}

// State is a policy or reference in one word.
type State string

// The states, the one that asks most for a person first: a policy has the first of those of its references.
const (
	Failed    State = "failed"     // it could not be looked at, decided or written
	Held      State = "held"       // a newer tag is there and something keeps it back that time alone does not lift
	NotFound  State = "not found"  // nothing in Git refers to the image
	Proposed  State = "proposed"   // a pull request is open for it
	Waiting   State = "waiting"    // a newer tag is there and time alone will let it pass
	New       State = "new"        // it was not looked at yet
	Suspended State = "suspended"  // the policy says so
	UpToDate  State = "up to date" // it carries the tag that is wanted
)

// States are all of them in that order.
var States = []State{Failed, Held, NotFound, Proposed, Waiting, New, Suspended, UpToDate}

// Policy is one policy.
type Policy struct {
	Name     string
	Image    string   // as a person writes it: nginx, ghcr.io/acme/api
	Registry string   // the host: docker.io
	Git      []string // names of the Git repositories it writes to
	Notify   []string // names of the channels that are told about it
	Kind     string   // of its select: semver
	Rule     string   // of its select, as written: ">=1.25 <2"
	Interval time.Duration

	State      State
	Since      time.Time // when it came to be in this state
	Why        Reason    // of the state; zero when up to date
	References []Reference
	Notes      []Note // what is said of the policy as a whole

	Looked     time.Time // when its tags were last asked for; zero = never
	NextLook   time.Time // when they will be; zero = not known
	NewTags    time.Time // when something new was last found there; zero = never
	Written    time.Time // when it last wrote; zero = not within [HistoryKept]
	Commit     Link      // of the last write
	Proposal   Link      // an open pull request; zero = none
	ProposalIn string    // the Git repository that it is for
	ProposalAt time.Time // when that was first seen
}

// Reason says why.
type Reason struct {
	Rule   string    // min-age, window, held, ...: the rules of explain; "error" for what failed
	Detail string    // a sentence without its full stop; "" where the rule says it all
	Until  time.Time // when time alone will change it; zero = it will not
}

// Note is something that is said of a policy as a whole.
type Note struct {
	Git   string // that it is about; "" = the registry, or the policy itself
	State State
	Why   Reason
}

// Reference is one place in Git that a policy governs.
type Reference struct {
	Git     string
	File    string
	Line    int
	Current string // tag
	Chosen  string // tag, the current one when it stays
	Coming  string // the newer tag that waits or is held, "" = none does, or it is not known, or the same with another digest
	// Digests are told where one is written or followed.
	CurrentDigest, ChosenDigest string
	State                       State
	Why                         Reason
}

// ShortDigest keeps as much of a digest as a person compares.
func ShortDigest(digest string) string {
	_, hex, _ := strings.Cut(digest, ":")
	return hex[:min(len(hex), 12)]
}

// Link is something with a page of its own.
type Link struct {
	Text string // the short id of a commit, #12 of a pull request
	URL  string // "" = no page is known
}

// Registry is one registry that policies look at.
type Registry struct {
	Host     string
	Account  string // "anonymous" without credentials
	Images   int    // repositories that are looked at
	Oldest   time.Time
	OldestOf string // the repository whose list is the oldest

	Requests, Pulls int // since the program was started, by this program
	// Day is what was asked in each hour of the last 24, the latest last.
	Day []Hour

	Metered bool // it counts pulls
	// The rest holds where it does.
	Allowance int
	Window    time.Duration
	Remaining int // -1 = not known
	Reserve   int
	Spent     int       // by this program in the window
	Left      int       // that may be spent now
	Until     time.Time // none is spent before; zero = one may be

	PausedUntil time.Time
	TagsPaused  time.Time // the tag API beside it is left alone until then
	Parked      string    // why its credentials are not sent any more, "" = they are
	Error       string    // the last
	ErrorAt     time.Time
	FailingFor  int // looks in a row that have failed
}

// FailsInARow is how many looks have to fail until the registry is at fault and it is no accident.
const FailsInARow = 3

// Hour is what was asked of a registry in an hour.
type Hour struct {
	Begin           time.Time
	Requests, Pulls int
}

// Git is one Git repository that is written to.
type Git struct {
	Name   string
	URL    string // without credentials
	Branch string
	Mode   string // commit, branch, pull-request
	Tip    string // commit
	Read   time.Time
	Write  time.Time // the last push, zero = none since the start
	Queue  int       // changes decided and not written yet
	Retry  int       // pushes that had to be made again since the start
	Open   []PullRequest
	Error  string
	Since  time.Time // of the error
	Fault  string    // why its own policy files do not hold, "" = they do
}

// PullRequest is an open one.
type PullRequest struct {
	Branch   string
	Title    string
	Link     Link
	State    string // opened, updated, unchanged, held
	Detail   string
	Policies []string
}

// Hook is one declared push hook.
type Hook struct {
	Name, Kind string
	Events     int // requests that were accepted
	Refused    int
	Unnamed    int       // events about images that no policy names
	Last       time.Time // of the last accepted
	Error      string    // of the last refused
	ErrorAt    time.Time
}

// File is one that was named when the program was started, and is read again when it changes.
type File struct {
	Flag  string // that names it
	Error string // why it is of no use now, "" = it is; what it held before still holds
	Since time.Time
}

// Channel is one way that messages go.
type Channel struct {
	Name, Kind string
	Sent       int       // messages
	Failed     int       // messages that were given up
	Queued     int       // events that are still to be told
	Last       time.Time // of the last message that was sent
	Error      string    // of the last try that failed
	ErrorAt    time.Time
}

// Written is one change that was written.
type Written struct {
	When             time.Time
	Policy, Image    string
	Git, Branch      string
	File             string
	From, To         string
	FromDigest       string
	ToDigest         string
	Commit, Proposal Link
}

// Verdict is what a decision says of one tag.
type Verdict struct {
	Tag     string
	Verdict string // chosen, waiting, rejected
	Rule    string
	Detail  string
	Until   time.Time
	Pushed  time.Time // zero = not known
	Above   bool      // it is higher than the chosen one, and a rule is against it
}

// Decision is why a reference gets the tag it gets.
type Decision struct {
	Current, Chosen string
	Changed         bool
	Unusable        string // why the current tag is none of this policy's kind, "" = it is
	Verdicts        []Verdict
	Asked           time.Time // how old the list of tags is; zero = there is none yet
}
