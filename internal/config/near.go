package config

import (
	"fmt"
	"strings"
)

// maxWord bounds the words that are compared: nobody mistypes a longer one into a key.
const maxWord = 64

// didYouMean returns ` (did you mean "x"?)` for the one of words that word was probably meant to be, or "".
func didYouMean(word string, words []string) string {
	if near := nearest(word, words); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	return ""
}

// nearest returns the one of words that is at most a third of its letters away from word, the first of equals, or "".
// Upper and lower case, dashes and underscores make no difference: pullRequest is near pull-request.
func nearest(word string, words []string) string {
	if word == "" || len(word) > maxWord {
		return ""
	}
	best, least, word := "", maxWord, plain(word)
	for _, w := range words {
		if len(w) > maxWord {
			continue
		}
		n := distance(word, plain(w))
		if n < least && n <= max(1, len(w)/3) && n < len(w) {
			best, least = w, n
		}
	}
	return best
}

var joints = strings.NewReplacer("-", "", "_", "")

func plain(s string) string { return joints.Replace(strings.ToLower(s)) }

// distance counts the letters to insert, drop, change or swap with their neighbour to get from a to b (optimal string
// alignment).
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, change)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
