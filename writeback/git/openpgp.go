package git

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// openPGPSigner makes OpenPGP signatures with a key or one of its subkeys.
type openPGPSigner struct{ key *openpgp.Entity }

// OpenPGPSigner returns a signer with a private OpenPGP key, armoured as gpg --armor --export-secret-keys writes it. The
// passphrase is for a key that has one. A key that cannot sign now is an error.
func OpenPGPSigner(key []byte, passphrase string, now time.Time) (Signer, error) {
	if bytes.Contains(key, []byte("PRIVATE KEY-----")) {
		return nil, errors.New("it is an ssh key, or one of TLS: sshKeyFile names those that sign")
	}
	if n := bytes.Count(key, []byte("-----BEGIN PGP ")); n > 1 { // the reader goes no further than the first
		return nil, fmt.Errorf("it holds %d armoured OpenPGP keys, want one", n)
	}
	ring, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(key))
	if err != nil {
		return nil, fmt.Errorf("reading it as an armoured OpenPGP key: %w", err)
	}
	if len(ring) != 1 {
		return nil, fmt.Errorf("it holds %d OpenPGP keys, want one", len(ring))
	}
	own := ring[0]
	if own.PrivateKey == nil {
		return nil, errPublic
	}
	signing, ok := own.SigningKey(now)
	switch {
	case !ok:
		return nil, fmt.Errorf("the OpenPGP key %s cannot sign: %s", own.PrimaryKey.KeyIdString(), whyUnfit(own, now))
	case signing.PrivateKey == nil || signing.PrivateKey.Dummy():
		return nil, fmt.Errorf("the private part of the OpenPGP key %s, which signs, is not in it", signing.PublicKey.KeyIdString())
	case signing.PrivateKey.Encrypted && passphrase == "":
		return nil, errLocked
	case signing.PrivateKey.Encrypted:
		if err := signing.PrivateKey.Decrypt([]byte(passphrase)); err != nil {
			return nil, fmt.Errorf("opening the OpenPGP key %s with its passphrase: %w", signing.PublicKey.KeyIdString(), err)
		}
	}
	return &openPGPSigner{key: own}, nil
}

// whyUnfit says why no part of a key signs.
func whyUnfit(key *openpgp.Entity, now time.Time) string {
	if key.Revoked(now) {
		return "it is revoked"
	}
	if self, _ := key.PrimarySelfSignature(); self != nil && key.PrimaryKey.KeyExpired(self, now) {
		return "it is expired, or not valid yet"
	}
	return "it has no part that may sign and is neither expired nor revoked"
}

func (s *openPGPSigner) Sign(commit []byte, at time.Time) ([]byte, error) {
	var armoured bytes.Buffer
	err := openpgp.ArmoredDetachSign(&armoured, s.key, bytes.NewReader(commit), &packet.Config{
		DefaultHash: crypto.SHA512, // long enough for every kind of key: gpg wants no shorter one of an ecdsa key
		Time:        func() time.Time { return at },
	})
	if err != nil {
		return nil, fmt.Errorf("signing a commit with the OpenPGP key: %w", err)
	}
	return armoured.Bytes(), nil
}
