package git

import (
	"bytes"
	"errors"
	"time"
)

// Signer signs commits: see [SSHSigner] and [OpenPGPSigner].
type Signer interface {
	// Sign returns the armoured signature of a commit that is made at that time.
	Sign(commit []byte, at time.Time) ([]byte, error)
}

var (
	errPublic = errors.New("it is a public key: signing needs the private one")
	errLocked = errors.New("it is protected by a passphrase, and none is configured")
)

// signatureKey is the key in a commit's head under which Git looks for a signature, whatever its kind.
const signatureKey = "gpgsig"

// withSignature puts a signature behind the head of the commit that it was made of. In a head, a line that begins with a
// space goes on with the value of the line before.
func withSignature(commit, signature []byte) []byte {
	head, message, _ := bytes.Cut(commit, []byte("\n\n"))
	value := bytes.ReplaceAll(bytes.TrimSpace(signature), []byte("\n"), []byte("\n "))
	var b bytes.Buffer
	b.Write(head)
	b.WriteString("\n" + signatureKey + " ")
	b.Write(value)
	b.WriteString("\n\n")
	b.Write(message)
	return b.Bytes()
}
