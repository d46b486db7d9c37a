package forge

import (
	"encoding/base64"
	"testing"
)

func TestAuthorization(t *testing.T) {
	t.Parallel()
	basic := func(credentials string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(credentials))
	}
	for _, test := range []struct {
		kind            Kind
		username, token string
		want            string
	}{
		{kind: GitHub, username: AppUser, token: "ghs_1", want: "Bearer ghs_1"},
		{kind: GitLab, username: "oauth2", token: "glpat-1", want: "Bearer glpat-1"},
		{kind: Gitea, username: "me", token: "0a1b", want: "token 0a1b"},
		{kind: Forgejo, token: "0a1b", want: "token 0a1b"},
		{kind: BitbucketCloud, token: "ATCTT", want: "Bearer ATCTT"},
		{kind: BitbucketCloud, username: "x-token-auth", token: "ATCTT", want: "Bearer ATCTT"},
		{kind: BitbucketCloud, username: "me@example.com", token: "ATATT", want: basic("me@example.com:ATATT")},
		{kind: BitbucketServer, username: "me", token: "BBDC-1", want: "Bearer BBDC-1"},
		{kind: AzureDevOps, username: "image-updater", token: "pat", want: basic(":pat")},
		{kind: AzureDevOps, token: "eyJh.eyJi.c", want: "Bearer eyJh.eyJi.c"},
		{kind: AzureDevOps, token: "eyJh", want: basic(":eyJh")},
	} {
		if got := authorization(test.kind, test.username)(test.token); got != test.want {
			t.Errorf("%s, %q, %q: %q, want %q", test.kind, test.username, test.token, got, test.want)
		}
	}
}

func TestAt(t *testing.T) {
	t.Parallel()
	const id = "0123456789abcdef0123456789abcdef01234567"
	for tip, want := range map[string]bool{id: true, id[:12]: true, id[:7]: true, id[:6]: false, "": false, "f" + id[1:]: false, id + "0": false} {
		if got := (PullRequest{HeadTip: tip}).At(id); got != want {
			t.Errorf("%q: %t", tip, got)
		}
	}
}
