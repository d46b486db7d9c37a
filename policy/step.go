package policy

// Step returns how large a step the decision is, in the words of guard.bump. There is none where the tag stays, where the
// current one was not usable, and by a policy that orders its tags by something else than versions.
func (d Decision) Step() (step Bump, ok bool) {
	if len(d.Verdicts) == 0 || d.Verdicts[0].round == nil || d.Chosen == d.Current {
		return "", false
	}
	r := d.Verdicts[0].round
	if _, versions := r.policy.scale.(*versionScale); !versions || r.from == nil {
		return "", false
	}
	to := r.policy.readAny(&Candidate{Tag: d.Chosen})
	if to == nil {
		return "", false
	}
	return stepBetween(r.from, to), true
}
