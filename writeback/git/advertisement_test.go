package git

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	id1 = "1111111111111111111111111111111111111111"
	id2 = "2222222222222222222222222222222222222222"
)

// line is a pkt-line.
func line(s string) string {
	const hex = "0123456789abcdef"
	n := len(s) + 4
	return string([]byte{hex[n>>12&15], hex[n>>8&15], hex[n>>4&15], hex[n&15]}) + s
}

func TestReadAdvertisement(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		in       string
		head     string
		branches []string
		err      string
		is       error
	}{
		{
			name: "http with a named default branch",
			in: line("# service=git-upload-pack\n") + "0000" + line(id1+" HEAD\x00filter symref=HEAD:refs/heads/trunk\n") +
				line(id1+" refs/heads/trunk\n") + line(id2+" refs/pull/1/head\n") + line(id2+" refs/tags/v1\n") +
				line(id1+" refs/tags/v1^{}\n") + "0000",
			head: "refs/heads/trunk", branches: []string{"trunk"},
		},
		{
			name: "old server",
			in:   line(id1+" HEAD\x00 side-band\n") + line(id2+" refs/heads/a\n") + line(id1+" refs/heads/master\n") + "0000",
			head: "refs/heads/master", branches: []string{"a", "master"},
		},
		{name: "shallow", in: line(id1+" refs/heads/a\x00x\n") + line("shallow "+id2) + "0000", branches: []string{"a"}},
		{name: "empty", in: line(strings.Repeat("0", 40)+" capabilities^{}\x00report-status\n") + "0000", branches: []string{}},
		{name: "empty over http", in: "0000", branches: []string{}},
		{name: "sha256", in: line(strings.Repeat("1", 64)+" HEAD\x00object-format=sha256\n") + "0000", is: ErrSHA256},
		{name: "sha256 and empty", in: line(strings.Repeat("0", 64)+" capabilities^{}\x00object-format=sha256\n") + "0000", is: ErrSHA256},
		{name: "cut", in: line(id1 + " HEAD\x00x\n"), err: "reading the advertisement of refs: unexpected EOF"},
		{name: "nothing", in: "", err: "reading the advertisement of refs: unexpected EOF"},
		{name: "page", in: "<!doctype html>", err: "reading the advertisement of refs: invalid pkt-len found"},
		{name: "refusal", in: line("ERR no s3cret\x1b here"), err: `the server says: no [redacted]\x1b here`},
		{name: "no ref", in: line("hello\n") + "0000", err: `reading the advertisement of refs: "hello" is no ref`},
		{name: "short id", in: line("11 refs/heads/a\n") + "0000", err: `reading the advertisement of refs: "11 refs/heads/a" is no ref`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			adv, err := readAdvertisement(strings.NewReader(test.in), newCleaner("s3cret"))
			if test.err != "" || test.is != nil {
				if err == nil || (test.err != "" && err.Error() != test.err) || (test.is != nil && !errors.Is(err, test.is)) {
					t.Fatalf("error %v, want %v%v", err, test.err, test.is)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if adv.refs.Head != test.head {
				t.Errorf("head %q, want %q", adv.refs.Head, test.head)
			}
			if diff := cmp.Diff(test.branches, adv.refs.Branches()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzReadAdvertisement(f *testing.F) {
	f.Add([]byte(line(id1+" HEAD\x00filter symref=HEAD:refs/heads/trunk\n") + line(id1+" refs/heads/trunk\n") + "0000"))
	f.Add([]byte("0000"))
	f.Fuzz(func(t *testing.T, data []byte) {
		adv, err := readAdvertisement(bytes.NewReader(data), newCleaner())
		if (adv == nil) == (err == nil) {
			t.Errorf("advertisement %v with error %v", adv, err)
		}
	})
}
