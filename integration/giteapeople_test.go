package integration

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func closedStory(t *testing.T, s *stage) {
	s.says(t, "run", "opened")
	s.change(t, 1, map[string]any{"state": "closed"})
	for range 2 {
		s.forgets(t)
		s.proxy.take()
		s.says(t, "run", "is not proposed again: closed", "(rejected)")
		if _, writes := s.proxy.take(); len(writes) > 0 {
			t.Errorf("of a closed one it writes %q", writes)
		}
	}
	s.expect(t, "#1 closed image-updater/nginx: Update nginx to 1.27.4")
	s.registry.Add("library/nginx", "1.28.0")
	s.says(t, "run", "opened: Update nginx to 1.28.0")
	s.expect(t, "#1 closed image-updater/nginx: Update nginx to 1.27.4", "#2 open image-updater/nginx: Update nginx to 1.28.0")
	s.says(t, "run", "unchanged")
	s.change(t, 2, map[string]any{"state": "closed"})
	s.forgets(t)
	s.says(t, "run", "is not proposed again")
	s.registry.Remove("library/nginx", "1.28.0") // what was closed before is still closed
	s.says(t, "run", "is not proposed again")
	s.registry.Add("library/nginx", "1.29.0")
	s.says(t, "run", "opened: Update nginx to 1.29.0")
}

func reopenedStory(t *testing.T, s *stage) {
	s.says(t, "run", "opened")
	s.change(t, 1, map[string]any{"state": "closed"})
	s.forgets(t)
	s.says(t, "run", "(rejected)")
	s.change(t, 1, map[string]any{"state": "open"})
	s.forgets(t)
	s.says(t, "run", "unchanged")
	s.registry.Add("library/nginx", "1.28.0")
	s.says(t, "run", "updated: Update nginx to 1.28.0")
	s.expect(t, "#1 open image-updater/nginx: Update nginx to 1.28.0")
}

