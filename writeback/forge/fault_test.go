package forge_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/image-updater/image-updater/internal/forgetest"
	"github.com/image-updater/image-updater/writeback/forge"
)

// headers is a header of one field.
func headers(name, value string) http.Header {
	return http.Header{http.CanonicalHeaderKey(name): {value}}
}

func TestRateLimitShort(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		c.push(t, head)
		c.fake.Set(forgetest.Fault{Status: 429, Header: headers("Retry-After", "7"), Times: 2})
		begun := time.Now()
		p, err := c.forge.Create(t.Context(), proposal) // what was refused was not done, so a write is made again, too
		if took := time.Since(begun); err != nil || p.Number != 1 || took != 14*time.Second {
			t.Errorf("%d after %s, %v", p.Number, took, err)
		}
	})
}

// TestRateLimitLong expects that a forge which wants to be left alone is.
func TestRateLimitLong(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		c.fake.Set(forgetest.Fault{Status: 429, Header: headers("Retry-After", "600"), Times: 1})
		begun := time.Now()
		for range 3 {
			_, err := c.forge.Find(t.Context(), head, base)
			e, is := errors.AsType[*forge.RateLimitError](err)
			if !is || !e.Until.Equal(begun.Add(600*time.Second)) || !strings.Contains(err.Error(), "wants no more requests until ") {
				t.Errorf("%v, want until %s", err, begun.Add(600*time.Second))
			}
		}
		if n := c.fake.Count(""); n != 1 || time.Since(begun) != 0 {
			t.Errorf("%d requests in %s, want 1 at once", n, time.Since(begun))
		}
		time.Sleep(600 * time.Second)
		c.find(t)
	})
}

func TestRateLimitOften(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		c.fake.Set(forgetest.Fault{Status: 429, Header: headers("Retry-After", "2")})
		_, err := c.forge.Find(t.Context(), head, base)
		if e, is := errors.AsType[*forge.RateLimitError](err); !is || !e.Until.Equal(time.Now().Add(2*time.Second)) || c.fake.Count("") != 3 {
			t.Errorf("%v after %d requests", err, c.fake.Count(""))
		}
	})
}

func TestRateLimitForms(t *testing.T) {
	t.Parallel()
	const secondary = `{"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}`
	for _, test := range []struct {
		name  string
		fault func(now time.Time) forgetest.Fault
		after time.Duration // 0: it is none
	}{
		{"429 that tells nothing", func(time.Time) forgetest.Fault { return forgetest.Fault{Status: 429} }, time.Minute},
		{"403 with Retry-After", func(time.Time) forgetest.Fault {
			return forgetest.Fault{Status: 403, Header: headers("Retry-After", "60"), Body: secondary}
		}, time.Minute},
		{"403 by its words", func(time.Time) forgetest.Fault { return forgetest.Fault{Status: 403, Body: secondary} }, time.Minute},
		{"403 with nothing left", func(now time.Time) forgetest.Fault {
			return forgetest.Fault{Status: 403, Header: http.Header{
				"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {fmt.Sprint(now.Add(20 * time.Minute).Unix())}}}
		}, 20*time.Minute + time.Second},
		{"403 with some left", func(time.Time) forgetest.Fault {
			return forgetest.Fault{Status: 403, Header: headers("X-RateLimit-Remaining", "17"), Body: `{"message": "no"}`}
		}, 0},
		{"a date", func(now time.Time) forgetest.Fault {
			return forgetest.Fault{Status: 429, Header: headers("Retry-After", now.Add(time.Hour).UTC().Format(http.TimeFormat))}
		}, time.Hour},
		{"seconds to the reset", func(time.Time) forgetest.Fault {
			return forgetest.Fault{Status: 429, Header: headers("RateLimit-Reset", "90")}
		}, 90 * time.Second},
		{"for ever", func(time.Time) forgetest.Fault {
			return forgetest.Fault{Status: 429, Header: headers("Retry-After", "99999999999")}
		}, 24 * time.Hour},
		{"nonsense", func(time.Time) forgetest.Fault {
			return forgetest.Fault{Status: 429, Header: headers("Retry-After", "soon")}
		}, time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newConformance(t, forgetest.GitHub, nil)
				c.fake.Set(test.fault(time.Now()))
				_, err := c.forge.Find(t.Context(), head, base)
				e, is := errors.AsType[*forge.RateLimitError](err)
				if is != (test.after != 0) || is && time.Until(e.Until) != test.after {
					t.Errorf("%v at %s, want it after %s", err, time.Now(), test.after)
				}
			})
		})
	}
}

