package config

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/image-updater/image-updater/policy"
)

func readDocs(t *testing.T) string {
	t.Helper()
	docs, err := os.ReadFile("../../docs/policies.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(docs)
}

// docs/policies.md describes each key that there is.
func TestDocsNameEachKey(t *testing.T) {
	t.Parallel()
	docs := readDocs(t)
	for _, fields := range table {
		for _, f := range fields {
			if !regexp.MustCompile("`([A-Za-z]+\\.)?" + f.key + "[`.]").MatchString(docs) {
				t.Errorf("%s is not described", f.key)
			}
		}
	}
}

var (
	docsPolicy  = regexp.MustCompile("(?s)```yaml\n(- name: .*?)```\n\nThe file in Git has `([^`]+)`(.*?)\n\n[^|]")
	docsVerdict = regexp.MustCompile("(?m)^\\| (`.+`) \\| (\\S+) \\|")
	docsTag     = regexp.MustCompile("`([^`]+)`")
)

// The verdicts of the worked examples in docs/policies.md are what Choose gives.
func TestDocsTellTheTruth(t *testing.T) {
	t.Parallel()
	examples := docsPolicy.FindAllStringSubmatch(readDocs(t)+"\n\n#", -1)
	if len(examples) != 3 {
		t.Fatalf("found %d examples, want 3", len(examples))
	}
	for _, example := range examples {
		text, current, table := example[1], example[2], example[3]
		want := make(map[string]string)
		current = current[strings.LastIndexByte(current, ':')+1:]
		candidates := []policy.Candidate{{Tag: current}}
		for _, row := range docsVerdict.FindAllStringSubmatch(table, -1) {
			for _, tag := range docsTag.FindAllStringSubmatch(row[1], -1) {
				want[tag[1]] = strings.Trim(row[2], "*`")
				candidates = append(candidates, policy.Candidate{Tag: tag[1]})
			}
		}
		file := fstest.MapFS{"p.yaml": {Data: []byte("apiVersion: image-updater/v1\npolicies:\n" + text)}}
		c, err := Load(file, []string{"p.yaml"})
		if err != nil || len(want) < 3 {
			t.Fatalf("%v, with %d rows, of\n%s", err, len(want), text)
		}
		for _, v := range c.Policies[0].Choice.Choose(policy.Current{Tag: current}, candidates, time.Time{}).Verdicts {
			got := string(v.Rule)
			if v.Outcome == policy.Chosen {
				got = string(policy.Chosen)
			}
			if v.Tag != current && got != want[v.Tag] {
				t.Errorf("%s: the verdict on %s is %s, the docs say %s", current, v.Tag, got, want[v.Tag])
			}
		}
	}
}
