package proposal

import (
	"time"

	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/policy"
)

// Ask is what has to be known before a decision stands.
type Ask int

// The questions, in the order in which they are asked.
const (
	AskNothing Ask = iota
	AskSame        // Input.Same and Compared for Decision.Group, which changes digests alone: of registries, at no pull
	AskPulls       // Input.Pulls and Looked: one question to the forge
	AskCommits     // Pull.Changes and Read of the pull requests whose numbers are in Decision.Read: of Git
	AskBranch      // Input.Branch for Decision.Group: of Git
	AskOpened      // Input.Opened and Counted: of the forge, once for all groups of a pass
	AskLinks       // Input.Links and Linked for Decision.Group: of registries and the forge, as far as that costs little
)

// Kind is a kind of action.
type Kind string

// The kinds of actions.
const (
	Push          Kind = "push"           // make the branch of Decision.Group on the tip of the base, in place of Lease
	Create        Kind = "create"         // open a pull request that says Words, and look whether it is the only one: see [Doubles]
	Update        Kind = "update"         // have it say Words
	Comment       Kind = "comment"        // say Text, unless a comment is there that Said finds by Key
	AddLabels     Kind = "add-labels"     // Names
	RequestReview Kind = "request-review" // of Names
	Assign        Kind = "assign"         // Names
	AutoMerge     Kind = "auto-merge"
	RemoveLabel   Kind = "remove-label" // Names[0]
	Close         Kind = "close"
	DeleteBranch  Kind = "delete-branch" // if it is still at Lease
)

// Action is one thing to do. Those of a decision are done in order, and none after one that has failed, but for those
// that are [Kind.Optional].
type Action struct {
	Kind   Kind
	Number int      // of the pull request; 0 for the one that Create opens, and of Push and DeleteBranch
	Lease  string   // id of the tip that is replaced or deleted; "" if there must be no branch
	Over   bool     // Push: commits of others are replaced, too
	Key    string   // Comment: by which it is found again
	Text   string   // Comment: what is said, with its hidden part
	Words  Words    // Create and Update
	Names  []string // of labels or people
}

// Optional reports whether what comes after the action may go on without it, with a warning.
func (k Kind) Optional() bool {
	switch k {
	case AddLabels, RemoveLabel, RequestReview, Assign, AutoMerge, Comment:
		return true
	}
	return false
}

// Outcome is what a pass makes of the pull request of a group.
type Outcome string

// The outcomes, as run -o json has them.
const (
	NoPull    Outcome = "" // there is none, and none is wanted
	Opened    Outcome = "opened"
	Updated   Outcome = "updated"
	Unchanged Outcome = "unchanged"
	HeldBack  Outcome = "held"
	Withdrawn Outcome = "closed"
	WasMerged Outcome = "merged"
)

// The rules that only a pull request knows.
const (
	Rejected  policy.Rule = "rejected"   // somebody has closed a pull request for exactly this
	HoldLabel policy.Rule = "hold-label" // it carries the label that freezes it
	Edited    policy.Rule = "edited"     // there are commits of others on its branch
	MaxOpen   policy.Rule = "max-open"   // write.maxOpen
	Settle    policy.Rule = "settle"     // write.settle
)

// The labels by which people tell the program what to do with a pull request.
const (
	LabelHold    = "image-updater/hold"
	LabelRebuild = "image-updater/rebuild"
)

// BranchPrefix begins the name of every branch that this program makes.
const BranchPrefix = "image-updater/"

// Decision is what is to be done about the pull request of a group.
type Decision struct {
	// Ask is what has to be known first. With another answer than AskNothing only Group and Read are to be looked at.
	Ask  Ask
	Read []int // numbers of pull requests, for AskCommits

	Group   plan.Group // what is proposed: the changes that are wanted, less those that were rejected
	Actions []Action
	Held    []plan.Held
	Outcome Outcome
	Detail  string // a sentence about the outcome for people, without its full stop; "" where there is nothing to say

	Number int // of the pull request that there is, 0 for none
	URL    string
	Title  string

	recalled bool // it is that of the last look
}

// Memory is what is kept between passes, so that nothing is asked where nothing has happened.
type Memory struct {
	Head        string      `json:"head,omitempty"` // tips of the branches after the last pass
	Base        string      `json:"base"`
	Fingerprint string      `json:"fingerprint"`
	Looked      time.Time   `json:"looked"`
	Outcome     Outcome     `json:"outcome,omitempty"` // as of a pass in which nothing happens
	Detail      string      `json:"detail,omitempty"`
	Held        []plan.Held `json:"held,omitempty"`
	Number      int         `json:"number,omitempty"`
	URL         string      `json:"url,omitempty"`
	Title       string      `json:"title,omitempty"`
	Opening     bool        `json:"opening,omitempty"` // one was to be opened, and whether it got all that belongs to it is not known
	Rebuilt     string      `json:"rebuilt,omitempty"` // Head, if it was built for a label that is still there
}

// Done is how things are after the actions.
type Done struct {
	HeadTip string // of the group's branch, "" if there is none
	Number  int    // of the pull request
	URL     string
	Stuck   bool // the forge does not let the label be taken away that asks for a rebuild
}