func partStory(t *testing.T, s *stage) {
	s.says(t, "run", "fleet image-updater/all opened: Update 2 images")
	s.change(t, 1, map[string]any{"state": "closed"})
	s.forgets(t)
	s.says(t, "run", "nginx 1.25.3 -> 1.27.4"[6:], "2 held back")
	s.registry.Add("library/nginx", "1.28.0")
	s.says(t, "run", "fleet image-updater/all opened: Update nginx to 1.28.0", "7.0.1 -> 7.2.5 is not proposed again")
	if diff := cmp.Diff(deployment("redis:7.0.1"), s.show(t, "image-updater/all", "apps/db.yaml")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(deployment("nginx:1.28.0"), s.show(t, "image-updater/all", "apps/web.yaml")); diff != "" {
		t.Error(diff)
	}
}

func editedStory(t *testing.T, s *stage) {
	s.says(t, "run", "opened")
	s.commit(t, nginxHead, map[string]string{"apps/web.yaml": deployment("nginx:1.27.3")})
	tip := s.tip(t, nginxHead)
	for i := range 3 {
		s.registry.Add("library/nginx", fmt.Sprintf("1.28.%d", i))
		s.says(t, "run", "fleet image-updater/nginx held: Update nginx to 1.27.4 (edited by Ada, "+tip[:7], "(edited)")
		s.forgets(t)
	}
	if said := s.comments(t, 1); len(said) != 1 || !strings.Contains(said[0], "`Ada` has committed") {
		t.Errorf("it says %q", said)
	}
	if s.tip(t, nginxHead) != tip {
		t.Error("the commit of a person is gone")
	}
	s.expect(t, "#1 open image-updater/nginx: Update nginx to 1.27.4")
	s.merge(t, 1, "squash")
	s.says(t, "run", "delete the branch image-updater/nginx to have it proposed again")
	if s.tip(t, nginxHead) != tip {
		t.Error("the branch of a person was deleted after the merge")
	}
	s.git(t, "push", "-q", "origin", ":"+nginxHead)
	s.says(t, "run", "opened: Update nginx to 1.28.2")
}

func amendedStory(t *testing.T, s *stage) {
	s.says(t, "run", "opened")
	s.checkout(t, nginxHead)
	s.git(t, "commit", "-q", "--amend", "--no-edit", "-s") // our message, author and date
	s.git(t, "push", "-q", "-f", "origin", "HEAD:"+nginxHead)
	tip := s.tip(t, nginxHead)
	s.registry.Add("library/nginx", "1.28.0")
	s.says(t, "run", "held: Update nginx to 1.27.4 (edited by Ada, "+tip[:7])
	if s.tip(t, nginxHead) != tip || len(s.comments(t, 1)) != 1 {
		t.Error("an amended commit was not left alone")
	}
}

// updateBranchStory is the button "update branch", in both of its ways.
func updateBranchStory(t *testing.T, s *stage) {
	s.says(t, "run", "opened")
	s.commit(t, "main", map[string]string{"README.md": "moved\n"})
	s.at.ask(t, http.MethodPost, s.path("/pulls/1/update?style=merge"), nil, nil)
	s.says(t, "run", "(edited")
	s.registry.Add("library/nginx", "1.28.0")
	s.says(t, "run", "(edited")
	s.expect(t, "#1 open image-updater/nginx: Update nginx to 1.27.4")
}

func byHandStory(t *testing.T, s *stage) {
	s.says(t, "run", "opened")
	s.commit(t, "main", map[string]string{"apps/web.yaml": deployment("nginx:1.27.4")})
	s.says(t, "plan", "would be closed")
	s.says(t, "run", "fleet image-updater/nginx closed: ", "has these versions already")
	s.expect(t, "#1 closed image-updater/nginx: Update nginx to 1.27.4")
	if s.tip(t, nginxHead) != "" {
		t.Error("the branch is still there")
	}
	if said := s.comments(t, 1); len(said) != 1 || !strings.Contains(said[0], "has these versions already") {
		t.Errorf("it says %q", said)
	}
	s.commit(t, "main", map[string]string{"apps/web.yaml": deployment("nginx:1.25.3")})
	s.says(t, "run", "opened: Update nginx to 1.27.4")
	s.says(t, "run", "unchanged")
}

func branchDeletedStory(t *testing.T, s *stage) {
	s.says(t, "run", "opened")
	s.git(t, "push", "-q", "origin", ":"+nginxHead)
	eventually(t, func() bool { return s.pull(t, 1).State == "closed" })
	s.says(t, "run", "is not proposed again: closed")
	s.expect(t, "#1 closed image-updater/nginx: Update nginx to 1.27.4")
	s.registry.Add("library/nginx", "1.28.0")
	s.says(t, "run", "opened: Update nginx to 1.28.0")
	s.expect(t, "#1 closed image-updater/nginx: Update nginx to 1.27.4", "#2 open image-updater/nginx: Update nginx to 1.28.0")
}

func holdStory(t *testing.T, s *stage) {
	s.says(t, "run", "opened")
	s.label(t, 1, "image-updater/hold")
	before, tip := s.pull(t, 1), s.tip(t, nginxHead)
	s.registry.Add("library/nginx", "1.28.0")
	s.proxy.take()
	s.says(t, "run", "#1 carries the label image-updater/hold (hold-label)", "held: Update nginx to 1.27.4")
	_, writes := s.proxy.take()
	if after := s.pull(t, 1); len(writes) > 0 || after.Body != before.Body || s.tip(t, nginxHead) != tip {
		t.Errorf("a frozen one was changed: %q", writes)
	}
	var labels []struct{ ID int }
	s.at.ask(t, http.MethodGet, s.path("/issues/1/labels"), nil, &labels)
	s.at.ask(t, http.MethodDelete, s.path(fmt.Sprintf("/issues/1/labels/%d", labels[0].ID)), nil, nil)
	s.says(t, "run --fresh", "updated: Update nginx to 1.28.0")
}

func rebuildStory(t *testing.T, s *stage) {
	s.says(t, "run", "opened")
	s.commit(t, nginxHead, map[string]string{"README.md": "mine\n"})
	s.says(t, "run", "(edited")
	s.label(t, 1, "image-updater/rebuild")
	s.says(t, "run --fresh", "updated: Update nginx to 1.27.4 (built again from main)")
	if got := s.subjects(t, nginxHead); got != "Update nginx to 1.27.4" {
		t.Errorf("on the branch is %q", got)
	}
	if p := s.pull(t, 1); len(p.Labels) > 0 || p.State != "open" {
		t.Errorf("it has %+v", p)
	}
	s.says(t, "run", "unchanged")
	s.registry.Add("library/nginx", "1.28.0")
	s.says(t, "run", "updated: Update nginx to 1.28.0")
}

// wordsStory edits title and body by hand: they stay until there is something new to say.
func wordsStory(t *testing.T, s *stage) {
	s.says(t, "run", "opened")
	body := s.pull(t, 1).Body
	s.change(t, 1, map[string]any{"title": "Mine", "body": "Please look, grace.\n\n" + body})
	s.forgets(t)
	s.proxy.take()
	s.says(t, "run", "unchanged")
	if _, writes := s.proxy.take(); len(writes) > 0 {
		t.Errorf("over the words of a person it writes %q", writes)
	}
	s.expect(t, "#1 open image-updater/nginx: Mine")
	s.registry.Add("library/nginx", "1.28.0")
	s.says(t, "run", "updated")
	s.expect(t, "#1 open image-updater/nginx: Update nginx to 1.28.0")
}

// hiddenLostStory takes the hidden part away.
func hiddenLostStory(t *testing.T, s *stage) {
	s.says(t, "run", "opened")
	s.change(t, 1, map[string]any{"body": "Mine."})
	s.forgets(t)
	s.says(t, "run", "updated")
	if p := s.pull(t, 1); !strings.Contains(p.Body, "image-updater:v1") {
		t.Errorf("the body is %q", p.Body)
	}
	s.change(t, 1, map[string]any{"body": "Mine."})
	s.change(t, 1, map[string]any{"state": "closed"})
	s.forgets(t)
	s.says(t, "run", "is not proposed again") // by the commits
	s.git(t, "push", "-q", "origin", ":"+nginxHead)
	s.forgets(t)
	s.says(t, "run", "is not proposed again") // Gitea keeps them by refs/pull/1/head
	s.expect(t, "#1 closed image-updater/nginx: Update nginx to 1.27.4")
}

func sentElsewhereStory(t *testing.T, s *stage) {
	s.says(t, "run", "opened")
	s.git(t, "push", "-q", "origin", "origin/main:refs/heads/release")
	s.change(t, 1, map[string]any{"base": "release"})
	s.registry.Add("library/nginx", "1.28.0")
	s.says(t, "run", `it goes to "release" now`)
	s.expect(t, "#1 open image-updater/nginx: Update nginx to 1.27.4")
}
