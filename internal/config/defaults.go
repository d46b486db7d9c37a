package config

import (
	"reflect"
	"strings"
	"time"
)

// What holds where the policy files say nothing.
const (
	defaultInterval = 15 * time.Minute
	defaultAdaptive = true
	defaultReserve  = 50 // percent
	defaultMode     = Commit
	defaultGroup    = GroupPolicy
	defaultCommits  = Each
	defaultSettle   = 6 * time.Hour
	defaultName     = "image-updater"
	defaultEmail    = "image-updater@localhost"
	defaultEvents   = 600 // of a hook in a minute
	defaultWaiting  = 72 * time.Hour
	defaultSecurity = StartTLS
)

// inherit gives the keys of a section what defaults say and they do not: key by key inside tags, guard and write, else each
// key as a whole.
func inherit(s *section, keys *policyKeys, defaults *defaultsEntry) {
	to, from := reflect.ValueOf(keys).Elem(), reflect.ValueOf(&defaults.policyKeys).Elem()
	for _, f := range fieldsOf(to.Type()) {
		inheritKey(s, &defaults.section, f, "", to, from)
	}
}

func inheritKey(s, defaults *section, f field, prefix string, to, from reflect.Value) {
	path := prefix + f.key
	switch {
	case !defaults.has(path):
	case !s.has(path):
		to.FieldByIndex(f.index).Set(from.FieldByIndex(f.index))
		for below, m := range defaults.marks {
			if isBelow(below, path) {
				m.inherited = true
				s.marks[below] = m
			}
		}
	case f.merge:
		to, from = to.FieldByIndex(f.index), from.FieldByIndex(f.index)
		for _, inner := range fieldsOf(to.Type()) {
			inheritKey(s, defaults, inner, path+".", to, from)
		}
	}
}

// isBelow reports whether path is top, or lies below it.
func isBelow(path, top string) bool {
	rest, found := strings.CutPrefix(path, top)
	return found && (rest == "" || rest[0] == '.' || rest[0] == '[')
}
