package web

import (
	"net/http"

	"github.com/image-updater/image-updater/internal/status"
)

// historyBody is the page of what was written.
type historyBody struct {
	Written []written
	Full    bool // there may be older ones
}

func (s *site) history(_ *http.Request, v view) (document, error) {
	b := historyBody{
		Written: v.writtenBy(status.HistoryKept, func(*status.Written) bool { return true }),
		Full:    len(v.History) >= status.HistoryKept,
	}
	return document{Template: "history", Title: "History", Area: "history", Body: b}, nil
}
