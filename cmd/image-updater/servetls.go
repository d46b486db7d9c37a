package main

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// certificate is that of --tls-cert and --tls-key, whose files are replaced every few weeks while the daemon goes on.
type certificate struct {
	flagged
	cert, key string

	reading sync.Mutex // guards what follows
	pair    *tls.Certificate
	stamps  [2]os.FileInfo
	checked time.Time
}

// newCertificate reads the files of --tls-cert and --tls-key. It returns nil where there are none.
func (a *app) newCertificate(flags serveFlags) (*certificate, error) {
	if flags.tlsCert == "" {
		return nil, nil
	}
	c := &certificate{flagged: flagged{flag: "--tls-cert", now: a.now, log: a.logger()}, cert: flags.tlsCert, key: flags.tlsKey}
	if err := c.read(); err != nil {
		return nil, usage(fmt.Errorf("--tls-cert and --tls-key: %w", unverbed(err)))
	}
	return c, nil
}

// certificateAgain is how long a change of the files may go unnoticed.
const certificateAgain = 10 * time.Second

// current returns what to show. Files that cannot be read, or do not belong together because one of them is new already,
// leave it as it was.
func (c *certificate) current(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if now := c.now(); now.Sub(c.checked) >= certificateAgain {
		c.checked = now
		c.note(c.read())
	}
	return c.pair, nil
}

// read reads the files if one of them has changed.
func (c *certificate) read() error {
	var stamps [2]os.FileInfo
	same := c.pair != nil
	for i, path := range []string{c.cert, c.key} {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		same = same && sameFile(c.stamps[i], info)
		stamps[i] = info
	}
	if same {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fmt.Errorf("%s and %s: %w", c.cert, c.key, err)
	}
	c.pair, c.stamps = &pair, stamps
	return nil
}
