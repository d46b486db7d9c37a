package plan

import (
	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
)

// Ruling is what was decided about one reference. There is none of a reference whose decision lacks something.
type Ruling struct {
	Policy   string
	Site     edit.Site // of a place that must not be edited its path, line and image alone
	To       string    // the tag that it is to carry: its own where it stays
	ToDigest image.Digest
	Changed  bool  // a change brings it there
	Held     Held  // what keeps it from a newer tag, or from the one in To; its Rule is "" where nothing does
	Err      error // why nothing was decided
}

func (m *maker) rule(r Ruling) { m.rulings = append(m.rulings, r) }

// fail notes a failure of a policy with the reference that it is about.
func (m *maker) fail(p Policy, site edit.Site, err error) {
	m.problem(p.Name, err)
	m.rule(Ruling{Policy: p.Name, Site: site, To: site.Tag, ToDigest: site.Digest, Err: err})
}

// stays notes that a reference is left as it is.
func (m *maker) stays(p Policy, site edit.Site, held Held) {
	m.rule(Ruling{Policy: p.Name, Site: site, To: site.Tag, ToDigest: site.Digest, Held: held})
}
