package main

import (
	"os"
	"slices"
	"strings"

	"github.com/image-updater/image-updater/internal/config"
)

// public are the files that policy files name and that hold no secret, by the last part of their keys.
var public = []string{"caFile", "clientCertFile", "knownHostsFile"}

// warnOfReadable says once which files with secrets everybody on the machine can read, as ssh does of its keys.
func (a *app) warnOfReadable(c *config.Config, flags serveFlags) {
	warn := func(key, path string) {
		if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o004 != 0 && os.PathSeparator == '/' {
			a.logger().Warn("everybody on this machine can read a file with a secret: chmod o-r", "key", key, "file", path)
		}
	}
	warn("--auth-file", flags.authFile) // of none there is nothing to say
	warn("--tls-key", flags.tlsKey)
	told := map[string]bool{}
	for _, s := range c.Secrets() {
		path := beside(s.Position.File, s.File)
		if s.File == "" || slices.Contains(public, s.Key[strings.LastIndexByte(s.Key, '.')+1:]) || told[path] {
			continue
		}
		told[path] = true
		warn(s.Owner+": "+s.Key, path)
	}
}
