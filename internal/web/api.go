package web

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// openapi describes the API. A test holds the answers to it.
//
//go:embed openapi.json
var openapi []byte

// failure is an answer that is an error.
type failure struct {
	code int
	text string
}

func (f *failure) Error() string { return f.text }

func (s *site) routeAPI(mux *http.ServeMux) {
	const root = "/api/v1/"
	mux.HandleFunc(root+"status", s.read(s.apiStatus))
	mux.HandleFunc(root+"policies", s.read(s.apiPolicies))
	mux.HandleFunc(root+"policies/{name}", s.read(s.apiPolicy))
	mux.HandleFunc(root+"policies/{name}/decision", s.read(s.apiDecision))
	mux.HandleFunc(root+"registries", s.read(s.apiRegistries))
	mux.HandleFunc(root+"history", s.read(s.apiHistory))
	mux.HandleFunc(root+"openapi.json", s.read(func(*http.Request, view) (any, error) { return json.RawMessage(openapi), nil }))
	mux.HandleFunc(root+"scan", s.scan)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, http.StatusNotFound, "there is no such resource; /api/v1/openapi.json tells which there are")
	})
}

// read answers with what tell says of the moment.
func (s *site) read(tell func(*http.Request, view) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			writeError(w, http.StatusMethodNotAllowed, "only GET is answered here")
			return
		}
		answer, err := tell(r, view{Status: s.Status(), clock: clock{s.Now()}})
		if f, ok := errors.AsType[*failure](err); ok {
			writeError(w, f.code, f.text)
			return
		}
		if err != nil {
			s.Log.ErrorContext(r.Context(), "an answer could not be made", "url", r.URL.Path, "err", err)
			writeError(w, http.StatusInternalServerError, "the answer could not be made; the log says why")
			return
		}
		s.writeTagged(w, r, answer)
	}
}

// writeTagged writes an answer with its sum as tag, so that who asks again and again is told that nothing is new.
func (s *site) writeTagged(w http.ResponseWriter, r *http.Request, answer any) {
	text, err := encode(answer)
	if err != nil {
		s.Log.ErrorContext(r.Context(), "an answer could not be encoded", "url", r.URL.Path, "err", err)
		writeError(w, http.StatusInternalServerError, "the answer could not be made; the log says why")
		return
	}
	sum := sha256.Sum256(text)
	tag := `"` + hex.EncodeToString(sum[:12]) + `"`
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "private, no-cache")
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	writeJSON(w, http.StatusOK, text)
}

func encode(answer any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(answer)
	return text.Bytes(), err
}

func writeJSON(w http.ResponseWriter, code int, text []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(code)
	_, _ = w.Write(text) // whoever asked has gone
}

// writeError answers with {"error": text}.
func writeError(w http.ResponseWriter, code int, text string) {
	answer, err := encode(map[string]string{"error": text})
	if err != nil {
		panic(err) // a text can be encoded
	}
	writeJSON(w, code, answer)
}

// scan has an image looked at soon: {"image": "nginx"} or {"policy": "nginx"}.
func (s *site) scan(w http.ResponseWriter, r *http.Request) {
	images, err := s.startScan(r)
	if f, ok := errors.AsType[*failure](err); ok {
		if f.code == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", "POST")
		}
		writeError(w, f.code, f.text)
		return
	}
	answer, err := encode(scanned{Images: orEmpty(images)})
	if err != nil {
		panic(err) // texts can be encoded
	}
	writeJSON(w, http.StatusAccepted, answer)
}

