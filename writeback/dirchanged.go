package writeback

import (
	"path"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
)

// reference is what tells one reference in a file from the others, wherever it stands and whatever it carries.
type reference struct {
	image  image.Repository
	name   string
	format edit.Format
	policy string
	named  bool
}

func referenceAt(s edit.Site) reference {
	return reference{s.Image, s.Name, s.Format, s.Policy, s.Named}
}

// apply makes changes in a file of the folder, which may have changed since Find has read it.
func (d *Dir) apply(f edit.File, changes []edit.Change) edit.Edited {
	edited := edit.Apply(f, changes)
	if edited.Stale {
		return d.applyAgain(f, changes)
	}
	return edited
}

// applyAgain makes changes in a file that has changed since they were decided upon. The file is searched anew, and a
// reference that carries what it carried is written where it stands now. One that somebody else has moved is refused,
// unless it was to where it belongs: what is to become of it was not decided from there.
func (d *Dir) applyAgain(f edit.File, changes []edit.Change) edit.Edited {
	f.Chart = d.chartOf(f.Path)
	now, wanted := map[reference][]edit.Site{}, map[reference]int{}
	for _, s := range d.scanner.Find(f).Sites {
		now[referenceAt(s)] = append(now[referenceAt(s)], s)
	}
	for _, c := range changes {
		wanted[referenceAt(c.Site)]++
	}
	decided := map[edit.Change]edit.Change{} // by what they are in the file as it is now
	var current []edit.Change
	var refused []edit.Refusal
	for _, c := range changes {
		of := referenceAt(c.Site)
		if wanted[of] != len(now[of]) {
			refused = append(refused, hasChanged(c))
			continue
		}
		// The sites are told apart by their order alone: it is that of the file both times.
		site := now[of][0]
		now[of], wanted[of] = now[of][1:], wanted[of]-1
		if !carriesOneOf(site, c) {
			refused = append(refused, hasChanged(c))
			continue
		}
		again := edit.Change{Site: site, Tag: c.Tag, Digest: c.Digest}
		decided[again] = c
		current = append(current, again)
	}
	edited := edit.Apply(f, current)
	edited.Refused = append(refused, edited.Refused...)
	for _, list := range [][]edit.Change{edited.Applied, edited.Unchanged} {
		for i, c := range list {
			list[i] = decided[c]
		}
	}
	return edited
}

// carriesOneOf reports whether a site carries what it carried when the change was decided upon, or what it is to carry.
func carriesOneOf(s edit.Site, c edit.Change) bool {
	return s.Tag == c.Site.Tag && s.Digest == c.Site.Digest || s.Tag == c.Tag && (c.Digest == "" || s.Digest == c.Digest)
}

func hasChanged(c edit.Change) edit.Refusal {
	return edit.Refusal{Path: c.Site.Path, Line: c.Site.Line, Image: c.Site.Image, Policy: c.Site.Policy,
		Reason: "has changed since it was read", Hint: "look at what has changed it, and run it again"}
}

// chartOf returns the folder of the innermost chart that a file lies in, "" for none.
func (d *Dir) chartOf(file string) string {
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		if info, err := d.root.Lstat(path.Join(dir, chartFile)); err == nil && info.Mode().IsRegular() {
			return dir
		}
		if dir == "." {
			return ""
		}
	}
}
