package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/image-updater/image-updater/internal/status"
)

// writePair writes a certificate of a serial number, and its key, in the place of what was there.
func writePair(t *testing.T, cert, key string, serial int64) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour)}
	signed, err := x509.CreateCertificate(rand.Reader, of, of, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	bytes, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	replace(t, cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}))
	replace(t, key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: bytes}))
}

// replace puts a file in the place of another.
func replace(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// A certificate that is renewed is shown without a restart; files that do not belong together leave the one of before.
func TestRenewedCertificate(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	now := time.Now()
	c := &certificate{cert: filepath.Join(folder, "tls.crt"), key: filepath.Join(folder, "tls.key"),
		flagged: flagged{flag: "--tls-cert", now: func() time.Time { return now }, log: slog.New(slog.DiscardHandler)}}
	if err := c.read(); err == nil {
		t.Error("files that are not there are no error")
	}
	writePair(t, c.cert, c.key, 1)
	if err := c.read(); err != nil {
		t.Fatal(err)
	}
	shown := func(when string, want int64) {
		t.Helper()
		now = now.Add(certificateAgain)
		pair, err := c.current(nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := pair.Leaf.SerialNumber.Int64(); got != want {
			t.Errorf("%s the certificate %d is shown, want %d", when, got, want)
		}
	}
	shown("at first", 1)
	key, err := os.ReadFile(c.key)
	if err != nil {
		t.Fatal(err)
	}
	writePair(t, c.cert, c.key, 2)
	renewed, err := os.ReadFile(c.key)
	if err != nil {
		t.Fatal(err)
	}
	replace(t, c.key, key)
	shown("half way", 1)
	if told := c.state(); told.Error == "" || !told.Since.Equal(now) {
		t.Errorf("half way is told %+v", told)
	}
	replace(t, c.key, renewed)
	shown("after it was renewed", 2)
	if told := c.state(); told != (status.File{Flag: "--tls-cert"}) {
		t.Errorf("after it was renewed is told %+v", told)
	}
	if err := os.Remove(c.cert); err != nil {
		t.Fatal(err)
	}
	shown("when it is gone", 2)
}
