package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/image-updater/image-updater/internal/status"
	"github.com/image-updater/image-updater/internal/web"
	"github.com/image-updater/image-updater/internal/web/webtest"
)

// fill sets every field of a value to something, so that no answer can leave one out.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(now.Add(-time.Hour)))
			return
		}
		for _, field := range v.Fields() {
			fill(field)
		}
	}
}

// full is a handler of which no answer leaves anything out.
func full() http.Handler {
	var s status.Status
	fill(reflect.ValueOf(&s).Elem())
	s.Policies[0].State, s.Policies[0].References[0].State = status.Waiting, status.Waiting
	link := status.Link{Text: "#1", URL: "https://example.org/1"}
	s.Policies[0].Commit, s.Policies[0].Proposal = link, link
	s.History[0].Commit, s.History[0].Proposal, s.Git[0].Open[0].Link = link, link, link
	second := s.Policies[0]
	second.Name = "text-2"
	s.Policies = append(s.Policies, second)
	var d status.Decision
	fill(reflect.ValueOf(&d).Elem())
	d.Verdicts[0].Verdict = "rejected"
	o := optionsOf(s)
	o.Explain = func(context.Context, web.Place) (status.Decision, error) { return d, nil }
	return web.New(o)
}

// document is the OpenAPI file, without the promise that there may be more fields than it tells.
type document struct {
	compiler *jsonschema.Compiler
	schemas  map[string]any
}

func readDocument(t *testing.T) document {
	t.Helper()
	data, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	closeObjects(parsed)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("openapi.json", parsed); err != nil {
		t.Fatal(err)
	}
	return document{c, parsed.(map[string]any)["components"].(map[string]any)["schemas"].(map[string]any)}
}

// closeObjects forbids in every schema what it does not name.
func closeObjects(node any) {
	switch node := node.(type) {
	case []any:
		for _, n := range node {
			closeObjects(n)
		}
	case map[string]any:
		if _, named := node["properties"].(map[string]any); named && node["type"] == "object" {
			node["additionalProperties"] = false
		}
		for _, n := range node {
			closeObjects(n)
		}
	}
}

// schemaAt tells the reference to the schema of an answer.
func schemaAt(path, method string, code int) string {
	escaped := strings.ReplaceAll(strings.ReplaceAll(path, "~", "~0"), "/", "~1")
	escaped = strings.NewReplacer("{", "%7B", "}", "%7D").Replace(escaped)
	return fmt.Sprintf("openapi.json#/paths/%s/%s/responses/%d/content/application~1json/schema", escaped, strings.ToLower(method), code)
}

