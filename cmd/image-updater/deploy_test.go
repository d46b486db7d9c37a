package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/image-updater/image-updater/internal/config"
)

var deployments = filepath.Join("..", "..", "deploy")

func readDeployment[T any](t *testing.T, name ...string) T {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{deployments}, name...)...))
	if err != nil {
		t.Fatal(err)
	}
	var v T
	if err := yaml.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// checkServe holds arguments of serve to the flags that it has.
func checkServe(t *testing.T, args []string) {
	t.Helper()
	root := (&app{}).command()
	cmd, rest, err := root.Find(args)
	if err != nil || cmd.Name() != "serve" {
		t.Fatalf("%q is no call of serve: %v", args, err)
	}
	if err := cmd.ParseFlags(rest); err != nil {
		t.Errorf("%q: %v", args, err)
	}
}

// A pod can do nothing but what it is there for.
func TestDeployKubernetes(t *testing.T) {
	t.Parallel()
	type container struct {
		Args            []string
		SecurityContext map[string]any `yaml:"securityContext"`
	}
	got := readDeployment[struct {
		Spec struct {
			Template struct {
				Spec struct {
					AutomountServiceAccountToken *bool          `yaml:"automountServiceAccountToken"`
					SecurityContext              map[string]any `yaml:"securityContext"`
					Containers                   []container
				}
			}
		}
	}](t, "kubernetes", "deployment.yaml").Spec.Template.Spec
	if got.AutomountServiceAccountToken == nil || *got.AutomountServiceAccountToken {
		t.Error("the pod has a token of its service account")
	}
	if got.SecurityContext["runAsNonRoot"] != true {
		t.Errorf("the pod may run as root: %v", got.SecurityContext)
	}
	want := map[string]any{"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": map[string]any{"drop": []any{"ALL"}}}
	for _, c := range got.Containers {
		if diff := cmp.Diff(want, c.SecurityContext); diff != "" {
			t.Errorf("container (-want +got):\n%s", diff)
		}
		checkServe(t, c.Args)
	}
	if _, err := config.Load(os.DirFS(filepath.Join(deployments, "kubernetes")), []string{"policies.yaml"}); err != nil {
		t.Error(err)
	}
}

func TestKustomizeBuilds(t *testing.T) {
	t.Parallel()
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		t.Skip("kubectl is not installed")
	}
	out, err := exec.CommandContext(t.Context(), kubectl, "kustomize", filepath.Join(deployments, "kubernetes")).Output()
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for decoder := yaml.NewDecoder(bytes.NewReader(out)); ; {
		var object struct{ Kind string }
		if decoder.Decode(&object) != nil {
			break
		}
		kinds = append(kinds, object.Kind)
	}
	slices.Sort(kinds)
	if diff := cmp.Diff([]string{"ConfigMap", "Deployment", "NetworkPolicy", "PersistentVolumeClaim", "Service"}, kinds); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
}

func TestDeployCompose(t *testing.T) {
	t.Parallel()
	got := readDeployment[struct {
		Services map[string]struct {
			Command  []string
			Ports    []string
			ReadOnly bool     `yaml:"read_only"`
			CapDrop  []string `yaml:"cap_drop"`
		}
	}](t, "compose.yaml").Services["image-updater"]
	checkServe(t, got.Command)
	if !got.ReadOnly || !slices.Equal(got.CapDrop, []string{"ALL"}) {
		t.Errorf("the container may do more than it has to: %+v", got)
	}
	for _, port := range got.Ports {
		if !strings.HasPrefix(port, "127.0.0.1:") {
			t.Errorf("port %s is open to everybody, without a credential", port)
		}
	}
}

// What registries have told is kept also by a job that fails, which is when one of them wants to be left alone.
func TestDeployGitHub(t *testing.T) {
	t.Parallel()
	type step struct {
		If, Uses string
		With     map[string]any
	}
	steps := readDeployment[struct{ Runs struct{ Steps []step } }](t, "github", "action.yml").Runs.Steps
	var restored, saved []step
	for _, s := range steps {
		switch {
		case strings.HasPrefix(s.Uses, "actions/cache/restore@"):
			restored = append(restored, s)
		case strings.HasPrefix(s.Uses, "actions/cache/save@"):
			saved = append(saved, s)
		}
	}
	if len(restored) != 1 || len(saved) != 1 || !strings.HasPrefix(saved[0].If, "always() && ") {
		t.Fatalf("restored by %v, saved by %v", restored, saved)
	}
	for _, key := range []string{"path", "key"} {
		if restored[0].With[key] != saved[0].With[key] {
			t.Errorf("%s: %v is restored, and %v saved", key, restored[0].With[key], saved[0].With[key])
		}
	}
}

func TestDeploySystemd(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(deployments, "systemd", "image-updater.service"))
	if err != nil {
		t.Fatal(err)
	}
	settings := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(key, "#") {
			settings[key] = value
		}
	}
	for key, want := range map[string]string{
		"DynamicUser": "yes", "ProtectSystem": "strict", "NoNewPrivileges": "yes", "CapabilityBoundingSet": "",
		"ExecReload": "/bin/kill -HUP $MAINPID",
	} {
		if got, there := settings[key]; !there || got != want {
			t.Errorf("%s=%s, want %s", key, got, want)
		}
	}
	checkServe(t, strings.Fields(settings["ExecStart"])[1:])
}
