package git_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback/git"
)

// oddEntries are what trees hold besides plain files.
var oddEntries = []gittest.Entry{
	{Path: "a", Mode: "100644", Data: "file a\n"},
	{Path: "a.b", Mode: "100644", Data: "sorts before a folder named a, after a file named a\n"},
	{Path: "a.d/x", Mode: "100644", Data: "1"},
	{Path: "a-d/x", Mode: "100755", Data: "2"},
	{Path: "a0/x", Mode: "100644", Data: "3"},
	{Path: "bin/run.sh", Mode: "100755", Data: "#!/bin/sh\r\n"},
	{Path: "link.yaml", Mode: "120000", Data: "deploy/app.yaml"},
	{Path: "deploy/app.yaml", Mode: "100644", Data: "image: nginx:1.25.3\r\n"},
	{Path: "deploy/run.yaml", Mode: "100755", Data: "image: nginx:1.25.3"},
	{Path: "deploy/.yaml", Mode: "100644", Data: ""},
	{Path: "deploy/binary", Mode: "100644", Data: "\x00\xff\r\n\x80"},
	{Path: "deploy/sub", Mode: "160000", Data: strings.Repeat("ab", 20)},
	{Path: "deploy/with space/ä \"q\" 日.yaml", Mode: "100644", Data: "x"},
	{Path: "deploy/app.yaml.d/x", Mode: "100644", Data: "x"},
	{Path: "deploy-x/app.yaml", Mode: "100644", Data: "x"},
	{Path: "deploy.x", Mode: "100644", Data: "x"},
}

// TestOddEntries edits two files among odd ones and expects git ls-tree to tell no other difference.
func TestOddEntries(t *testing.T) {
	t.Parallel()
	s := newSite(t, gittest.Files{"seed": "x"})
	if _, err := s.repo.CommitEntries("main", "Odd", oddEntries); err != nil {
		t.Fatal(err)
	}
	before, err := s.repo.Tree("main")
	if err != nil {
		t.Fatal(err)
	}
	remote := open(t, git.Options{URL: s.url})
	edits := map[string]string{"deploy/app.yaml": "image: nginx:1.27.4\r\n", "deploy/run.yaml": "image: nginx:1.27.4", "a": ""}
	var files []git.File
	for path, data := range edits {
		files = append(files, git.File{Path: path, Data: []byte(data)})
	}
	if _, err := push(t.Context(), remote, fetch(t, remote, nil), files...); err != nil {
		t.Fatal(err)
	}
	after, err := s.repo.Tree("main")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(expect(before, edits), withoutFolders(after)); diff != "" {
		t.Errorf("tree (-want +got):\n%s", diff)
	}
	if len(before) != len(after) {
		t.Errorf("%d entries became %d", len(before), len(after))
	}
	if err := s.repo.Fsck(); err != nil {
		t.Error(err)
	}
}

// expect returns the lines of a tree without its folders, with the ids of edited files replaced.
func expect(lines []string, edits map[string]string) []string {
	out := withoutFolders(lines)
	for i, l := range out {
		head, path, _ := strings.Cut(l, "\t")
		if data, ok := edits[path]; ok {
			mode, _, _ := strings.Cut(head, " ")
			out[i] = fmt.Sprintf("%s blob %s\t%s", mode, git.BlobID([]byte(data)), path)
		}
	}
	return out
}

func withoutFolders(lines []string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return strings.HasPrefix(l, "040000") })
}

