package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/image-updater/image-updater/internal/forgetest"
	"github.com/image-updater/image-updater/internal/gittest"
)

// eachForge are the scripts that are the same story at every forge.
var eachForge = []string{"pr_first", "pr_newer", "pr_rejected", "pr_edited", "pr_merged", "pr_by_hand", "pr_double"}

// TestScriptForges tells the stories of pull requests at each forge.
func TestScriptForges(t *testing.T) {
	t.Parallel()
	for _, kind := range forgetest.Kinds {
		if kind == defaultForge {
			continue // TestScript has them
		}
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			p := scriptParams("")
			p.Dir = ""
			for _, name := range eachForge {
				p.Files = append(p.Files, filepath.Join("..", "..", "testdata", "script", name+".txtar"))
			}
			p.UpdateScripts = false
			p.Setup = func(env *testscript.Env) error {
				env.Setenv("KIND", kind)
				return setUp(env)
			}
			testscript.Run(t, p)
		})
	}
}

// defaultForge is the kind of forge of scripts that are not told another one.
const defaultForge = forgetest.Gitea

// forgeVerbs are what "forge VERB ARGUMENT..." does with the forge of a script, by the verb, with how many arguments it
// takes at least.
var forgeVerbs = map[string]struct {
	least int
	do    func(ts *testscript.TestScript, s *scene, args []string)
}{
	"start": {1, startForge},
	"list":  {1, listPulls},
	"body": {2, func(ts *testscript.TestScript, s *scene, args []string) {
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(pullOf(ts, s, args[0]).Body), 0o600))
	}},
	"comments": {2, func(ts *testscript.TestScript, s *scene, args []string) {
		var text strings.Builder
		for _, c := range pullOf(ts, s, args[0]).Comments {
			fmt.Fprintf(&text, "%s: %s\n", c.Author, c.Body)
		}
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text.String()), 0o600))
	}},
	"merge": {1, func(ts *testscript.TestScript, s *scene, args []string) { ts.Check(s.forge.Merge(number(ts, args[0]))) }},
	"squash": {1, func(ts *testscript.TestScript, s *scene, args []string) {
		ts.Check(s.forge.Squash(number(ts, args[0])))
	}},
	"close": {1, func(ts *testscript.TestScript, s *scene, args []string) { ts.Check(s.forge.Close(number(ts, args[0]))) }},
	"reopen": {1, func(ts *testscript.TestScript, s *scene, args []string) {
		ts.Check(s.forge.Reopen(number(ts, args[0])))
	}},
	"label": {2, func(ts *testscript.TestScript, s *scene, args []string) {
		ts.Check(s.forge.AddLabel(number(ts, args[0]), args[1]))
	}},
	"unlabel": {2, func(ts *testscript.TestScript, s *scene, args []string) {
		ts.Check(s.forge.RemoveLabel(number(ts, args[0]), args[1]))
	}},
	"delete": {1, func(ts *testscript.TestScript, s *scene, args []string) { ts.Check(s.forge.DeleteBranch(args[0])) }},
	"commit": {2, func(ts *testscript.TestScript, s *scene, args []string) {
		_, err := s.forge.Repository.Commit(args[0], "Somebody else", filesOf(ts, args[1]))
		ts.Check(err)
	}},
	"fill": {2, func(ts *testscript.TestScript, s *scene, args []string) {
		ts.Check(s.forge.Fill(number(ts, args[0]), args[1], "main"))
	}},
	"deny": {0, func(ts *testscript.TestScript, s *scene, args []string) { s.forge.Deny(args...) }},
	"fail": {2, func(ts *testscript.TestScript, s *scene, args []string) {
		status := number(ts, args[1])
		s.forge.Set(forgetest.Fault{Method: args[0], Status: status, Body: `{"message": "broken"}`,
			Header: http.Header{"Retry-After": {"3600"}}})
	}},
	"publish": {3, func(ts *testscript.TestScript, s *scene, args []string) {
		s.forge.Publish(args[0], args[1], ts.ReadFile(args[2]))
	}},
	"race": {2, func(ts *testscript.TestScript, s *scene, args []string) {
		s.forge.Git.Set(gittest.Faults{BeforeReceive: func() {
			s.forge.Git.Set(gittest.Faults{})
			_, _ = s.forge.Repository.Commit(args[0], "Somebody else", filesOf(ts, args[1])) // the script sees what came of it
		}})
	}},
	"reads": {2, func(ts *testscript.TestScript, s *scene, args []string) {
		refs, objects := s.forge.Git.Count(gittest.UploadPack)
		if got := fmt.Sprint(refs-s.refs, " ", objects-s.objects); got != strings.Join(args, " ") {
			ts.Fatalf("reads: got %s, want %s", got, strings.Join(args, " "))
		}
		s.refs, s.objects = refs, objects
	}},
	"twin": {0, func(_ *testscript.TestScript, s *scene, _ []string) { s.forge.Twin() }},
	"mend": {0, func(_ *testscript.TestScript, s *scene, _ []string) { s.forge.Set(forgetest.Fault{}) }},
	"asked": {1, func(ts *testscript.TestScript, s *scene, args []string) {
		checkAsked(ts, s, args[0], func(forgetest.Request) bool { return true })
	}},
	"wrote": {1, func(ts *testscript.TestScript, s *scene, args []string) {
		checkAsked(ts, s, args[0], func(r forgetest.Request) bool { return r.Method != http.MethodGet })
	}},
}

