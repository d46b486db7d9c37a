// Package proposal knows everything about a pull request that is no input or output: what is to be done about the one of
// a group, what it says, and what it remembers in the part of its text that readers do not see.
//
//	in := proposal.Input{Git: "fleet", Base: "main", Group: group, Limits: limits, Now: now, ...}
//	for {
//		d := proposal.Decide(in)
//		switch d.Ask {
//		case proposal.AskNothing:
//			carry out d.Actions, in order; keep d.Memory(...)
//		case proposal.AskPulls:
//			in.Pulls, in.Looked = ask the forge, true
//		...
//	}
//
// [Decide] answers with a question as long as it has to know more, the cheap ones first: where nothing has changed since
// the last look it asks for nothing, and where nothing is wanted and nothing is there neither. What it answers depends on
// its input alone; carried out and decided again it leaves nothing to do.
//
// People win. A pull request that was closed without having been merged says in its hidden part ([State]) which exact
// changes it stood for, and these are not proposed again; a branch with commits of others is not touched; a label freezes
// everything. There is no other memory than that text and the branch: whoever loses the remembered [Memory] loses a look
// at the forge and nothing else.
//
// Texts from outside (tags, names of files, texts of release notes) are only ever written where a forge reads them as code
// and nothing else.
package proposal
