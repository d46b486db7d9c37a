package proposal

import (
	"slices"

	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/policy"
)

// needless says in a sentence why nothing of the open pull request is wanted any more.
func (d *decider) needless() string {
	base := code(d.in.Base)
	if len(d.in.Group.Changes) > 0 {
		return "All of this was closed before, so it is not proposed again."
	}
	if d.in.Branch == nil || len(d.in.Branch.Changes) == 0 {
		return "Nothing of this is needed on " + base + " any more."
	}
	var there, waiting int
	for _, t := range d.in.Branch.Changes {
		switch {
		case d.in.stands(t.Path, t, t.To, string(t.ToDigest)):
			there++
		case d.in.stands(t.Path, t, t.From, string(t.FromDigest)):
			waiting++
		}
	}
	switch {
	case there == len(d.in.Branch.Changes):
		return "The branch " + base + " has these versions already."
	case waiting == 0:
		return "The files have changed on " + base + " since, so that this is not needed any more."
	case slices.ContainsFunc(d.in.Held, func(h plan.Held) bool { return h.Rule == policy.RuleHeld }):
		return "These versions were taken back on " + base + ", so they are not proposed until newer ones come."
	}
	return "The policies want none of these versions any more."
}

// stands reports whether a file of the base has a reference to the image of t with a tag, and with a digest if one is
// given.
func (in Input) stands(path string, t plan.Trailer, tag, digest string) bool {
	for _, s := range in.Sites {
		if s.Path == path && s.Image == t.Image && s.Tag == tag && (digest == "" || s.Digest.String() == digest) {
			return true
		}
	}
	return false
}
