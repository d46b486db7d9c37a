package status

import "slices"

// Wrote returns the status with more of what was written, the latest last.
func (s Status) Wrote(written []Written) Status {
	if len(written) == 0 {
		return s
	}
	all := append(slices.Clone(s.History), written...)
	slices.SortStableFunc(all, func(a, b Written) int { return b.When.Compare(a.When) })
	s.History = all[:min(len(all), HistoryKept)]
	return s
}

// Remember returns the status with what was written before the program was started, the latest first, but for what is
// known already.
func (s Status) Remember(written []Written) Status {
	type change struct{ commit, file, policy, to string }
	known := map[change]bool{}
	for _, w := range s.History {
		known[change{w.Commit.Text, w.File, w.Policy, w.To}] = true
	}
	var older []Written
	for _, w := range written[:min(len(written), HistoryKept)] {
		if !known[change{w.Commit.Text, w.File, w.Policy, w.To}] {
			older = append(older, w)
		}
	}
	slices.Reverse(older)
	s = s.Wrote(older)
	s.Policies = slices.Clone(s.Policies)
	index := indexOf(s.Policies, func(p Policy) string { return p.Name })
	for _, w := range older {
		if i, known := index[w.Policy]; known && s.Policies[i].Written.Before(w.When) {
			s.Policies[i].Written, s.Policies[i].Commit = w.When, w.Commit
		}
	}
	return s
}
