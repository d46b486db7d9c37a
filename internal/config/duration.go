package config

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// duration is a length of time as people write it: Go's units and d (24 hours) and w (7 days), mixed: 1d12h.
type duration time.Duration

var errDuration = errors.New("want a duration such as 90s, 15m, 36h, 3d, 1d12h or 2w")

func (d *duration) parse(text string) error {
	parsed, err := parseDuration(text)
	*d = duration(parsed)
	return err
}

// accepts lets 0 stand without quotes, which YAML reads as a number. Another number gets its error from parse.
func (*duration) accepts(tag string) bool {
	return tag == "!!str" || tag == "!!int" || tag == "!!float"
}

func parseDuration(text string) (time.Duration, error) {
	if text == "0" {
		return 0, nil
	}
	if strings.HasPrefix(text, "-") {
		return 0, fmt.Errorf("%q is negative", text)
	}
	var sum time.Duration
	for rest := text; rest != ""; {
		part, after, err := cutPart(text, rest)
		if err != nil {
			return 0, err
		}
		if sum > math.MaxInt64-part {
			return 0, fmt.Errorf("%q is too long", text)
		}
		sum, rest = sum+part, after
	}
	return sum, nil
}

// cutPart reads the number and the unit that rest, the end of text, begins with.
func cutPart(text, rest string) (part time.Duration, after string, err error) {
	digits := len(rest) - len(strings.TrimLeft(rest, "0123456789."))
	number, rest := rest[:digits], rest[digits:]
	letters := strings.IndexAny(rest, "0123456789.")
	if letters < 0 {
		letters = len(rest)
	}
	unit, after := rest[:letters], rest[letters:]
	if number == "" {
		return 0, "", fmt.Errorf("%q is no duration: %w", text, errDuration)
	}
	if unit == "" {
		return 0, "", fmt.Errorf("%q has no unit: %w", text, errDuration)
	}
	times := time.Duration(1)
	switch unit {
	case "d":
		times, unit = 24, "h"
	case "w":
		times, unit = 7*24, "h"
	}
	part, err = time.ParseDuration(number + unit)
	if err != nil {
		return 0, "", fmt.Errorf("%q is no duration: %w", text, errDuration)
	}
	if part > math.MaxInt64/times {
		return 0, "", fmt.Errorf("%q is too long", text)
	}
	return part * times, after, nil
}
