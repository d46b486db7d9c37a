package git

import "strings"

// negotiates reports whether a server is one whose answers to what we have are known: Git itself, which most forges run,
// and JGit. Azure DevOps, which does not say what it is, wants a client of the extended negotiation and answers it in a
// way of its own. Such a server is told of nothing that we have, so that its answers are whole.
func (a *advertisement) negotiates() bool {
	agent := a.capabilities["agent"]
	return strings.HasPrefix(agent, "git/") || strings.HasPrefix(agent, "JGit/")
}

// acknowledging is the extended negotiation that a request to the server announces, "" for none.
func (a *advertisement) acknowledging() string {
	if a.negotiates() {
		return ""
	}
	for _, capability := range []string{"multi_ack_detailed", "multi_ack"} {
		if a.offers(capability) {
			return capability
		}
	}
	return ""
}