// TestMalformedTree keeps entries that no Git of today writes: modes with a leading zero or group bits, names out of
// order, names that are no part of a path.
func TestMalformedTree(t *testing.T) {
	t.Parallel()
	s := newSite(t, gittest.Files{"z": "old"})
	blob := git.BlobID([]byte("old"))
	var raw bytes.Buffer
	for _, e := range []string{"100664 z", "0100644 b", "100644 .git", "100644 ..", "40000 empty"} {
		id := blob
		if e == "40000 empty" {
			id = git.Hash{0x4b, 0x82, 0x5d, 0xc6, 0x42, 0xcb, 0x6e, 0xb9, 0xa0, 0x60, 0xe5, 0x4b, 0xf8, 0xd6, 0x92, 0x88, 0xfb, 0xee, 0x49, 0x04}
		}
		raw.WriteString(e + "\x00")
		raw.Write(id[:])
	}
	plumb(t, s.repo, nil, "hash-object", "-w", "-t", "tree", "--stdin")
	tree := plumb(t, s.repo, raw.Bytes(), "hash-object", "-w", "--literally", "-t", "tree", "--stdin")
	commit, err := s.repo.Git("commit-tree", "-m", "Odd", tree)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.repo.SetTip("main", strings.TrimSpace(commit)); err != nil {
		t.Fatal(err)
	}
	remote := open(t, git.Options{URL: s.url})
	got := fetch(t, remote, nil)
	var seen []string
	for _, e := range entries(t, got) {
		seen = append(seen, fmt.Sprintf("%o %s", e.Mode, e.Path))
	}
	if want := []string{"100664 z", "100644 b", "100644 .git"}; !slices.Equal(seen, want) {
		t.Errorf("walked %q, want %q", seen, want)
	}
	draft, err := push(t.Context(), remote, got, git.File{Path: "z", Data: []byte("new")})
	if err != nil {
		t.Fatal(err)
	}
	after := plumb(t, s.repo, nil, "cat-file", "tree", draft.Tip().String()+"^{tree}")
	now := git.BlobID([]byte("new"))
	if want := strings.Replace(raw.String(), string(blob[:]), string(now[:]), 1); after != want {
		t.Errorf("tree is %q, want %q", after, want)
	}
}

// plumb runs git with an input that the helpers of gittest do not know.
func plumb(t *testing.T, repo *gittest.Repository, stdin []byte, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stdin, cmd.Stderr = repo.Dir, bytes.NewReader(stdin), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if args[0] == "cat-file" {
		return string(out)
	}
	return strings.TrimSpace(string(out))
}

// TestOnlyEditedBlobsDiffer is the law for trees of any shape.
func TestOnlyEditedBlobsDiffer(t *testing.T) {
	t.Parallel()
	s := newSite(t, gittest.Files{"seed": "x"})
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		if n++; n > 15 { // each costs some processes of git
			return
		}
		branch := fmt.Sprintf("b%d", n)
		files := gittest.Files{}
		component := rapid.StringMatching(`[a-c.\-0 ]{0,2}[a-z]`)
		for _, parts := range rapid.SliceOfN(rapid.SliceOfN(component, 1, 4), 1, 30).Draw(rt, "paths") {
			path := strings.Join(parts, "/")
			if !conflicts(files, path) {
				files[path] = rapid.StringN(0, 20, -1).Draw(rt, "content")
			}
		}
		if _, err := s.repo.Commit(branch, "Begin", files); err != nil {
			rt.Fatal(err)
		}
		before, _ := s.repo.Tree(branch)
		edits := map[string]string{}
		var changed []git.File
		for path := range files {
			if rapid.Bool().Draw(rt, "edit") {
				edits[path] = rapid.StringN(0, 20, -1).Draw(rt, "new")
				changed = append(changed, git.File{Path: path, Data: []byte(edits[path])})
			}
		}
		remote := open(t, git.Options{URL: s.repo.Dir})
		refs, err := remote.Refs(t.Context())
		if err != nil {
			rt.Fatal(err)
		}
		tip, _ := refs.Tip("refs/heads/" + branch)
		tree, err := remote.Fetch(t.Context(), tip, nil, nil)
		if err != nil {
			rt.Fatal(err)
		}
		draft := tree.Draft()
		if _, err := draft.Commit(git.Commit{Files: changed, Author: signature(), Message: "x"}); err != nil {
			rt.Fatal(err)
		}
		if draft.Empty() {
			return
		}
		if err := remote.Push(t.Context(), "refs/heads/"+branch, tip, draft); err != nil {
			rt.Fatal(err)
		}
		after, _ := s.repo.Tree(branch)
		if diff := cmp.Diff(expect(before, edits), withoutFolders(after)); diff != "" {
			rt.Fatalf("tree (-want +got):\n%s", diff)
		}
	})
	if err := s.repo.Fsck(); err != nil {
		t.Error(err)
	}
}

