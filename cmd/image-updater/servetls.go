package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificate is that of --tls-cert and --tls-key, whose files are replaced every few weeks while the daemon goes on.
type certificate struct {
	cert, key string
	now       func() time.Time
	log       *slog.Logger

	mu      sync.Mutex // guards what follows
	pair    *tls.Certificate
	stamps  [2]os.FileInfo
	checked time.Time
}

// certificateAgain is how long a change of the files may go unnoticed.
const certificateAgain = 10 * time.Second

// current returns what to show. Files that cannot be read, or do not belong together because one of them is new already,
// leave it as it was.
func (c *certificate) current(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.checked) >= certificateAgain {
		c.checked = now
		if err := c.read(); err != nil {
			c.log.Error("--tls-cert and --tls-key cannot be read; what they held before is still shown", "err", err)
		}
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
		was := c.stamps[i]
		same = same && os.SameFile(was, info) && was.ModTime().Equal(info.ModTime()) && was.Size() == info.Size()
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
