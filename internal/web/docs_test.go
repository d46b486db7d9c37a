package web_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/status"
	"github.com/image-updater/image-updater/internal/web"
)

// docs/http.md names every metric, every resource of the API and every state, and none that is not there.
func TestDocs(t *testing.T) {
	t.Parallel()
	docs, err := os.ReadFile(filepath.Join("..", "..", "docs", "http.md"))
	if err != nil {
		t.Fatal(err)
	}
	told := func(pattern string) []string {
		var all []string
		for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(docs), -1) {
			all = append(all, found[1])
		}
		slices.Sort(all)
		return slices.Compact(all)
	}

	var metrics []string
	for _, found := range regexp.MustCompile(`# TYPE (image_updater_\S+)`).FindAllStringSubmatch(get(t, web.New(options()), "/metrics"), -1) {
		metrics = append(metrics, found[1])
	}
	slices.Sort(metrics)
	if diff := cmp.Diff(metrics, told("`(image_updater_\\w+)`")); diff != "" {
		t.Errorf("metrics (-there +documented): %s", diff)
	}

	var api struct{ Paths map[string]map[string]any }
	file, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(file, &api); err != nil {
		t.Fatal(err)
	}
	var resources []string
	for path, methods := range api.Paths {
		for method := range methods {
			resources = append(resources, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(resources)
	if diff := cmp.Diff(resources, told("\\| `((?:GET|POST) /api/[^`]+)`")); diff != "" {
		t.Errorf("resources (-there +documented): %s", diff)
	}

	section := string(docs)[strings.Index(string(docs), "### What a state means"):]
	last := 0
	for _, state := range status.States {
		at := strings.Index(section, "\n| "+string(state)+" | ")
		if at < last {
			t.Errorf("state %q is missing, or in another order", state)
		}
		last = at
	}
}