// conflicts reports whether path cannot stand beside files: one would have to be a folder of the other.
func conflicts(files gittest.Files, path string) bool {
	for p := range files {
		if p == path || strings.HasPrefix(p, path+"/") || strings.HasPrefix(path, p+"/") {
			return true
		}
	}
	return strings.HasPrefix(path, " ") || strings.Contains(path, "/..")
}

func TestDraft(t *testing.T) {
	t.Parallel()
	s := newSite(t, someFiles)
	remote := open(t, git.Options{URL: s.url})
	tree := fetch(t, remote, nil)
	one := git.Commit{Author: signature(), Message: "one\n\n", Files: []git.File{{Path: "README", Data: []byte("1")}}}

	a, b := tree.Draft(), tree.Draft()
	first, _ := a.Commit(one)
	if again, _ := b.Commit(one); again != first || first == tree.Tip() {
		t.Errorf("the same commit twice is %s and %s", first, again)
	}
	if same, err := a.Commit(one); err != nil || same != first {
		t.Errorf("a commit without a change is %s, %v, want %s", same, err, first)
	}
	if unchanged := tree.Draft(); true {
		id, err := unchanged.Commit(git.Commit{Files: []git.File{{Path: "README", Data: []byte("hello\n")}}})
		if err != nil || id != tree.Tip() || !unchanged.Empty() {
			t.Errorf("no change: %s, %v", id, err)
		}
		if err := remote.Push(t.Context(), "refs/heads/main", tree.Tip(), unchanged); err == nil {
			t.Error("an empty draft was pushed")
		}
	}
	second, err := a.Commit(git.Commit{Author: signature(), Message: "two", Files: []git.File{{Path: "apps/db.yaml", Data: []byte("2")}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Push(t.Context(), "refs/heads/main", tree.Tip(), a); err != nil {
		t.Fatal(err)
	}
	log, err := s.repo.Log("main")
	if err != nil {
		t.Fatal(err)
	}
	want := []gittest.Logged{
		{ID: second.String(), Author: "image-updater <bot@example.com>", Committer: "image-updater <bot@example.com>", Time: "1767312000", Message: "two\n"},
		{ID: first.String(), Author: "image-updater <bot@example.com>", Committer: "image-updater <bot@example.com>", Time: "1767312000", Message: "one\n"},
	}
	if diff := cmp.Diff(want, log[:2]); diff != "" {
		t.Error(diff)
	}
	if got := content(t, a.Tree()); got["README"] != "1" || got["apps/db.yaml"] != "2" || len(got) != 4 {
		t.Errorf("content after the push: %v", got)
	}
}

func TestDraftErrors(t *testing.T) {
	t.Parallel()
	s := newSite(t, gittest.Files{"seed": "x"})
	if _, err := s.repo.CommitEntries("main", "Odd", oddEntries); err != nil {
		t.Fatal(err)
	}
	tree := fetch(t, open(t, git.Options{URL: s.url}), nil)
	tests := []struct{ name, path, message, want string }{
		{name: "no file", path: "deploy/none.yaml", want: "deploy/none.yaml: no such file"},
		{name: "no folder", path: "deploy/none/x", want: "deploy/none: no such folder"},
		{name: "folder", path: "deploy", want: "deploy is no regular file"},
		{name: "file as a folder", path: "a.b/c", want: "a.b is no folder"},
		{name: "symbolic link", path: "link.yaml", want: "link.yaml is no regular file"},
		{name: "submodule", path: "deploy/sub", want: "deploy/sub is no regular file"},
		{name: "below a submodule", path: "deploy/sub/x", want: "deploy/sub is no folder"},
		{name: "empty", path: "", want: ": no such file"},
		{name: "up", path: "../x", want: "..: no such folder"},
		{name: "message", path: "a", message: "x\x00y", want: "a commit message cannot hold a NUL byte"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := tree.Draft().Commit(git.Commit{Message: test.message, Files: []git.File{{Path: test.path, Data: []byte("new")}}})
			if err == nil || err.Error() != test.want {
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}