// Every answer is as the OpenAPI file says, and has no field that it does not tell.
func TestAnswersAreDocumented(t *testing.T) {
	t.Parallel()
	doc := readDocument(t)
	rich, everything := web.New(options()), full()
	closed := options()
	closed.Credentials = func() web.Credentials { return web.Credentials{} }
	locked := web.New(closed)
	mute := options()
	mute.Explain, mute.Scan = nil, nil
	for _, test := range []struct {
		name              string
		handler           http.Handler
		method, url, body string
		path              string // of the document
		code              int
	}{
		{"status", rich, "GET", "/api/v1/status", "", "/api/v1/status", 200},
		{"status of everything", everything, "GET", "/api/v1/status", "", "/api/v1/status", 200},
		{"status of nothing", web.New(optionsOf(status.Status{})), "GET", "/api/v1/status", "", "/api/v1/status", 200},
		{"status without a credential", locked, "GET", "/api/v1/status", "", "/api/v1/status", 401},
		{"policies", rich, "GET", "/api/v1/policies?limit=1000", "", "/api/v1/policies", 200},
		{"policies of everything", everything, "GET", "/api/v1/policies?limit=1", "", "/api/v1/policies", 200},
		{"policies of nothing", web.New(optionsOf(status.Status{})), "GET", "/api/v1/policies", "", "/api/v1/policies", 200},
		{"policies, one state", rich, "GET", "/api/v1/policies?state=up-to-date&state=held&sort=name&page=2", "", "/api/v1/policies", 200},
		{"policies, no such state", rich, "GET", "/api/v1/policies?state=fine", "", "/api/v1/policies", 400},
		{"policies, too many", rich, "GET", "/api/v1/policies?limit=1001", "", "/api/v1/policies", 400},
		{"policy", rich, "GET", "/api/v1/policies/nginx", "", "/api/v1/policies/{name}", 200},
		{"policy of everything", everything, "GET", "/api/v1/policies/text", "", "/api/v1/policies/{name}", 200},
		{"no policy", rich, "GET", "/api/v1/policies/nobody", "", "/api/v1/policies/{name}", 404},
		{"decision", rich, "GET", "/api/v1/policies/nginx/decision", "", "/api/v1/policies/{name}/decision", 200},
		{"decision of everything", everything, "GET", "/api/v1/policies/text/decision", "", "/api/v1/policies/{name}/decision", 200},
		{"decision, another place", rich, "GET", "/api/v1/policies/nginx/decision?git=fleet&file=apps/docs/values.yaml&line=31", "", "/api/v1/policies/{name}/decision", 200},
		{"decision of nobody", rich, "GET", "/api/v1/policies/nobody/decision", "", "/api/v1/policies/{name}/decision", 404},
		{"decision, no such place", rich, "GET", "/api/v1/policies/nginx/decision?git=fleet&file=apps/none.yaml&line=1", "", "/api/v1/policies/{name}/decision", 404},
		{"decision, not in Git", rich, "GET", "/api/v1/policies/old-gateway/decision", "", "/api/v1/policies/{name}/decision", 404},
		{"no decisions", web.New(mute), "GET", "/api/v1/policies/nginx/decision", "", "/api/v1/policies/{name}/decision", 503},
		{"registries", rich, "GET", "/api/v1/registries", "", "/api/v1/registries", 200},
		{"registries of everything", everything, "GET", "/api/v1/registries", "", "/api/v1/registries", 200},
		{"history", rich, "GET", "/api/v1/history?policy=nginx", "", "/api/v1/history", 200},
		{"history of everything", everything, "GET", "/api/v1/history", "", "/api/v1/history", 200},
		{"history of nothing", rich, "GET", "/api/v1/history?git=nobody", "", "/api/v1/history", 200},
		{"scan", rich, "POST", "/api/v1/scan", `{"policy":"nginx"}`, "/api/v1/scan", 202},
		{"scan of nobody", rich, "POST", "/api/v1/scan", `{"policy":"nobody"}`, "/api/v1/scan", 404},
		{"scan of both", rich, "POST", "/api/v1/scan", `{"policy":"nginx","image":"nginx"}`, "/api/v1/scan", 400},
		{"scan of neither", rich, "POST", "/api/v1/scan", `{}`, "/api/v1/scan", 400},
		{"scan, unknown key", rich, "POST", "/api/v1/scan", `{"policies":"nginx"}`, "/api/v1/scan", 400},
		{"scan, two objects", rich, "POST", "/api/v1/scan", `{"policy":"nginx"}{}`, "/api/v1/scan", 400},
		{"scan, no JSON", rich, "POST", "/api/v1/scan", `policy=nginx`, "/api/v1/scan", 400},
		{"scan, long", rich, "POST", "/api/v1/scan", `{"policy":"` + strings.Repeat("x", 20<<10) + `"}`, "/api/v1/scan", 413},
		{"no scans", web.New(mute), "POST", "/api/v1/scan", `{"policy":"nginx"}`, "/api/v1/scan", 503},
	} {
		t.Run(test.name, func(t *testing.T) {
			schema, err := doc.compiler.Compile(schemaAt(test.path, test.method, test.code))
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequestWithContext(t.Context(), test.method, test.url, strings.NewReader(test.body))
			if test.body != "" {
				r.Header.Set("Content-Type", "application/json")
			}
			answer, body := ask(t, test.handler, r)
			if answer.StatusCode != test.code || answer.Header.Get("Content-Type") != "application/json" {
				t.Fatalf("answered %s as %s\n%s", answer.Status, answer.Header.Get("Content-Type"), body)
			}
			value, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(value); err != nil {
				t.Errorf("%v\n%s", err, body)
			}
		})
	}
}

// A field that is documented is told, where there is something to tell.
func TestDocumentedFieldsAreTold(t *testing.T) {
	t.Parallel()
	doc := readDocument(t)
	h := full()
	for schema, url := range map[string]string{
		"Status": "/api/v1/status", "Policies": "/api/v1/policies?limit=1", "PolicyDetail": "/api/v1/policies/text",
		"Decision": "/api/v1/policies/text/decision", "Registries": "/api/v1/registries", "History": "/api/v1/history",
	} {
		var value any
		if err := json.Unmarshal([]byte(get(t, h, url)), &value); err != nil {
			t.Fatal(err)
		}
		for _, missing := range doc.untold(schema, doc.schemas[schema], value) {
			t.Errorf("%s: %s is documented and not told", url, missing)
		}
	}
}

