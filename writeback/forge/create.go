package forge

import (
	"context"
	"net/http"
)

// create opens a pull request. Where the forge says that one is there already, and where its answer was lost, find tells
// which one: nothing is opened twice.
func create(ctx context.Context, p Proposal, find func(ctx context.Context, head, base string) ([]PullRequest, error),
	post func(Proposal) (PullRequest, error),
) (PullRequest, error) {
	for faults := 0; ; faults++ {
		got, err := post(p)
		if err == nil {
			return got, nil
		}
		lost := isFault(err) || status(err) >= 500
		if !lost && !saysExists(err) || ctx.Err() != nil {
			return PullRequest{}, err
		}
		if lost {
			if err := sleep(ctx, faultPause<<faults); err != nil {
				return PullRequest{}, err
			}
		}
		found, findErr := find(ctx, p.Head, p.Base)
		if findErr != nil {
			return PullRequest{}, err // what went wrong first says more
		}
		if len(found) > 0 && found[0].State == Open {
			return found[0], nil
		}
		if !lost || faults == maxFaults {
			return PullRequest{}, err
		}
	}
}

// saysExists reports whether an answer may mean that there is such a pull request already. The words differ from forge
// to forge and from version to version, so a look tells.
func saysExists(err error) bool {
	switch status(err) {
	case http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// closeUnlessClosed closes a pull request. Forges refuse to close what is closed or merged; read tells whether it is.
func closeUnlessClosed(closing func() error, read func() (PullRequest, error)) error {
	err := closing()
	if code := status(err); code < 400 || code >= 500 {
		return err
	}
	if p, readErr := read(); readErr == nil && p.State != Open {
		return nil
	}
	return err
}