// TestWritesApart holds what GitHub asks for: a burst is fine, more than that comes a second apart.
func TestWritesApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newConformance(t, forgetest.GitHub, nil)
		p := c.open(t)
		begun := time.Now()
		for range 29 {
			must(t, c.forge.Comment(t.Context(), p, "x"))
		}
		if took := time.Since(begun); took < 19*time.Second || took > 20*time.Second {
			t.Errorf("30 writes took %s", took)
		}
		before := time.Now()
		c.find(t)
		if time.Since(before) != 0 {
			t.Error("a read had to wait")
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		reason := errors.New("enough")
		cancel(reason)
		if err := c.forge.Comment(ctx, p, "x"); !errors.Is(err, reason) {
			t.Errorf("%v, want %v", err, reason)
		}
	})
}

// TestReadsAgain expects that a passing fault is passed over when nothing can be done twice.
func TestReadsAgain(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		for _, fault := range []forgetest.Fault{{Status: 502, Body: "<html>Bad gateway</html>"}, {Cut: true}} {
			fault.Times = 2
			c.fake.Set(fault)
			c.fake.Forget()
			if found, err := c.forge.Find(t.Context(), head, base); err != nil || len(found) != 0 || c.fake.Count("") != 3 {
				t.Errorf("%v, %v after %d requests", found, err, c.fake.Count(""))
			}
			fault.Times = 0
			c.fake.Set(fault)
			c.fake.Forget()
			if _, err := c.forge.Find(t.Context(), head, base); err == nil || c.fake.Count("") != 3 || strings.Contains(err.Error(), "html") {
				t.Errorf("%v after %d requests", err, c.fake.Count(""))
			}
		}
	})
}

func TestSlow(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		c.fake.Set(forgetest.Fault{Delay: time.Hour})
		begun := time.Now()
		_, err := c.forge.Find(t.Context(), head, base)
		if err == nil || time.Since(begun) != 30*time.Second || !strings.HasSuffix(err.Error(), "no answer within 30s") {
			t.Errorf("%v after %s", err, time.Since(begun))
		}
	})
}

func TestStops(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		reason := errors.New("enough")
		for _, fault := range []forgetest.Fault{
			{Delay: time.Hour},
			{Status: 429, Header: headers("Retry-After", "10")},
			{Status: 503},
		} {
			c.fake.Set(fault)
			ctx, cancel := context.WithCancelCause(t.Context())
			stop := time.AfterFunc(100*time.Millisecond, func() { cancel(reason) })
			begun := time.Now()
			_, err := c.forge.Create(ctx, proposal)
			if !errors.Is(err, reason) || time.Since(begun) != 100*time.Millisecond {
				t.Errorf("%v after %s, want %v", err, time.Since(begun), reason)
			}
			stop.Stop()
			cancel(nil)
		}
	})
}