// untold lists the properties of a schema that a value lacks.
func (d document) untold(at string, schema, value any) []string {
	s := schema.(map[string]any)
	if to, refers := s["$ref"].(string); refers {
		return d.untold(at, d.schemas[to[strings.LastIndex(to, "/")+1:]], value)
	}
	var missing []string
	if items, isList := s["items"]; isList {
		list := value.([]any)
		if len(list) == 0 {
			return []string{at + "[]"}
		}
		return d.untold(at+"[]", items, list[0])
	}
	properties, _ := s["properties"].(map[string]any)
	for name, property := range properties {
		told, found := value.(map[string]any)[name]
		if !found {
			missing = append(missing, at+"."+name)
			continue
		}
		missing = append(missing, d.untold(at+"."+name, property, told)...)
	}
	slices.Sort(missing)
	return missing
}

func TestScanAsks(t *testing.T) {
	t.Parallel()
	var asked []web.ScanRequest
	o := options()
	o.Scan = func(r web.ScanRequest) ([]string, error) {
		asked = append(asked, r)
		return []string{"docker.io/library/nginx"}, nil
	}
	h := web.New(o)
	post := func(kind, site, body string) (*http.Response, string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/scan", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Sec-Fetch-Site", site)
		return ask(t, h, r)
	}
	if answer, body := post("application/json; charset=utf-8", "same-origin", `{"image":"nginx"}`); answer.StatusCode != http.StatusAccepted ||
		body != `{"images":["docker.io/library/nginx"]}`+"\n" {
		t.Errorf("%s %s", answer.Status, body)
	}
	if answer, body := post("application/json", "cross-site", `{"image":"nginx"}`); answer.StatusCode != http.StatusForbidden {
		t.Errorf("a page of another origin was answered %s %s", answer.Status, body)
	}
	if answer, body := post("application/x-www-form-urlencoded", "same-origin", "image=nginx"); answer.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("a form was answered %s %s", answer.Status, body)
	}
	if want := []web.ScanRequest{{Image: "nginx"}}; !slices.Equal(asked, want) {
		t.Errorf("asked for %v, want %v", asked, want)
	}
	answer, body := ask(t, h, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/scan", nil))
	if answer.StatusCode != http.StatusMethodNotAllowed || answer.Header.Get("Allow") != "POST" {
		t.Errorf("GET was answered %s %s", answer.Status, body)
	}
}

// Who shows the ETag of the last answer is told that nothing is new, until there is.
func TestETag(t *testing.T) {
	t.Parallel()
	s := webtest.Status(now)
	o := options()
	o.Status = func() status.Status { return s }
	h := web.New(o)
	fetch := func(tag string) *http.Response {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/registries", nil)
		r.Header.Set("If-None-Match", tag)
		answer, _ := ask(t, h, r)
		return answer
	}
	tag := fetch("").Header.Get("ETag")
	if again := fetch(tag); tag == "" || again.StatusCode != http.StatusNotModified {
		t.Errorf("the tag %s was answered %s", tag, again.Status)
	}
	s.Registries = s.Registries[1:]
	if changed := fetch(tag); changed.StatusCode != http.StatusOK || changed.Header.Get("ETag") == tag {
		t.Errorf("after a change: %s, tag %s", changed.Status, changed.Header.Get("ETag"))
	}
}

func TestPoliciesArePaged(t *testing.T) {
	t.Parallel()
	h := web.New(optionsOf(webtest.Large(now, 2500)))
	seen := map[string]bool{}
	pages := 0
	for next := "/api/v1/policies?q=service&limit=1000&sort=name"; next != ""; pages++ {
		var page struct {
			Policies []struct{ Name string }
			Total    int
			Next     string
		}
		if err := json.Unmarshal([]byte(get(t, h, next)), &page); err != nil {
			t.Fatal(err)
		}
		if page.Total != 2500 {
			t.Fatalf("%s: %d in all", next, page.Total)
		}
		for _, p := range page.Policies {
			seen[p.Name] = true
		}
		next = page.Next
	}
	if pages != 3 || len(seen) != 2500 {
		t.Errorf("%d pages with %d policies", pages, len(seen))
	}
}
