package integration

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const nginxHead = "image-updater/nginx"

// TestGiteaRun takes pull requests through their lives with the program itself, at a real Gitea.
func TestGiteaRun(t *testing.T) {
	t.Parallel()
	g := newGitea(t)
	token := g.token(t, "robot", "write:repository,write:issue")
	stories := []struct {
		name  string
		with  stagePolicies
		story func(*testing.T, *stage)
	}{
		{name: "first", with: stagePolicies{write: "{mode: pull-request, labels: [images], reviewers: [ada], assignees: [grace]}"}, story: firstStory},
		{name: "draft", with: stagePolicies{write: "{mode: pull-request, draft: true}"}, story: draftStory},
		{name: "newer", story: newerStory},
		{name: "closed", story: closedStory},
		{name: "reopened", story: reopenedStory},
		{name: "part_rejected", with: stagePolicies{write: "{mode: pull-request, group: all}",
			policies: "  - {name: nginx, image: nginx}\n  - {name: redis, image: redis}\n"}, story: partStory},
		{name: "edited", story: editedStory},
		{name: "amended", story: amendedStory},
		{name: "update_branch", story: updateBranchStory},
		{name: "base_moved", story: baseMovedStory},
		{name: "merged_merge", story: mergedStory("merge")},
		{name: "merged_squash", story: mergedStory("squash")},
		{name: "merged_rebase", story: mergedStory("rebase")},
		{name: "merged_and_deleted", story: mergedDeletedStory},
		{name: "by_hand", story: byHandStory},
		{name: "branch_deleted", story: branchDeletedStory},
		{name: "hold", story: holdStory},
		{name: "rebuild", story: rebuildStory},
		{name: "words", story: wordsStory},
		{name: "hidden_lost", story: hiddenLostStory},
		{name: "auto_merge", with: stagePolicies{write: "{mode: pull-request, autoMerge: true}"}, story: autoMergeStory},
		{name: "max_open", with: stagePolicies{write: "{mode: pull-request, maxOpen: 1}",
			policies: "  - {name: nginx, image: nginx}\n  - {name: redis, image: redis}\n"}, story: maxOpenStory},
		{name: "at_once", story: atOnceStory},
		{name: "killed", story: killedStory},
		{name: "injection", story: injectionStory},
		{name: "many", story: manyStory},
		{name: "sent_elsewhere", story: sentElsewhereStory},
		{name: "renamed_base", story: renamedBaseStory},
		{name: "protected", story: protectedStory},
		{name: "mode", story: modeStory},
	}
	for _, c := range stories {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.story(t, g.stage(t, token, c.with))
		})
	}
}

