package registry

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestScanPage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		in   string
		want []string
		ok   bool
	}{
		{`{"name":"library/nginx","tags":["1.27.3","1.27.4"]}`, []string{"1.27.3", "1.27.4"}, true},
		{" {\n\t\"tags\" : [ \"a\" , \"b\" ] ,\r\n \"name\" : \"x\" } \n", []string{"a", "b"}, true},
		{`{"name":"x","tags":[]}`, []string{}, true},
		{`{"name":"x","tags":null}`, nil, true},
		{`{"name":"x"}`, nil, true},
		{`{"tags":[""]}`, []string{""}, true},
		{in: `{}`},
		{in: `{"tags":["a"]`},
		{in: `{"tags":["a"]}}`},
		{in: `{"tags":["a",]}`},
		{in: `{"tags":["a"],}`},
		{in: `{"tags":["a"],"tags":["b"]}`},
		{in: `{"tags":["a"],"next":"x"}`},
		{in: `{"tags":["\u0061"]}`},
		{in: `{"tags":["é"]}`},
		{in: `{"tags":[1]}`},
		{in: `{"tags":nullx}`},
		{in: `{"tags":"a"}`},
		{in: `["a"]`},
		{in: ``},
	} {
		got, ok := scanPage([]byte(test.in))
		if ok != test.ok || !slices.Equal(got, test.want) {
			t.Errorf("scanPage(%s) = %q, %v, want %q, %v", test.in, got, ok, test.want, test.ok)
		}
	}
}

// FuzzPage: what the short way takes, encoding/json takes too, and reads the same tags.
func FuzzPage(f *testing.F) {
	f.Add([]byte(`{"name":"library/nginx","tags":["1.27.3","1.27.4"]}`))
	f.Add([]byte(` { "tags" : null , "name" : "x" } `))
	f.Add([]byte(`{"tags":["a","b"],"manifest":{}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, ok := scanPage(body)
		if !ok {
			parsePage(body)
			return
		}
		var want struct {
			Tags []string `json:"tags"`
		}
		if err := json.Unmarshal(body, &want); err != nil || !slices.Equal(got, want.Tags) || (got == nil) != (want.Tags == nil) {
			t.Errorf("scanPage(%q) = %q; encoding/json reads %q, %v", body, got, want.Tags, err)
		}
	})
}
