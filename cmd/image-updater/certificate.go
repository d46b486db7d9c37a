package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"

	"github.com/image-updater/image-updater/internal/config"
)

// certificateFiles are the files of certificates that an entry of the policy file names, "" where it names none.
type certificateFiles struct {
	owner         string // `registry "docker.io": `, or "" where the entry is told beside the error
	ca, cert, key string
	at            config.Position
}

// read returns whom to trust, nil for those whom the system trusts, and what to show, nil for nothing.
func (f certificateFiles) read() (roots *x509.CertPool, own *tls.Certificate, err error) {
	if f.ca != "" {
		if roots, err = f.readRoots(); err != nil {
			return nil, nil, err
		}
	}
	if f.cert == "" {
		return roots, nil, nil
	}
	pair, err := tls.LoadX509KeyPair(beside(f.at.File, f.cert), beside(f.at.File, f.key))
	if err != nil {
		return roots, nil, fmt.Errorf("%s: %sclientCertFile and clientKeyFile: %w", f.at, f.owner, err)
	}
	return roots, &pair, nil
}

// paths are where the files are, "" for those that are not named.
func (f certificateFiles) paths() (paths [3]string) {
	for i, name := range []string{f.ca, f.cert, f.key} {
		if name != "" {
			paths[i] = beside(f.at.File, name)
		}
	}
	return paths
}

// readRoots adds the authorities of a file to the system's.
func (f certificateFiles) readRoots() (*x509.CertPool, error) {
	pem, err := readNamed(f.owner+"caFile", f.ca, f.at)
	if err != nil {
		return nil, err
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // a machine without certificates of its own
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: %scaFile: %q holds no certificate in PEM", f.at, f.owner, f.ca)
	}
	return roots, nil
}
