// Package forgetest serves the forges that pull requests are opened at, for tests: what a client of writeback/forge asks
// for and no more, with state that is kept and with faults that can be switched on. It imports no testing library.
//
//	fake, err := forgetest.New(dir, forgetest.Gitea, gittest.Files{"apps/web.yaml": "image: nginx:1.25\n"})
//	remote := httptest.NewServer(fake).URL + fake.Path()   // of the repository, for Git and to tell the API from
//	...                                                    // push a branch, open a pull request; the token is [Token]
//	fake.Merge(1)                                          // what a person does
//	fake.Set(forgetest.Fault{Status: 500, Method: "POST", After: true})
//	fake.Count("POST")
//
// The branches are those of a real repository, which [Server] serves by [gittest] on the same host: tips are read from
// it, a merge makes a commit on the base in it, and a branch that is deleted or merged by Git has the consequences that
// it has at that forge.
//
// The shapes of requests and answers are those that the forges document, cut down to the fields that are read. Nothing
// here was recorded from a forge: where a forge does otherwise than it documents, so does the fake not.
package forgetest