// onForge is the command forge of scripts.
func onForge(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) > 0, "forge VERB ARGUMENT...")
	verb, known := forgeVerbs[args[0]]
	want(ts, neg, known && len(args) > verb.least, "forge start|list|body|... ARGUMENT...")
	verb.do(ts, sceneOf(ts), args[1:])
}

func startForge(ts *testscript.TestScript, s *scene, args []string) {
	kind := defaultForge
	if told := ts.Getenv("KIND"); told != "" {
		kind = told
	}
	var err error
	s.forge, err = forgetest.New(ts.MkAbs(".forge"), kind, filesOf(ts, args[0]))
	ts.Check(err)
	if len(args) > 1 {
		behind, err := time.ParseDuration(args[1])
		ts.Check(err)
		s.forge.Now = func() time.Time { return time.Now().Add(behind) }
	}
	front := http.NewServeMux()
	front.Handle("/", s.forge)
	front.HandleFunc("POST "+appTokens, func(w http.ResponseWriter, r *http.Request) {
		s.app.ServeHTTP(w, r)
		s.forge.SetToken(s.app.latest())
	})
	url, err := serve(ts, front)
	ts.Check(err)
	ts.Setenv("KIND", kind)
	ts.Setenv("FORGE", url+s.forge.Path())
	ts.Setenv("FORGEHOST", strings.TrimPrefix(url, "http://"))
	ts.Setenv("TOKEN", forgetest.Token)
	ts.Setenv("REPOSITORY", s.forge.Repository.Dir)
}

// listPulls writes a line for each pull request.
func listPulls(ts *testscript.TestScript, s *scene, args []string) {
	all, err := s.forge.Pulls()
	ts.Check(err)
	var text strings.Builder
	for _, p := range all {
		fmt.Fprintf(&text, "#%d %s %s -> %s: %s", p.Number, p.State, p.Head, p.Base, p.Title)
		for _, more := range []struct {
			word  string
			names []string
		}{{"labels", p.Labels}, {"reviewers", p.Reviewers}, {"assignees", p.Assignees}} {
			if len(more.names) > 0 {
				slices.Sort(more.names)
				fmt.Fprintf(&text, "; %s %s", more.word, strings.Join(more.names, " "))
			}
		}
		if p.Draft {
			text.WriteString("; draft")
		}
		if p.Auto {
			text.WriteString("; merged when ready")
		}
		if n := len(p.Comments); n > 0 {
			fmt.Fprintf(&text, "; comments %d", n)
		}
		text.WriteByte('\n')
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text.String()), 0o600))
}

func pullOf(ts *testscript.TestScript, s *scene, text string) forgetest.Pull {
	all, err := s.forge.Pulls()
	ts.Check(err)
	n := number(ts, text)
	if n < 1 || n > len(all) {
		ts.Fatalf("there is no pull request %d of %d", n, len(all))
	}
	return all[n-1]
}

// checkAsked holds how many requests of the API count since the last time against a number.
func checkAsked(ts *testscript.TestScript, s *scene, times string, counts func(forgetest.Request) bool) {
	var asked []string
	for _, r := range s.forge.Requests() {
		if counts(r) {
			asked = append(asked, fmt.Sprintf("%s %s?%s: %d", r.Method, r.Path, r.Query, r.Status))
		}
	}
	if len(asked) != number(ts, times) {
		ts.Fatalf("the API was asked %d times, want %s:\n%s", len(asked), times, strings.Join(asked, "\n"))
	}
	s.forge.Forget()
}

func number(ts *testscript.TestScript, text string) int {
	n, err := strconv.Atoi(text)
	ts.Check(err)
	return n
}

// filesOf reads the files of a folder, whose paths in it are their names.
func filesOf(ts *testscript.TestScript, dir string) gittest.Files {
	files := gittest.Files{}
	dir = ts.MkAbs(dir)
	ts.Check(filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = string(data)
		return err
	}))
	return files
}
