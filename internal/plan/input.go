package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/policy"
)

// Input is what was seen of one Git repository.
type Input struct {
	Git      string   // its name in the policy file
	Policies []Policy // those that write to it, in the order of the policy file
	Found    edit.Found
	Lists    map[image.Repository]List // one entry for each image of Policies that was found
	Now      time.Time
	// Past is what was written before. Without it nothing is held after a revert: it is only needed once there are changes.
	Past *Past
}

// Policy is what Make needs to know of a policy.
type Policy struct {
	Name   string
	Image  image.Repository
	Choice *policy.Policy
	Pin    bool       // a digest is written with the tag, also where there is none yet
	Paths  edit.Paths // where it looks; targets and markers within them name it themselves
	Group  string     // the key of the commit or branch its changes go to
	Gate   Gate       // when they are written
	Aside  bool       // what it governs is in nobody else's hands, but this plan decides nothing about it
	Git    []string   // the names of the Git repositories it writes to: MakeReferences alone needs them
}

// hash is short and changes with everything by which the policy chooses.
func (p Policy) hash() string {
	sum := sha256.Sum256([]byte(p.Image.String() + "\n" + p.Choice.Fingerprint()))
	return hex.EncodeToString(sum[:6])
}

// LookedAt returns the globs that hold everything the policies govern: the union of their paths, and the files of
// their targets. It is nil, the whole repository, when one of them has no paths.
func LookedAt(policies []Policy, targets []edit.Target) edit.Paths {
	var paths edit.Paths
	taken := map[string]bool{} // policies mostly have the same few globs, and each is held against every file
	add := func(glob string) {
		if !taken[glob] {
			taken[glob] = true
			paths = append(paths, glob)
		}
	}
	for _, p := range policies {
		if len(p.Paths) == 0 {
			return nil
		}
		for _, glob := range p.Paths {
			add(glob)
		}
	}
	for _, t := range targets {
		add(t.File)
	}
	return paths
}
