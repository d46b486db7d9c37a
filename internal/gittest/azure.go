package gittest

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// azureCapabilities are what Azure DevOps offers to who fetches.
var azureCapabilities = []string{
	"multi_ack", "thin-pack", "side-band", "side-band-64k", "no-progress", "multi_ack_detailed", "no-done", "shallow",
	"allow-tip-sha1-in-want", "filter", "symref",
}

// azureFilters are the partial clones that it knows.
var azureFilters = []string{"blob:none", "tree:0"}

// azure serves as Azure DevOps does where that differs from Git: it offers less, and refuses whoever asks otherwise. A
// client that tells what it has is refused, too: what Azure answers then is not known well enough to build upon.
func (s *Server) azure(w http.ResponseWriter, r *http.Request, req Request, f Faults) {
	if req.Service != UploadPack {
		s.backend(f).ServeHTTP(w, r)
		return
	}
	if req.Advert {
		s.advertise(w, r, f, azureCapabilities)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if said := azureRefusal(body); said != "" {
		http.Error(w, said, http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.backend(f).ServeHTTP(w, r)
}

const haveRefused = "what follows a have is not known"

// azureRefusal says why Azure takes no such request, "" if it does.
func azureRefusal(request []byte) string {
	for line, first := range pktLines(request) {
		word, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch {
		case first && word == "want" && !strings.Contains(rest, " multi_ack"):
			return "TF401041: The Git protocol sent is not as expected (Clients must support multi-ack.)."
		case word == "filter" && !slices.Contains(azureFilters, rest):
			return "the filter " + rest + " is not supported"
		case word == "have":
			return haveRefused
		}
	}
	return ""
}

// pktLines yields the lines of a request, and whether each is the first.
func pktLines(request []byte) func(yield func(string, bool) bool) {
	return func(yield func(string, bool) bool) {
		for first := true; len(request) >= 4; {
			size, err := strconv.ParseUint(string(request[:4]), 16, 16)
			switch {
			case err != nil || int(size) > len(request):
				return
			case size < 4: // a flush
				request = request[4:]
				continue
			case !yield(string(request[4:size]), first):
				return
			}
			request, first = request[size:], false
		}
	}
}