// TestHostile expects an error, and a short one, of every answer that is none; never a panic or a second request for it.
func TestHostile(t *testing.T) {
	ok := func(body string) forgetest.Fault { return forgetest.Fault{Status: 200, Body: body} }
	tests := []struct {
		name  string
		fault forgetest.Fault
		want  string
	}{
		{"HTML", ok("<!DOCTYPE html><title>Sign in</title>hunter2"), "answered 200 with a page of HTML: is this the forge's API (git[].forge.url), and is it a forge of kind "},
		{"no JSON", ok("hunter2"), "answered 200 with what is no JSON"},
		{"half of it", ok(`{"values": [{"id": 1,`), "answered 200 with what is no JSON"},
		{"a string", ok(`"hunter2"`), "answered 200 with JSON whose "},
		{"a long number", ok(`[{"number": ` + strings.Repeat("9", 10000) + `}]`), ""},
		{"wrong types", ok(`{"values": [{"id": "hunter2"}], "value": [{"pullRequestId": "hunter2"}]}`), ""},
		{"wrong types in a list", ok(`[{"number": {}, "iid": []}]`), ""},
		{"too long", ok(`["` + strings.Repeat("x", 16<<20) + `"]`), "answered with more than 16777216 bytes"},
		{"deep", ok(strings.Repeat("[", 100000)), "answered 200 with what is no JSON"},
		{"redirect", forgetest.Fault{Status: 302, Header: headers("Location", "https://evil.example/x?y=hunter2")}, "answered 302 found (a redirect that is not followed, to https://evil.example)"},
		{"redirect with another scheme", forgetest.Fault{Status: 307, Header: headers("Location", "https://127.0.0.1:3000/")}, "(a redirect that is not followed, to https://127.0.0.1:3000)"},
		{"redirect to nowhere", forgetest.Fault{Status: 301}, ""},
		{"long words", forgetest.Fault{Status: 400, Body: `{"message": "` + strings.Repeat("long ", 1000) + `"}`}, "answered 400 bad request: long long "},
		{"words that move the cursor", forgetest.Fault{Status: 400, Body: `{"message": "a\u001b[2Jb\nc"}`}, "answered 400 bad request: a [2Jb c"},
		{"words in odd places", forgetest.Fault{Status: 400, Body: `{"message": {"title": ["is too long"], "a": {"b": {"c": {"d": {"e": "f"}}}}}, "errors": [1, null, {"x": 2}]}`}, "title: is too long"},
		{"HTML of an error", forgetest.Fault{Status: 400, Body: "<html>hunter2</html>"}, "answered 400 bad request"},
	}
	onAll(t, func(t *testing.T, c *conformance) {
		for _, test := range tests {
			c.fake.Set(test.fault)
			for name, call := range map[string]func() error{
				"find":     func() error { _, err := c.forge.Find(t.Context(), head, base); return err },
				"create":   func() error { _, err := c.forge.Create(t.Context(), proposal); return err },
				"comments": func() error { _, err := c.forge.Comments(t.Context(), forge.PullRequest{Number: 1}); return err },
			} {
				err := call()
				if err == nil && test.want == "" {
					continue // a list of one forge is what the answer of another is: not all of these are wrong everywhere
				}
				if text := fmt.Sprint(err); err == nil || !strings.Contains(text, test.want) || strings.Contains(text, "hunter2") ||
					len(text) > 700 || strings.ContainsAny(text, "\x1b\n") {
					t.Errorf("%s: %s: %.800s, want %q", test.name, name, text, test.want)
				}
			}
		}
		for _, h := range c.hosts {
			if h != "127.0.0.1:3000" {
				t.Errorf("%s was asked", h)
			}
		}
	})
}

// TestRedirect follows a repository that was moved, on the same host, with the method as it was.
func TestRedirect(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		c.push(t, head)
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			c.fake.Set(forgetest.Fault{Method: method, Times: 1, Instead: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", r.URL.RequestURI())
				w.WriteHeader(http.StatusTemporaryRedirect)
			}})
			var err error
			if method == http.MethodGet {
				_, err = c.forge.Find(t.Context(), head, base)
			} else {
				_, err = c.forge.Create(t.Context(), proposal)
			}
			must(t, err)
		}
		c.fake.Set(forgetest.Fault{Instead: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", r.URL.RequestURI())
			w.WriteHeader(http.StatusTemporaryRedirect)
		}})
		c.fake.Forget()
		if _, err := c.forge.Find(t.Context(), head, base); err == nil || c.fake.Count("") > 5 {
			t.Errorf("in a circle: %v after %d requests", err, c.fake.Count(""))
		}
	})
}

