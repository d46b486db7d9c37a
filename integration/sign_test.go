package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/image-updater/image-updater/internal/gittest"
)

// signPolicies signs what it writes to a repository on this machine.
const signPolicies = `apiVersion: image-updater/v1
git:
  - {name: fleet, url: %URL, branch: main, author: {name: Bot, email: bot@acme.example}, sign: {%KEY}}
defaults: {git: fleet}
policies:
  - {name: web, image: registry.test/team/web}
`

// signed writes one tag with a signing key and expects the git program to say that the commit's signature is good.
func signed(t *testing.T, repository *gittest.Repository, key string, env ...string) {
	t.Helper()
	policies := strings.NewReplacer("%URL", repository.Dir, "%KEY", key).Replace(signPolicies)
	newWorkplace(t, policies, env...).ok(t, "set", "registry.test/team/web:1.27.4", "--git", "fleet")
	if got := file(t, repository, "apps/web.yaml"); !strings.Contains(got, "registry.test/team/web:1.27.4") {
		t.Errorf("the tag was not written:\n%s", got)
	}
	if _, err := repository.Git("verify-commit", gittest.Branch); err != nil {
		t.Error(err)
	}
	if err := repository.Fsck(); err != nil {
		t.Error(err)
	}
}

func TestSignSSH(t *testing.T) {
	t.Parallel()
	program(t, "ssh-keygen")
	repository := newRepository(t, gittest.Files{"apps/web.yaml": deployment("registry.test/team/web:1.25.3")})
	key := ecdsaKey(t)
	signers := write(t, "allowed_signers", append([]byte("bot@acme.example "), ssh.MarshalAuthorizedKey(key.public)...))
	if err := repository.Config("gpg.ssh.allowedSignersFile", signers); err != nil {
		t.Fatal(err)
	}
	signed(t, repository, "sshKeyFile: "+write(t, "sign", key.private))
}

func TestSignOpenPGP(t *testing.T) {
	t.Parallel()
	program(t, "gpg")
	repository := newRepository(t, gittest.Files{"apps/web.yaml": deployment("registry.test/team/web:1.25.3")})
	home, err := os.MkdirTemp("", "gpg") // the path of the agent's socket must not be long
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run()
		_ = os.RemoveAll(home) // an agent that is about to end may still hold its socket there
	})
	gpg := func(args ...string) []byte {
		t.Helper()
		out, err := exec.Command("gpg", append([]string{"--homedir", home, "--batch", "--pinentry-mode", "loopback", "--passphrase", "open sesame"}, args...)...).Output()
		if err != nil {
			t.Fatalf("gpg %q: %v", args, err)
		}
		return out
	}
	gpg("--quick-generate-key", "Bot <bot@acme.example>", "ed25519", "sign", "never")
	private := write(t, "sign.asc", gpg("--armor", "--export-secret-keys"))
	verifier := filepath.Join(t.TempDir(), "gpg")
	if err := os.WriteFile(verifier, []byte("#!/bin/sh\nexec gpg --homedir "+home+" \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := repository.Config("gpg.program", verifier); err != nil {
		t.Fatal(err)
	}
	signed(t, repository, "openPGPKeyFile: "+private+", passphraseEnv: PHRASE", "PHRASE=open sesame")
}
