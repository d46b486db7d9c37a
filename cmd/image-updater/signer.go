package main

import (
	"fmt"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/writeback/git"
)

// signer reads the key that commits to a Git repository are signed with; nil means that they are not.
func (a *app) signer(g config.Git) (git.Signer, error) {
	key, file := "sign.sshKeyFile", g.Sign.SSHKeyFile
	if g.Sign.OpenPGPKeyFile != "" {
		key, file = "sign.openPGPKeyFile", g.Sign.OpenPGPKeyFile
	}
	if file == "" {
		return nil, nil
	}
	private, err := readNamed(key, file, g.Position)
	if err != nil {
		return nil, err
	}
	passphrase, err := a.signPassphrase(g)
	if err != nil {
		return nil, err
	}
	var signer git.Signer
	if g.Sign.OpenPGPKeyFile != "" {
		signer, err = git.OpenPGPSigner(private, passphrase, a.now())
	} else {
		signer, err = git.SSHSigner(private, passphrase)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %s: the file %q: %w", g.Position, key, file, err)
	}
	return signer, nil
}

// signPassphrase returns the passphrase of the signing key, "" where none is named.
func (a *app) signPassphrase(g config.Git) (string, error) {
	key := "sign.passphraseFile"
	if g.Sign.PassphraseEnv != "" {
		key = "sign.passphraseEnv"
	}
	return a.secretText(key, g.Sign.PassphraseEnv, g.Sign.PassphraseFile, g.Position)
}