// TestSecrets has servers that say what they were told in confidence, in every form.
func TestSecrets(t *testing.T) {
	t.Parallel()
	const token, password = "glpat-s3cr3t+/%20", "p4ssw0rd"
	for _, kind := range forgetest.Kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newConformance(t, kind, func(o *forge.Options) {
					o.Remote = strings.Replace(o.Remote, "http://", "http://me:"+password+"@", 1)
					o.Token = func(context.Context) (string, error) { return token, nil }
				})
				for _, status := range []int{400, 401, 403, 404, 409, 422, 429, 500, 302} {
					c.fake.Set(forgetest.Fault{Instead: func(w http.ResponseWriter, r *http.Request) {
						w.Header().Set("Location", "/"+token)
						w.WriteHeader(status)
						said := r.Header.Get("Authorization")
						fmt.Fprintf(w, `{"message": "%s %s %s %s %s"}`, said, token, url.QueryEscape(token), url.PathEscape(token), password)
					}})
					for _, err := range []error{
						func() error { _, err := c.forge.Find(t.Context(), head, base); return err }(),
						func() error { _, err := c.forge.Create(t.Context(), proposal); return err }(),
						c.forge.Comment(t.Context(), forge.PullRequest{Number: 1}, "x"),
					} {
						if err == nil && kind == forgetest.Gitea && status == 404 {
							continue // there is no such pull request
						}
						if err == nil {
							t.Fatalf("%d: no error", status)
						}
						for _, secret := range []string{
							token, password, url.QueryEscape(token), url.PathEscape(token), base64.StdEncoding.EncodeToString([]byte(":" + token)),
						} {
							if strings.Contains(err.Error(), secret) {
								t.Errorf("%d: %v holds %q", status, err, secret)
							}
						}
					}
					time.Sleep(time.Hour) // past the pause after a 429
				}
			})
		})
	}
}

func TestToken(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		c.fake.SetToken("another")
		_, err := c.forge.Find(t.Context(), head, base)
		e, is := errors.AsType[*forge.StatusError](err)
		if !is || e.Status != 401 && e.Status != 203 || !strings.Contains(err.Error(), "is it the right one, and still good?") || c.fake.Count("") != 1 {
			t.Errorf("%v after %d requests", err, c.fake.Count(""))
		}
	})
}

// TestTokenRenewed expects one more try with another token, and no more of them than helps.
func TestTokenRenewed(t *testing.T) {
	t.Parallel()
	for _, kind := range forgetest.Kinds {
		if kind == forgetest.AzureDevOps {
			continue // it does not say 401
		}
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				current, renewals := forgetest.Token, 0
				c := newConformance(t, kind, func(o *forge.Options) {
					o.Token = func(context.Context) (string, error) { return current, nil }
					o.Refused = func(refused string) {
						if renewals++; refused == current {
							current = fmt.Sprint("renewed-", renewals)
						}
					}
				})
				c.find(t)
				c.fake.SetToken("renewed-1")
				c.fake.Forget()
				c.find(t)
				if renewals != 1 || c.fake.Count("") != 2 {
					t.Errorf("%d renewals, %d requests", renewals, c.fake.Count(""))
				}
				c.fake.SetToken("never")
				c.fake.Forget()
				for range 3 {
					if _, err := c.forge.Find(t.Context(), head, base); err == nil {
						t.Error("no error")
					}
				}
				if renewals != 2 || c.fake.Count("") != 4 {
					t.Errorf("%d renewals, %d requests", renewals, c.fake.Count(""))
				}
			})
		})
	}
}

func TestTokenError(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		reason := errors.New("no key")
		c = newConformance(t, c.kind, func(o *forge.Options) {
			o.Token = func(context.Context) (string, error) { return "", reason }
		})
		if _, err := c.forge.Find(t.Context(), head, base); !errors.Is(err, reason) || c.fake.Count("") != 0 {
			t.Errorf("%v after %d requests", err, c.fake.Count(""))
		}
	})
}