// startScan returns only errors that are a failure.
func (s *site) startScan(r *http.Request) ([]string, error) {
	if r.Method != http.MethodPost {
		return nil, &failure{http.StatusMethodNotAllowed, "only POST is answered here"}
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, &failure{http.StatusUnsupportedMediaType, "the body has to be application/json"}
	}
	var asked scanBody
	if err := decode(r.Body, &asked); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, &failure{http.StatusRequestEntityTooLarge, "the body is too long"}
		}
		return nil, &failure{http.StatusBadRequest, `the body has to be {"image": "..."} or {"policy": "..."}`}
	}
	if (asked.Image == "") == (asked.Policy == "") {
		return nil, &failure{http.StatusBadRequest, "either image or policy has to be told"}
	}
	if s.Scan == nil {
		return nil, &failure{http.StatusServiceUnavailable, "nothing can be looked at now"}
	}
	images, err := s.Scan(ScanRequest(asked))
	switch {
	case errors.Is(err, ErrUnknown):
		return nil, &failure{http.StatusNotFound, err.Error()}
	case err != nil:
		return nil, &failure{http.StatusServiceUnavailable, err.Error()}
	}
	return images, nil
}

// decode reads one JSON object with known keys and nothing behind it.
func decode(body io.Reader, into any) error {
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return cmp.Or(err, errors.New("something stands behind the object"))
	}
	return nil
}

func (s *site) apiStatus(_ *http.Request, v view) (any, error) { return v.statusAnswer(), nil }

func (s *site) apiPolicies(r *http.Request, v view) (any, error) {
	q, err := parseQuery(r.URL.Query(), manyRows)
	if err != nil {
		return nil, &failure{http.StatusBadRequest, err.Error()}
	}
	found, total := q.find(v.Policies)
	answer := policiesAnswer{Policies: make([]policyAnswer, len(found)), Total: total}
	for i, p := range found {
		answer.Policies[i] = answerOf(p)
	}
	if q.Page*q.Limit < total {
		values := q.values()
		values.Set("page", strconv.Itoa(q.Page+1))
		values.Set("limit", strconv.Itoa(q.Limit))
		answer.Next = (&url.URL{Path: "/api/v1/policies", RawQuery: values.Encode()}).String()
	}
	return answer, nil
}

func (s *site) apiPolicy(r *http.Request, v view) (any, error) {
	p := v.policyNamed(r.PathValue("name"))
	if p == nil {
		return nil, noPolicy(r)
	}
	return v.policyDetail(p), nil
}

func noPolicy(r *http.Request) error {
	return &failure{http.StatusNotFound, fmt.Sprintf("there is no policy %q", r.PathValue("name"))}
}

// apiDecision says why a reference gets its tag: that of ?git=&file=&line=, else the one that stands for the policy.
func (s *site) apiDecision(r *http.Request, v view) (any, error) {
	p := v.policyNamed(r.PathValue("name"))
	if p == nil {
		return nil, noPolicy(r)
	}
	if s.Explain == nil {
		return nil, &failure{http.StatusServiceUnavailable, "decisions are not told here"}
	}
	values := r.URL.Query()
	ref := referenceOf(p, values)
	if ref == nil || values.Has("file") && ref.File != values.Get("file") {
		return nil, &failure{http.StatusNotFound, "there is no such reference"}
	}
	place := Place{p.Name, ref.Git, ref.File, ref.Line}
	d, err := s.explain(r.Context(), place)
	switch {
	case errors.Is(err, ErrUnknown):
		return nil, &failure{http.StatusNotFound, "there is no such reference any more"}
	case err != nil:
		return nil, &failure{http.StatusServiceUnavailable, strings.TrimSpace(err.Error())}
	}
	return decisionAnswerOf(place, d), nil
}

func (s *site) apiRegistries(_ *http.Request, v view) (any, error) {
	answer := registriesAnswer{Registries: make([]registryAnswer, len(v.Registries))}
	for i := range v.Registries {
		answer.Registries[i] = registryAnswerOf(&v.Registries[i])
	}
	return answer, nil
}

func (s *site) apiHistory(r *http.Request, v view) (any, error) {
	values := r.URL.Query()
	answer := historyAnswer{History: []writtenAnswer{}}
	for i := range v.History {
		w := &v.History[i]
		if (values.Get("policy") == "" || values.Get("policy") == w.Policy) && (values.Get("git") == "" || values.Get("git") == w.Git) {
			answer.History = append(answer.History, writtenAnswerOf(w))
		}
	}
	return answer, nil
}
