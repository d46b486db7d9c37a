package main

import (
	"fmt"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/writeback/git"
)

// signer reads the key that commits to a Git repository are signed with; nil means that they are not.
func (a *app) signer(g config.Git) (git.Signer, error) {
	if g.Sign.SSHKeyFile == "" {
		return nil, nil
	}
	const key = "sign.sshKeyFile"
	private, err := readNamed(key, g.Sign.SSHKeyFile, g.Position)
	if err != nil {
		return nil, err
	}
	passphrase, err := a.passphrase(g)
	if err != nil {
		return nil, err
	}
	signer, err := git.SSHSigner(private, passphrase)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: the file %q: %w", g.Position, key, g.Sign.SSHKeyFile, err)
	}
	return signer, nil
}

// passphrase returns that of the signing key, "" where none is named.
func (a *app) passphrase(g config.Git) (string, error) {
	key := "sign.passphraseFile"
	if g.Sign.PassphraseEnv != "" {
		key = "sign.passphraseEnv"
	}
	return a.secretText(key, g.Sign.PassphraseEnv, g.Sign.PassphraseFile, g.Position)
}
