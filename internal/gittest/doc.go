// Package gittest serves real Git repositories on loopback, by the git program, with faults that can be switched on. It
// is for tests and for the demo; it imports no testing library.
//
//	repo, err := gittest.Create(filepath.Join(dir, "fleet.git"), gittest.Files{"apps/web.yaml": "image: nginx:1.25\n"})
//	server := gittest.New(dir)                           // an http.Handler: git http-backend, push and filters allowed
//	server.Set(gittest.Faults{LoseAnswers: 1})           // the next push is accepted, and the answer lost
//	url := httptest.NewServer(server).URL + "/fleet.git"
//	...
//	head, err := repo.Tip("main")
//	err = repo.Fsck()
//
// [SSHServer] serves the same folder over ssh with a host key and a client key made up for it.
//
// The git program has to be there: [Available] tells. It is run without the configuration of the user or the machine.
package gittest
