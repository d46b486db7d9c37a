package git

import (
	"bytes"
	"crypto/rand"
	"crypto/sha512"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/ssh"
)

// The words of an SSH signature of Git's (OpenSSH's PROTOCOL.sshsig).
const (
	sshsigMagic     = "SSHSIG"
	sshsigVersion   = 1
	sshsigNamespace = "git"
	sshsigHash      = "sha512"
)

// sshSigner makes SSH signatures.
type sshSigner struct {
	key       ssh.AlgorithmSigner
	algorithm string
}

// SSHSigner returns a signer with a private ssh key, in PEM or OpenSSH form, of the kinds ed25519, ecdsa and rsa. The
// passphrase is for a key that has one.
func SSHSigner(key []byte, passphrase string) (Signer, error) {
	if _, _, _, _, err := ssh.ParseAuthorizedKey(key); err == nil {
		return nil, errPublic
	}
	if bytes.Contains(key, []byte("-----BEGIN PGP ")) {
		return nil, errors.New("it is an OpenPGP key: openPGPKeyFile names those")
	}
	parsed, err := parseKey(key, passphrase)
	if err != nil {
		return nil, err
	}
	s := &sshSigner{algorithm: parsed.PublicKey().Type()}
	switch s.algorithm {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521:
	case ssh.KeyAlgoRSA:
		s.algorithm = ssh.KeyAlgoRSASHA512 // a signature of type ssh-rsa is one of SHA-1, which is refused
	default:
		return nil, fmt.Errorf("keys of type %s do not sign commits: want ed25519, ecdsa or rsa", s.algorithm)
	}
	var can bool
	if s.key, can = parsed.(ssh.AlgorithmSigner); !can {
		return nil, fmt.Errorf("a key of type %s cannot sign by %s", parsed.PublicKey().Type(), s.algorithm)
	}
	return s, nil
}

// Sign signs the hash of a commit together with what it is for, so that the signature has no other use.
func (s *sshSigner) Sign(commit []byte, _ time.Time) ([]byte, error) {
	hash := sha512.Sum512(commit)
	signed := ssh.Marshal(struct {
		Magic                     [len(sshsigMagic)]byte
		Namespace, Reserved, Kind string
		Hash                      []byte
	}{[len(sshsigMagic)]byte([]byte(sshsigMagic)), sshsigNamespace, "", sshsigHash, hash[:]})
	signature, err := s.key.SignWithAlgorithm(rand.Reader, signed, s.algorithm)
	if err != nil {
		return nil, fmt.Errorf("signing a commit with the ssh key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "SSH SIGNATURE", Bytes: ssh.Marshal(struct {
		Magic                     [len(sshsigMagic)]byte
		Version                   uint32
		PublicKey                 []byte
		Namespace, Reserved, Kind string
		Signature                 []byte
	}{
		[len(sshsigMagic)]byte([]byte(sshsigMagic)), sshsigVersion, s.key.PublicKey().Marshal(),
		sshsigNamespace, "", sshsigHash, ssh.Marshal(signature),
	})}), nil
}
