package registry

import "bytes"

const (
	largeBody   = 1 << 20
	largeAtOnce = 4 // answers that are decoded at a time

	// What a tag takes in an answer at least, on average: its name alone is a text in quotes.
	bytesOfValue  = 16
	bytesOfObject = 128
)

// decoding waits until an answer may be decoded, which takes a multiple of its size: of the large ones few are at a time.
// The function it returns must be called when that is done.
func (c *Client) decoding(body []byte) (done func()) {
	if len(body) < largeBody {
		return func() {}
	}
	c.large <- struct{}{}
	return func() { <-c.large }
}

// crowded reports whether JSON has more values or objects than an honest answer of that size, which was made to take up
// memory: "{}," is three bytes, and what it is decoded to is a hundred and more.
func crowded(body []byte, room int64) bool {
	return int64(bytes.Count(body, []byte{','})) > room/bytesOfValue || int64(bytes.Count(body, []byte{'{'})) > room/bytesOfObject
}

// elements counts those of an array in JSON that is known to be valid. An empty one counts as one.
func elements(array []byte) int {
	depth, inText, escaped, count := 0, false, false, 0
	for _, c := range array {
		switch {
		case escaped:
			escaped = false
		case inText:
			escaped, inText = c == '\\', c != '"'
		case c == '"':
			inText = true
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		case c == ',' && depth == 1:
			count++
		}
	}
	return count + 1
}
