package proposal

import (
	"time"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/plan"
)

// Input is what is known of one group and of its pull request. What stands below Memory is filled in as [Decide] asks
// for it.
type Input struct {
	Git     string     // name of the Git repository in the policy file
	Base    string     // branch that the pull request goes to
	BaseTip string     // id of its tip
	HeadTip string     // id of the tip of the group's own branch; "" if there is none
	Group   plan.Group // its key, and the changes that are wanted now and can be made

	Policies []string           // names of the group's policies, in the order of the policy file
	Withheld []plan.Withheld    // changes of the group that a gate stops for now
	Unsure   []image.Repository // images of the group about which this pass could not decide: see [Unsure]
	Held     []plan.Held        // what the plan holds of the group's policies
	Sites    []edit.Site        // references that were found on the base
	Lists    map[image.Repository]plan.List
	Past     *plan.Past // what the commits of the base tell; nil = nothing

	// Subject and Body are what templates make of the group's commit. Subject is the title, or plan.Group's if it is
	// empty; Body goes in place of everything but the hidden part.
	Subject, Body string

	Settings Settings
	Limits   Limits
	Now      time.Time
	Memory   Memory // of the last pass that looked; the zero value is none

	// Compared says that Same is known: the steps between digests that are known to be of the same images.
	Compared bool
	Same     map[Step]bool

	Looked bool    // Pulls is known
	Pulls  []Pull  // of the group's branch, into any branch, as Forge.Find returns them
	Branch *Branch // what is on the group's branch
	// Counted says that Opened is known: the open pull requests of this program in the repository, with those that this
	// pass has opened.
	Counted bool
	Opened  []Pull
	// Linked says that Links is known: what is told of the images that are to be written, which may be nothing. A pull
	// request is never changed for them alone.
	Linked bool
	Links  map[Target]Links
}

// Settings are the keys of write that are about pull requests.
type Settings struct {
	MaxOpen   int           // 0 is no limit
	Settle    time.Duration // how old a digest has to be before a pull request is opened for digests alone
	Labels    []string
	Reviewers []string
	Assignees []string
	Draft     bool
	AutoMerge bool
}

// Status is what has become of a pull request, for the forge.
type Status string

// The states of a pull request.
const (
	Open   Status = "open"
	Closed Status = "closed" // without having been merged
	Merged Status = "merged"
)

// Pull is a pull request as the forge tells of it.
type Pull struct {
	Number   int
	URL      string
	Title    string
	Body     string
	Head     string // branch it comes from
	Base     string // branch it goes to
	HeadTip  string // id of the commit it is or was at, or its beginning
	Status   Status
	Labels   []string
	Created  time.Time
	ClosedBy string // "" where the forge does not tell

	// Read says that the commits it was closed with were asked for, and Changes are what their trailers tell: none if
	// they cannot be had any more. It is asked for ([AskCommits]) where the hidden part is lost.
	Read    bool
	Changes []plan.Trailer
}

// Branch is what is on the group's own branch beyond the base.
type Branch struct {
	Changes []plan.Trailer // of the commits there that are ours
	// Other is the latest commit that is not ours, or one of ours that somebody has changed; nil if there is none.
	Other *Commit
	// Carries says that the branch says and holds exactly what [Decision.Group] would make of the base.
	Carries bool
}

// Commit is one of somebody else.
type Commit struct {
	ID string
	By string // name of who made it
}

// Unsure returns the images about which a plan could not decide, or whose choice waits for something: that nothing is
// wanted of them does not mean that a change which was proposed has become needless.
func Unsure(p plan.Plan, policies []plan.Policy) []image.Repository {
	names := map[string]bool{}
	for _, problem := range p.Problems {
		names[problem.Policy] = true
	}
	for _, held := range p.Held {
		if waits(held.Rule) {
			names[held.Policy] = true
		}
	}
	var images []image.Repository
	for _, governed := range policies {
		if names[governed.Name] {
			images = append(images, governed.Image)
		}
	}
	for _, missing := range p.Missing {
		images = append(images, missing.Image)
	}
	return images
}
