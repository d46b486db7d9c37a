package main

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/image-updater/image-updater/writeback"
	"github.com/image-updater/image-updater/writeback/forge"
	"github.com/image-updater/image-updater/writeback/git"
)

// gitHint says what a person can do about an error of a Git server, "" where that is not known.
func gitHint(err error) string {
	if refused, ok := errors.AsType[*writeback.RefusedError](err); ok {
		_, set := errors.AsType[*setError](err)
		return refusedHint(refused, set)
	}
	if occupied, ok := errors.AsType[*writeback.OccupiedError](err); ok {
		return occupiedHint(occupied)
	}
	if errors.Is(err, git.ErrSHA256) {
		return "take the repository out of git, or keep the manifests in one of SHA-1 ids, which git init makes by itself"
	}
	if errors.Is(err, git.ErrEmpty) {
		return "make a first commit, of a README for example, and push it"
	}
	if status, ok := errors.AsType[*git.StatusError](err); ok {
		switch status.Status {
		case http.StatusUnauthorized:
			return "does the token that auth names still hold, and is auth.username the one that the forge wants?"
		case http.StatusForbidden:
			return "may the account that auth names write to the repository, and is that neither archived nor a mirror?"
		}
	}
	return ""
}

func occupiedHint(e *writeback.OccupiedError) string {
	if e.Alike {
		return fmt.Sprintf("if git.author was %q before, delete branch %q: it is made anew", e.Committer, e.Branch)
	}
	return fmt.Sprintf("merge branch %q, or delete it: it is made anew", e.Branch)
}

// refusedHint says what to do about a refused push, of set or of run.
func refusedHint(e *writeback.RefusedError, set bool) string {
	if !forge.Protected(e.Reason + ": " + e.Words) {
		return ""
	}
	hint := fmt.Sprintf("let the account that auth names push to branch %q", e.Branch)
	switch {
	case set:
		return hint + ": set writes to it whatever write.mode says, and opens no pull requests"
	case e.Own:
		return hint
	}
	return hint + ", or have run open pull requests: write: {mode: pull-request}"
}