func firstStory(t *testing.T, s *stage) {
	s.says(t, "plan", "fleet image-updater/nginx would be opened: Update nginx to 1.27.4\n")
	if _, writes := s.proxy.take(); len(writes) > 0 {
		t.Errorf("plan has written: %q", writes)
	}
	if s.tip(t, nginxHead) != "" {
		t.Error("plan has pushed")
	}
	s.says(t, "run", "fleet image-updater/nginx opened: Update nginx to 1.27.4 http")
	s.expect(t, "#1 open image-updater/nginx: Update nginx to 1.27.4")
	p := s.pull(t, 1)
	if len(p.Labels) != 1 || p.Labels[0].Name != "images" || len(p.Reviewers) != 1 || p.Reviewers[0].Login != "ada" || len(p.Assignees) != 1 || p.Assignees[0].Login != "grace" {
		t.Errorf("opened %+v", p)
	}
	if p.ChangedFiles != 1 {
		t.Errorf("it changes %d files", p.ChangedFiles)
	}
	if diff := cmp.Diff(deployment("nginx:1.27.4"), s.show(t, nginxHead, "apps/web.yaml")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(deployment("nginx:1.25.3"), s.show(t, "main", "apps/web.yaml")); diff != "" {
		t.Error(diff)
	}
	s.proxy.take()
	for range 3 {
		s.says(t, "run", "fleet image-updater/nginx unchanged: ", "0 commits, 0 changes, 0 held back")
		s.says(t, "plan", "fleet image-updater/nginx unchanged: ")
	}
	if all, _ := s.proxy.take(); len(all) > 0 {
		t.Errorf("where nothing has changed it asks %q", all)
	}
	s.forgets(t)
	tip := s.tip(t, nginxHead)
	s.says(t, "run", "fleet image-updater/nginx unchanged: ")
	all, writes := s.proxy.take()
	t.Logf("a look costs %q", all)
	if len(writes) > 0 || s.tip(t, nginxHead) != tip {
		t.Errorf("without the state it writes %q", writes)
	}
}

func draftStory(t *testing.T, s *stage) {
	s.says(t, "run", "opened")
	s.expect(t, "#1 open image-updater/nginx: WIP: Update nginx to 1.27.4")
	s.forgets(t)
	s.says(t, "run", "unchanged")
	s.registry.Add("library/nginx", "1.28.0")
	s.says(t, "run", "updated: Update nginx to 1.28.0")
	s.expect(t, "#1 open image-updater/nginx: WIP: Update nginx to 1.28.0")
	s.change(t, 1, map[string]any{"title": "Update nginx to 1.28.0"}) // it is ready
	s.registry.Add("library/nginx", "1.29.0")
	s.says(t, "run", "updated: Update nginx to 1.29.0")
	s.expect(t, "#1 open image-updater/nginx: Update nginx to 1.29.0")
}

func newerStory(t *testing.T, s *stage) {
	s.says(t, "run", "opened")
	before := s.pull(t, 1)
	s.registry.Add("library/nginx", "1.28.0")
	s.says(t, "plan", "fleet image-updater/nginx would be updated: Update nginx to 1.28.0")
	s.proxy.take()
	s.says(t, "run", "fleet image-updater/nginx updated: Update nginx to 1.28.0")
	s.expect(t, "#1 open image-updater/nginx: Update nginx to 1.28.0")
	after := s.pull(t, 1)
	if after.Body == before.Body || !strings.Contains(after.Body, "`1.28.0`") {
		t.Errorf("the body is\n%s", after.Body)
	}
	if got := s.subjects(t, nginxHead); got != "Update nginx to 1.28.0" {
		t.Errorf("on the branch is %q", got)
	}
	if _, writes := s.proxy.take(); len(writes) != 1 {
		t.Errorf("it writes %q", writes)
	}
	s.says(t, "run", "unchanged")
	if all, _ := s.proxy.take(); len(all) > 0 {
		t.Errorf("afterwards it asks %q", all)
	}
	s.registry.Remove("library/nginx", "1.28.0") // it was pulled back
	s.says(t, "run", "updated: Update nginx to 1.27.4")
	s.expect(t, "#1 open image-updater/nginx: Update nginx to 1.27.4")
}

func baseMovedStory(t *testing.T, s *stage) {
	s.says(t, "run", "opened")
	tip := s.tip(t, nginxHead)
	s.commit(t, "main", map[string]string{"README.md": "moved\n"})
	s.proxy.take()
	s.says(t, "run", "unchanged")
	if _, writes := s.proxy.take(); len(writes) > 0 || s.tip(t, nginxHead) != tip {
		t.Errorf("the base has moved elsewhere, and it writes %q", writes)
	}
	s.commit(t, "main", map[string]string{"apps/web.yaml": strings.Replace(deployment("nginx:1.25.4"), "spec:\n", "spec:\n  replicas: 3\n", 1)})
	s.says(t, "run", "updated: Update nginx to 1.27.4")
	if got := s.show(t, nginxHead, "apps/web.yaml"); !strings.Contains(got, "replicas: 3") || !strings.Contains(got, "nginx:1.27.4") {
		t.Errorf("on the branch is\n%s", got)
	}
	if got := s.subjects(t, nginxHead); got != "Update nginx to 1.27.4" {
		t.Errorf("on the branch is %q", got)
	}
	s.merge(t, 1, "merge")
}

// merge merges as soon as Gitea has found out that it can be.
func (s *stage) merge(t *testing.T, number int, style string) {
	t.Helper()
	s.mergeAs(t, number, map[string]any{"Do": style})
}

func (s *stage) mergeAs(t *testing.T, number int, how map[string]any) {
	t.Helper()
	eventually(t, func() bool {
		status, _ := s.at.tell(t, http.MethodPost, s.path(fmt.Sprintf("/pulls/%d/merge", number)), how)
		return status == http.StatusOK
	})
}

func mergedStory(style string) func(*testing.T, *stage) {
	return func(t *testing.T, s *stage) {
		s.says(t, "run", "opened")
		s.merge(t, 1, style)
		s.says(t, "plan")
		s.says(t, "run", "fleet image-updater/nginx merged: Update nginx to 1.27.4", "0 commits, 0 changes, 0 held back")
		if s.tip(t, nginxHead) != "" {
			t.Error("the branch is still there")
		}
		s.proxy.take()
		s.says(t, "run")
		if all, _ := s.proxy.take(); len(all) > 0 {
			t.Errorf("after the merge it asks %q", all)
		}
		s.registry.Add("library/nginx", "1.28.0")
		s.says(t, "run", "opened: Update nginx to 1.28.0")
		s.expect(t, "#1 merged image-updater/nginx: Update nginx to 1.27.4", "#2 open image-updater/nginx: Update nginx to 1.28.0")
		s.merge(t, 2, style)
		s.says(t, "run", "merged")
		s.commit(t, "main", map[string]string{"apps/web.yaml": deployment("nginx:1.27.4")}) // it was taken back
		s.says(t, "run", "(held)")
		if got := s.pulls(t); strings.Contains(got, "#3") {
			t.Errorf("what was taken back is proposed:\n%s", got)
		}
		s.registry.Add("library/nginx", "1.29.0")
		s.says(t, "run", "opened: Update nginx to 1.29.0")
	}
}

func mergedDeletedStory(t *testing.T, s *stage) {
	s.says(t, "run", "opened")
	s.mergeAs(t, 1, map[string]any{"Do": "squash", "delete_branch_after_merge": true})
	s.says(t, "run", "0 commits, 0 changes, 0 held back")
	s.registry.Add("library/nginx", "1.28.0")
	s.says(t, "run", "opened: Update nginx to 1.28.0")
	s.expect(t, "#1 merged image-updater/nginx: Update nginx to 1.27.4", "#2 open image-updater/nginx: Update nginx to 1.28.0")
}

func autoMergeStory(t *testing.T, s *stage) {
	s.at.ask(t, http.MethodPost, s.path("/branch_protections"), map[string]any{"rule_name": "main", "enable_status_check": true, "status_check_contexts": []string{"ci"}}, nil)
	s.says(t, "run", "opened")
	s.at.ask(t, http.MethodPost, s.path("/statuses/"+s.tip(t, nginxHead)), map[string]any{"context": "ci", "state": "success"}, nil)
	eventually(t, func() bool { return s.pull(t, 1).Merged })
	s.expect(t, "#1 merged image-updater/nginx: Update nginx to 1.27.4")
	s.says(t, "run", "merged")
}
