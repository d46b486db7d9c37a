package main

import (
	"fmt"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/hook"
)

// declaredHooks returns the push hooks of the policy files. Their secrets are read at each request, so that one that was
// replaced holds at once, and that one that is missing closes its hook and nothing else.
func (a *app) declaredHooks(c *config.Config) ([]hook.Declared, error) {
	all := make([]hook.Declared, 0, len(c.Hooks))
	for _, declared := range c.Hooks {
		h, err := hook.New(hook.Options{
			Kind:           declared.Kind,
			Secret:         a.hookSecret(declared),
			Registry:       declared.Registry,
			Audience:       declared.Audience,
			ServiceAccount: declared.ServiceAccount,
			Now:            a.now,
		})
		if err != nil {
			return nil, fmt.Errorf("%s: hook %q: %w", declared.Position, declared.Name, err)
		}
		all = append(all, hook.Declared{Name: declared.Name, Kind: declared.Kind, PerMinute: declared.PerMinute, Hook: h})
	}
	return all, nil
}

func (a *app) hookSecret(h config.Hook) func() (string, error) {
	key := "secretEnv"
	if h.SecretFile != "" {
		key = "secretFile"
	}
	return func() (string, error) {
		return a.secretText(fmt.Sprintf("hook %q: %s", h.Name, key), h.SecretEnv, h.SecretFile, h.Position)
	}
}
