// Package webtest makes up what a page shows, for tests: a company with some trouble, and one with ten thousand images.
package webtest
