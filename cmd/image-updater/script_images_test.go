package main

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/image-updater/image-updater/internal/registrytest"
)

// pushImage puts an image under a tag of the registry. The settings are platforms=LIST (separated by commas), age=DURATION
// of its push, created=TIME, build=NUMBER, another of which makes another digest, and annotation=NAME=TEXT and
// label=NAME=TEXT, of org.opencontainers.image.NAME.
func pushImage(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) >= 2, "push REPOSITORY TAG [platforms=LIST] [age=DURATION] [created=TIME] [build=NUMBER] [annotation|label=NAME=TEXT]")
	var image registrytest.Image
	for _, setting := range args[2:] {
		key, value, _ := strings.Cut(setting, "=")
		var err error
		switch key {
		case "platforms":
			image.Platforms = strings.Split(value, ",")
			image.Index = true
		case "age":
			var age time.Duration
			age, err = time.ParseDuration(value)
			image.Pushed = time.Now().Add(-age)
		case "created":
			image.Created, err = time.Parse(time.RFC3339, value)
		case "build":
			image.Build, err = strconv.Atoi(value)
		case "annotation", "label":
			to := map[string]*map[string]string{"annotation": &image.Annotations, "label": &image.Labels}[key]
			if *to == nil {
				*to = map[string]string{}
			}
			name, text, _ := strings.Cut(value, "=")
			(*to)["org.opencontainers.image."+name] = text
		default:
			ts.Fatalf("unknown setting %q", key)
		}
		ts.Check(err)
	}
	ts.Setenv("DIGEST", sceneOf(ts).registry.Push(args[0], args[1], image))
}

func removeTags(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) >= 2, "unpush REPOSITORY TAG...")
	sceneOf(ts).registry.Remove(args[0], args[1:]...)
}

func meterRegistry(ts *testscript.TestScript, neg bool, args []string) {
	silent := len(args) > 0 && args[0] == "-silent"
	if silent {
		args = args[1:]
	}
	want(ts, neg, len(args) == 1 || len(args) == 2, "meter [-silent] LIMIT [SPENT]")
	limit, err := strconv.Atoi(args[0])
	ts.Check(err)
	r := sceneOf(ts).registry
	r.Meter(registrytest.Metering{Limit: limit, NoHeaders: silent})
	if len(args) == 2 {
		spent, err := strconv.Atoi(args[1])
		ts.Check(err)
		r.Spend(registrytest.Address, spent)
	}
}

func checkPulls(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 1, "pulls N")
	if got := sceneOf(ts).registry.Pulls(registrytest.Address); strconv.Itoa(got) != args[0] {
		ts.Fatalf("pulls: got %d, want %s", got, args[0])
	}
}

// checkVerdicts compares the verdicts of what `explain -o json` has printed last, all of them in their order, with lines of
// TAG VERDICT [RULE [UNTIL]].
func checkVerdicts(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 1, "verdicts FILE")
	var answer struct {
		Verdicts []struct{ Tag, Verdict, Rule, Until string }
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &answer))
	var got, expected []string
	for _, v := range answer.Verdicts {
		got = append(got, strings.Join(strings.Fields(strings.Join([]string{v.Tag, v.Verdict, v.Rule, v.Until}, " ")), " "))
	}
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		if fields := strings.Fields(line); len(fields) > 0 {
			expected = append(expected, strings.Join(fields, " "))
		}
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		ts.Fatalf("verdicts (-want +got):\n%s", diff)
	}
}
