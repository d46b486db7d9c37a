package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// Outside its window a policy decides and does not write; the first pass in it does. The command explain says so, too.
func TestWindow(t *testing.T) {
	t.Parallel()
	f := newFleet(t, false, 1, 2, "1.0.0", `window: {days: [mon], from: "08:00", to: "18:00", timeZone: Europe/Paris}`)
	opens := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	held := func() {
		t.Helper()
		did, _ := f.run()
		if len(did.Changes) != 0 || len(did.Held) != 1 || did.Held[0].Rule != "window" || !did.Held[0].Until.Equal(opens) {
			t.Errorf("at %v: %+v, want a change that is held until %v", f.now(), did, opens)
		}
	}
	held()
	explained := f.command("explain", "p0", "--current", "1.0.0")
	for _, want := range []string{"1.0.0 -> 1.1.0", "nothing is written now: outside the window mon 08:00-18:00 Europe/Paris, until 2026-11-23 07:00 UTC\n"} {
		if !strings.Contains(explained, want) {
			t.Errorf("explain lacks %q:\n%s", want, explained)
		}
	}
	f.later(opens.Sub(f.now()) - time.Second)
	held()
	f.later(time.Second)
	if did, _ := f.run(); len(did.Changes) != 1 || did.Changes[0].To != "1.1.0" || len(did.Held) != 0 {
		t.Errorf("at %v: %+v, want a change to 1.1.0", f.now(), did)
	}
	if explained := f.command("explain", "p0", "--current", "1.0.0"); strings.Contains(explained, "window") {
		t.Errorf("explain tells of a window that is open:\n%s", explained)
	}
}

// The command set does as it is told, at any time.
func TestSetKnowsNoWindow(t *testing.T) {
	t.Parallel()
	f := newFleet(t, false, 1, 2, "1.0.0", `window: {days: [mon]}`)
	if did, _ := f.run(); len(did.Held) != 1 {
		t.Fatalf("%+v, want a change that is held", did)
	}
	if printed := f.command("set", "--git", "fleet", "acme/service-0:1.1.0"); !strings.Contains(printed, "acme/service-0:1.1.0") {
		t.Errorf("set prints %q", printed)
	}
	if did, _ := f.run(); len(did.Held) != 0 {
		t.Errorf("%+v after set, want nothing to do", did)
	}
}

// command runs a command in a process of its own, as far as its state goes, and returns what it prints.
func (f *fleet) command(name string, args ...string) string {
	f.t.Helper()
	var stdout, stderr bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, env: func(string) (string, bool) { return "", false }, now: f.now}
	if code := run(f.t.Context(), a, append([]string{name, "-f", f.policies, "--state-dir", f.state}, args...)); code != exitDone {
		f.t.Fatalf("exit code %d\n%s", code, &stderr)
	}
	return stdout.String()
}
