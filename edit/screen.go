package edit

import (
	"bytes"
	"regexp"
	"strconv"

	"github.com/image-updater/image-updater/image"
)

// screen tells by the bytes of a file whether it can hold a sought reference. Nearly all files of a repository are
// left unread by it, so it is one pass with a look into a table at each byte.
type screen struct {
	images  map[image.Repository]bool
	byBase  map[string][]image.Repository // the last component of a name -> the images that end so
	lengths uint64                        // bit n: some base has n bytes; bit 63: 63 or more
	first   [256]bool                     // what a base begins with

	known *screen // where everything is sought: whose images a name is rather read as than any other
}

func newScreen(images []image.Repository) screen {
	s := screen{images: map[image.Repository]bool{}, byBase: map[string][]image.Repository{}}
	for _, i := range images {
		base := i.Base()
		if s.images[i] || base == "" {
			continue
		}
		s.images[i] = true
		s.byBase[base] = append(s.byBase[base], i)
		s.lengths |= lengthBit(len(base))
		s.first[base[0]] = true
	}
	return s
}

func lengthBit(n int) uint64 { return 1 << min(n, 63) }

// seeks reports whether an image is looked for.
func (s *screen) seeks(i image.Repository) bool { return len(s.images) == 0 || s.images[i] }

// nameByte tells the bytes that a component of a repository's path is made of. A base stands in a file as a run of
// them, with something else on either side.
var nameByte = func() (is [256]bool) {
	for _, c := range "abcdefghijklmnopqrstuvwxyz0123456789._-" {
		is[c] = true
	}
	return is
}()

// hits reports whether a file holds the base of a sought image. If all images are sought, every file does.
func (s *screen) hits(data []byte) bool {
	if len(s.images) == 0 {
		return true
	}
	for i := 0; i < len(data); i++ {
		if !nameByte[data[i]] {
			continue
		}
		start := i
		for i < len(data) && nameByte[data[i]] {
			i++
		}
		if !s.first[data[start]] || s.lengths&lengthBit(i-start) == 0 {
			continue
		}
		if _, found := s.byBase[string(data[start:i])]; found {
			return true
		}
	}
	return false
}

// escape is a character written by its number, or a line that goes on in the next one.
var escape = regexp.MustCompile(`\\(?:u00|x|U000000)([0-7][0-9A-Fa-f])|\\\r?\n[ \t]*`)

// unescaped returns the bytes as they read without such escapes, so that a name is seen that is written with them. It is
// for screening alone: outside of a quoted text they may mean something else.
func unescaped(data []byte) []byte {
	if bytes.IndexByte(data, '\\') < 0 {
		return data
	}
	return escape.ReplaceAllFunc(data, func(written []byte) []byte {
		if last := written[len(written)-1]; last == '\n' || last == ' ' || last == '\t' {
			return nil
		}
		number, _ := strconv.ParseUint(string(written[len(written)-2:]), 16, 8) // as the expression has it
		return []byte{byte(number)}
	})
}

// hasImages reports whether a file of a syntax holds one of the words that a reference found by itself needs: FROM or
// from in a Dockerfile, else a key that is or ends in image, Helm's repository, or the scheme of an action.
func (s syntax) hasImages(data []byte) bool {
	switch s {
	case textSyntax:
		return false
	case dockerSyntax:
		return true
	}
	return bytes.Contains(data, []byte("mage")) || bytes.Contains(data, []byte("repository")) ||
		bytes.Contains(data, []byte("services")) || bytes.Contains(data, []byte(dockerScheme)) ||
		bytes.Contains(data, []byte("container"))
}

// mentions returns the first sought image that a file names by itself, and the line: what decides whether a file that
// cannot be read is worth a word. It looks for whole names, or for the path of one.
func (s *screen) mentions(data []byte) (mentioned image.Repository, line int) {
	for i := 0; i < len(data); i++ {
		if !referenceByte(data[i]) {
			continue
		}
		start := i
		for i < len(data) && referenceByte(data[i]) {
			i++
		}
		if i-start > maxReference {
			continue
		}
		if found, ok := s.named(string(data[start:i])); ok {
			return found, lineOf(lineStarts(data), start)
		}
	}
	return image.Repository{}, 0
}

// maxReference is longer than any reference: a repository, a tag and a digest.
const maxReference = 255 + 1 + 128 + 1 + 136

func referenceByte(c byte) bool {
	return nameByte[c] || c >= 'A' && c <= 'Z' || c == '/' || c == ':' || c == '@'
}

func (s *screen) named(word string) (image.Repository, bool) {
	ref, err := image.ParseReference(word)
	if err != nil {
		return image.Repository{}, false
	}
	if s.images[ref.Repository] {
		return ref.Repository, true
	}
	for _, i := range s.byBase[ref.Repository.Base()] {
		if i.Path == ref.Name {
			return i, true
		}
	}
	return image.Repository{}, false
}
