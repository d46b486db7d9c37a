package proposal

import "fmt"

// Two replicas that open a pull request at the same moment are both let through by a forge that looks and then writes.
// Each looks again after it has opened one, and the first of them is the one that stays.

// Doubles returns the open pull request that is to stay, and what closes the others that are open for the same branches.
// The pull requests of the input are those that were found after one was opened; the zero Pull says that none is among them.
func Doubles(in Input) (stays Pull, actions []Action) {
	d := &decider{in: in}
	d.find()
	if d.open == nil || d.open.Base != in.Base {
		return Pull{}, nil
	}
	d.endDoubles()
	return *d.open, d.out.Actions
}

// endDoubles closes what was opened beside the open pull request, if it is ours.
func (d *decider) endDoubles() {
	for i, p := range d.in.Pulls {
		if p.Status == Open && p.Base == d.in.Base && p.Number != d.open.Number && d.said[i].known {
			d.end(p, d.said[i], "double", fmt.Sprintf("This was opened at the same moment as number %d for the same branch, which stays.", d.open.Number))
		}
	}
}
