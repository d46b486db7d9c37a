package web

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The dashboard and the alerts ask for metrics that there are.
func TestDeployedMetrics(t *testing.T) {
	t.Parallel()
	var known []string
	for _, f := range families {
		known = append(known, nameOf(f.desc.String()))
	}
	histogram := nameOf(passDuration.String())
	known = append(known, histogram+"_bucket", histogram+"_sum", histogram+"_count")
	for _, name := range []string{"grafana/dashboard.json", "prometheus/alerts.yaml"} {
		asked := regexp.MustCompile(`image_updater_\w+`).FindAllString(readDeployed(t, name), -1)
		if len(asked) == 0 {
			t.Errorf("%s asks for nothing", name)
		}
		for _, metric := range asked {
			if !slices.Contains(known, metric) {
				t.Errorf("%s asks for %s, which there is not", name, metric)
			}
		}
	}
}

// Each alert has a line in the documentation, and each line an alert.
func TestDocumentedAlerts(t *testing.T) {
	t.Parallel()
	names := func(text, pattern string) string {
		var all []string
		for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			all = append(all, found[1])
		}
		return strings.Join(all, "\n")
	}
	got := names(readDeployed(t, "../docs/operations.md"), "(?m)^\\| `(ImageUpdater\\w+)` \\|")
	if want := names(readDeployed(t, "prometheus/alerts.yaml"), `- alert: (\w+)`); got != want {
		t.Errorf("docs/operations.md tells of\n%s\nwant\n%s", got, want)
	}
}

// nameOf reads the name out of what a description prints.
func nameOf(desc string) string {
	_, rest, _ := strings.Cut(desc, `fqName: "`)
	name, _, _ := strings.Cut(rest, `"`)
	return name
}

func readDeployed(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "deploy", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
