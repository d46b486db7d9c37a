package integration

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Kinds of requests a registry client makes. A pull is what registries count and bill.
const (
	ping  = "ping"
	token = "token"
	list  = "list"
	head  = "manifest HEAD"
	pull  = "manifest GET"
	blob  = "blob"
	other = "other"
)

// meter counts the requests that arrive at a registry by kind.
type meter struct {
	mu   sync.Mutex // guards the fields that follow
	next http.Handler
	by   map[string]int
}

// pass makes next answer the requests. It comes after the server is started, for its address is part of the answers.
func (m *meter) pass(next http.Handler) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next = next
}

func (m *meter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	if m.by == nil {
		m.by = map[string]int{}
	}
	m.by[kindOf(r)]++
	next := m.next
	m.mu.Unlock()
	next.ServeHTTP(w, r)
}

// take returns the counts since the last call.
func (m *meter) take() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	counts := m.by
	m.by = nil
	if counts == nil {
		counts = map[string]int{}
	}
	return counts
}

func kindOf(r *http.Request) string {
	switch path := r.URL.Path; {
	case path == "/v2/" || path == "/v2":
		return ping
	case path == "/token":
		return token
	case strings.HasSuffix(path, "/tags/list"):
		return list
	case strings.Contains(path, "/manifests/") && r.Method == http.MethodHead:
		return head
	case strings.Contains(path, "/manifests/") && r.Method == http.MethodGet:
		return pull
	case strings.Contains(path, "/blobs/"):
		return blob
	default:
		return other
	}
}

// show prints counts in the order of their names.
func show(counts map[string]int) string {
	var b strings.Builder
	for i, kind := range slices.Sorted(maps.Keys(counts)) {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%d %s", counts[kind], kind)
	}
	return b.String()
}
