// Package git reads and writes one remote Git repository without a clone: it speaks the pack protocol (version 0)
// itself and holds nothing but the trees of one branch.
//
// A change of one line in a repository of 20,000 files needs the branch's trees, the few blobs that are looked at, and
// a pack of the objects that are new. So this is all that travels:
//
//	remote, err := git.Open(git.Options{URL: "https://github.com/acme/fleet.git", Auth: git.Auth{Password: token}})
//	refs, err := remote.Refs(ctx)                        // one advertisement
//	tip, ok := refs.Tip("refs/heads/main")
//	tree, err := remote.Fetch(ctx, tip, nil, folders)    // commit and trees, depth 1, no blobs
//	err = tree.Walk(ctx, enter, visit)                   // names, modes and blob ids
//	err = tree.Blobs(ctx, ids, 1<<20, deliver)           // the wanted blobs, one request for each chunk
//	draft := tree.Draft()
//	id, err := draft.Commit(git.Commit{Files: ..., Message: ...})
//	err = remote.Push(ctx, "refs/heads/main", tip, draft) // exactly the new objects, the old id as lease
//
// # Guarantees
//
//   - A tree is rewritten by replacing the 20 bytes of an entry's id. Modes, names, order, symbolic links, submodules and
//     entries that Git itself would call odd stay as they are, byte for byte.
//   - Every object that comes in is hashed, so what is used is what its id says. Everything read is bounded (see limit.go),
//     and every exchange has a deadline.
//   - A push carries the old id of the branch, which the server compares: it never overwrites what came in between.
//     What the server says about a refusal is in [PushError], cleaned of control characters and secrets.
//   - Credentials go to the host of the URL over https, or over plain http to the loopback address, and nowhere else; a
//     redirect to another host is followed without them. An ssh host is known from known_hosts or refused.
//   - A commit is signed by its [Signer] over exactly the bytes that Git verifies. Keys never reach an error.
//   - Requests go by no proxy but the one that Options.Proxy names, and depend on no default of package net/http.
//
// # Trees
//
// A tree may have holes. [Remote.Fetch] for some folders reads these and the folders on the way to them, with no more than
// three requests; [Remote.Known] reads nothing at all and goes by what was kept of an earlier process. What is missing is
// fetched by its id when a walk comes to it, all of it at once. A server that cannot leave trees out, or hands out no single
// ones, is asked for all trees of the tip instead.
//
// A server without partial clone (no filter, or no wants of any object) sends the whole tip once; the blobs then stay
// in memory until the [Tree] is dropped.
//
// # What it does not do
//
// It adds, renames and deletes no files, follows no submodule, runs no filter of .gitattributes, and refuses
// repositories with SHA-256 ids. It does not decide what to do about a lost race: that is package writeback.
//
// The protocol is on pktline, sideband and the messages of go-git's packp. The transports and the pack reader are ours:
// go-git's ssh transport reads the user's ssh_config and has no deadline on the handshake, its http transport leaves the
// body of a push's answer open, and its parser keeps whatever size of object a server sends.
package git
