package config

import (
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

type (
	envName  string // name of an environment variable
	filePath string // path of a file on this machine
)

var envGrammar = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// tokenPrefixes begin the tokens of forges and registries that could pass for the name of a variable: GitHub, GitLab,
// Docker Hub, AWS, Slack, npm.
var tokenPrefixes = []string{"ghp_", "gho_", "ghs_", "ghu_", "github_pat_", "glpat_", "dckr_pat_", "dckr_oat_", "AKIA", "xoxb_", "npm_"}

// parse never repeats the text: it may be the secret itself.
func (e *envName) parse(s string) error {
	if !envGrammar.MatchString(s) {
		return errors.New("want the name of an environment variable: letters, digits and _")
	}
	if slices.ContainsFunc(tokenPrefixes, func(prefix string) bool { return strings.HasPrefix(s, prefix) }) {
		return errors.New("looks like a secret itself, want the name of an environment variable that holds it")
	}
	*e = envName(s)
	return nil
}

// parse never repeats the text either.
func (f *filePath) parse(s string) error {
	switch {
	case strings.ContainsAny(s, "\n\x00"):
		return errors.New("want the path of a file, not what is in it")
	case strings.HasPrefix(s, "~"):
		return errors.New("~ is not resolved here, want the whole path")
	}
	*f = filePath(s)
	return nil
}

// secretWords are what people call the key that would hold a secret.
var secretWords = []string{
	"password", "passwd", "pass", "pat", "token", "secret", "credential", "apikey", "passphrase", "privatekey", "sshkey",
	"clientkey",
}

// secretKeys returns the keys to write instead of key, if it asks for a secret in the file itself: those of the same
// name with Env or File behind it, else those for a secret of the same sort, here or one mapping further down.
func secretKeys(key string, t reflect.Type) []string {
	fields := fieldsOf(t)
	if places := []string{key + "Env", key + "File"}; containsAll(keysOf(fields), places) {
		return places // as the URL of a channel is one
	}
	if !isSecretWord(key) {
		return nil
	}
	var same, sort, below []string
	for _, f := range fields {
		if inner := t.FieldByIndex(f.index).Type; inner.Kind() == reflect.Struct {
			for _, k := range secretKeys(key, inner) {
				below = append(below, f.key+"."+k)
			}
		}
		stem := strings.TrimSuffix(strings.TrimSuffix(f.key, "Env"), "File")
		if stem == f.key || !isSecretWord(stem) {
			continue
		}
		if plain(stem) == plain(key) {
			same = append(same, f.key)
		}
		if secretSort(stem) == secretSort(key) {
			sort = append(sort, f.key)
		}
	}
	switch {
	case len(same) > 0:
		return same
	case nearest(key, keysOf(fields)) != "":
		return nil // passwordEvn: a misspelled key, not a secret
	case len(sort) > 0:
		return sort
	}
	return below
}

func containsAll(all, wanted []string) bool {
	return !slices.ContainsFunc(wanted, func(w string) bool { return !slices.Contains(all, w) })
}

// secretSort tells keys from the passphrases of keys and from passwords, which tokens are, too.
func secretSort(key string) string {
	switch key = plain(key); {
	case strings.Contains(key, "passphrase"):
		return "passphrase"
	case strings.HasSuffix(key, "key") && key != "apikey":
		return "key"
	}
	return "password"
}

func isSecretWord(key string) bool {
	key = plain(key)
	if len(key) > maxWord || strings.ContainsFunc(key, func(r rune) bool { return !unicode.IsLetter(r) }) {
		return false // nor is it repeated in a message
	}
	return slices.ContainsFunc(secretWords, func(word string) bool {
		return key == word || len(word) > 4 && (strings.HasPrefix(key, word) || strings.HasSuffix(key, word))
	})
}

// secretsOf lists the variables and files that e names.
func secretsOf(e entry) []Secret {
	return gather(reflect.ValueOf(e).Elem(), e.self(), "")
}

func gather(v reflect.Value, s *section, prefix string) []Secret {
	var found []Secret
	for _, f := range fieldsOf(v.Type()) {
		at := prefix + f.key
		secret := Secret{Owner: s.owner(), Key: at, Position: s.valueAt(at)}
		switch value := v.FieldByIndex(f.index); value.Interface().(type) {
		case envName:
			secret.Env = value.String()
		case filePath:
			secret.File = value.String()
		default:
			if value.Kind() == reflect.Struct {
				found = append(found, gather(value, s, at+".")...)
			}
		}
		if secret.Env != "" || secret.File != "" {
			found = append(found, secret)
		}
	}
	return found
}
