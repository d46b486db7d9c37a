package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/writeback/git"
)

// maxSecret bounds a file that holds a secret or a certificate.
const maxSecret = 1 << 20

// secretText returns what an environment variable or a file named in a policy file holds, without the newline that
// editors and shells leave. At most one of env and file is set; with none the text is empty. Errors name the key and what it
// names, and never what that holds.
func (a *app) secretText(key, env, file string, at config.Position) (string, error) {
	switch {
	case env != "":
		value, _ := a.env(env)
		value = strings.TrimRight(value, "\r\n")
		if value == "" {
			return "", fmt.Errorf("%s: %s: the environment variable %s is not set", at, key, env)
		}
		return value, nil
	case file != "":
		data, err := readNamed(key, file, at)
		if err != nil {
			return "", err
		}
		text := strings.TrimRight(string(data), "\r\n")
		if text == "" {
			return "", fmt.Errorf("%s: %s: the file %q is empty", at, key, file)
		}
		return text, nil
	}
	return "", nil
}

// readNamed reads a file that a policy file names, relative to that policy file.
func readNamed(key, file string, at config.Position) ([]byte, error) {
	data, err := readBounded(beside(at.File, file), maxSecret)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", at, key, err)
	}
	return data, nil
}

// beside resolves a path in a policy file: a relative one starts at the policy file's folder.
func beside(policyFile, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(policyFile), path)
}

func readBounded(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("file %q is larger than %d bytes", name, limit)
	}
	return data, err
}

// unusableKeys returns a sentence for each key or certificate of a Git repository that is there and does not do. What is
// not there is not judged.
func (a *app) unusableKeys(c *config.Config) []error {
	absent := map[string]bool{} // by owner and first part of the key
	for _, s := range c.Secrets() {
		if _, err := a.secretText(s.Key, s.Env, s.File, s.Position); err != nil {
			first, _, _ := strings.Cut(s.Key, ".")
			absent[s.Owner+" "+first] = true
		}
	}
	var unusable []error
	for _, g := range c.Git {
		owner := fmt.Sprintf("git %q ", g.Name)
		judge := func(part string, err error) {
			if err != nil && !absent[owner+part] {
				unusable = append(unusable, err)
			}
		}
		_, err := a.signer(g)
		judge("sign", err)
		judge("auth", a.unusableSSHKey(g))
		if absent[owner+"caFile"] || absent[owner+"clientCertFile"] || absent[owner+"clientKeyFile"] {
			continue
		}
		if g.Auth.GitHubApp != (config.GitHubApp{}) {
			_, err = a.appAuth(g) // it reads the certificates, too
			judge("auth", err)
			continue
		}
		_, _, err = gitCertificates(g).read()
		judge("", err)
	}
	return unusable
}

// unusableSSHKey says what is wrong with the key that opens a Git repository, or with its list of hosts.
func (a *app) unusableSSHKey(g config.Git) error {
	if g.Auth.SSHKeyFile == "" {
		return nil
	}
	auth, err := a.sshAuth(g)
	if err != nil {
		return err
	}
	if _, err = git.Open(git.Options{URL: g.URL, Auth: auth}); err != nil { // nothing is asked yet
		return fmt.Errorf("%s: auth: %w", g.Position, err)
	}
	return nil
}

// absentSecrets returns a sentence for each secret that is named and not there.
func (a *app) absentSecrets(c *config.Config) []error {
	var absent []error
	for _, s := range c.Secrets() {
		if _, err := a.secretText(s.Owner+": "+s.Key, s.Env, s.File, s.Position); err != nil {
			absent = append(absent, err)
		}
	}
	return absent
}
