package registry

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
)

// digit returns a digest of one digit.
func digit(d string) image.Digest { return image.Digest("sha256:" + strings.Repeat(d, 64)) }

func TestParseManifest(t *testing.T) {
	t.Parallel()
	const oci = `"mediaType":"application/vnd.oci.image.config.v1+json"`
	entry := func(digest, platform string) string {
		return fmt.Sprintf(`{"digest":%q,"platform":{%s}}`, digit(digest), platform)
	}
	amd64, arm64 := entry("1", `"os":"linux","architecture":"amd64"`), entry("2", `"os":"linux","architecture":"arm64","variant":"v8"`)
	windows := entry("3", `"os":"windows","architecture":"amd64","os.version":"10.0.17763.6893"`)
	attestation := entry("4", `"os":"unknown","architecture":"unknown"`)
	bare := fmt.Sprintf(`{"digest":%q}`, digit("5"))
	for _, test := range []struct {
		name, body string
		want       manifest
	}{
		{"manifest", `{"config":{` + oci + `,"digest":"` + string(digit("0")) + `"},"layers":[]}`, manifest{Config: digit("0")}},
		{"config of another kind", `{"config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"` + string(digit("0")) + `"}}`, manifest{}},
		{"config that is none", `{"config":{` + oci + `,"digest":"sha256:1"}}`, manifest{}},
		{"index", `{"manifests":[` + arm64 + `,` + attestation + `,` + amd64 + `,` + windows + `]}`,
			manifest{Child: digit("1"), Platforms: platforms(t, "linux/arm64/v8", "linux/amd64", "windows/amd64")}},
		{"index without linux/amd64", `{"manifests":[` + bare + `,` + windows + `,` + windows + `,` + arm64 + `]}`,
			manifest{Child: digit("3"), Platforms: platforms(t, "windows/amd64", "linux/arm64/v8")}},
		{"index without platforms", `{"manifests":[` + attestation + `,` + bare + `]}`, manifest{Child: digit("5")}},
		{"attestation by annotation", `{"manifests":[{"digest":"` + string(digit("6")) + `","platform":{"os":"linux","architecture":"amd64"},` +
			`"annotations":{"vnd.docker.reference.type":"attestation-manifest"}}]}`, manifest{}},
		{"platform that is none", `{"manifests":[` + entry("7", `"os":"li\nnux","architecture":"amd64"`) + `]}`, manifest{}},
		{"wrong types", `{"manifests":{}}`, manifest{}},
		{"schema 1", `{"schemaVersion":1,"architecture":"amd64","fsLayers":[]}`, manifest{}},
	} {
		got := parseManifest([]byte(test.body))
		got.Images = "" // TestSameImages is about them
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestParseConfig(t *testing.T) {
	t.Parallel()
	amd64 := image.Platform{OS: "linux", Architecture: "amd64"}
	for _, test := range []struct {
		body string
		want config
	}{
		{`{"os":"linux","architecture":"amd64","created":"2026-05-01T12:00:00.5+02:00"}`,
			config{Platform: amd64, Created: time.Date(2026, 5, 1, 10, 0, 0, 5e8, time.UTC)}},
		{`{"os":"linux","architecture":"amd64","created":"yesterday"}`, config{Platform: amd64}},
		{`{"created":"2026-11-21T12:00:00Z"}`, config{Created: noon}},
		{`{"created":"9999-12-31T23:59:59-23:00"}`, config{}},
		{`{"created":"0000-01-01T00:00:00+23:00"}`, config{}},
		{`{"os":7}`, config{}},
		{`{"created":"2026-11-21T12:00:00Z","config":{"Labels":null}}`, config{Created: noon}},
		{`{"created":"2026-11-21T12:00:00Z","config":["Labels"]}`, config{Created: noon}},
		{`{"created":"2026-11-21T12:00:00Z","config":{"Labels":["a"]}}`, config{Created: noon}},
		{`{"config":{"Labels":{"org.opencontainers.image.source":7,"org.opencontainers.image.revision":"4e1a"}}}`, config{Origin: Origin{Revision: "4e1a"}}},
		{``, config{}},
	} {
		if diff := cmp.Diff(test.want, parseConfig([]byte(test.body))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.body, diff)
		}
	}
}

// FuzzParseManifest: whatever a registry serves, what is kept of it is bounded and holds nothing but platforms and
// digests.
func FuzzParseManifest(f *testing.F) {
	f.Add([]byte(`{"manifests":[{"digest":"` + string(digit("1")) + `","platform":{"os":"linux","architecture":"amd64"}}]}`))
	f.Add([]byte(`{"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"` + string(digit("0")) + `"}}`))
	f.Add([]byte(`{"manifests":[],"annotations":{"org.opencontainers.image.source":"https://git.example"},"config":{"Labels":{"org.opencontainers.image.url":"a"}}}`))
	f.Add([]byte(`{"os":"linux","architecture":"amd64","created":"9999-12-31T23:59:59-23:00"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, c := parseManifest(body), parseConfig(body)
		if _, err := json.Marshal(c); err != nil {
			t.Fatal(err)
		}
		for _, digest := range []image.Digest{m.Child, m.Config} {
			if digest == "" {
				continue
			}
			if _, err := image.ParseDigest(string(digest)); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range append(m.Platforms, c.Platform) {
			if _, err := image.ParsePlatform(p.String()); err != nil && p != (image.Platform{}) {
				t.Fatal(err)
			}
		}
		for _, text := range []string{m.Origin.Source, m.Origin.Revision, c.Origin.Version, c.Origin.URL} {
			if len(text) > maxAnnotation || strings.ContainsAny(text, "\n\x1b") {
				t.Fatalf("%q", text)
			}
		}
		if m.Child != "" && m.Config != "" || len(m.Platforms) > maxPlatforms {
			t.Fatalf("%+v", m)
		}
	})
}
