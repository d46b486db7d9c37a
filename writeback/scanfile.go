package writeback

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"sort"

	"github.com/image-updater/image-updater/writeback/git"
)

// A scan file holds one scan, or the history of a branch or the files of a folder, which have no trees. It begins with its preamble; then come the head, the trees as Git stores them, and the index
// of the trees, sorted by id. Preamble, head and index have checksums, and a tree is what its id says. So each part can be
// read without the others: a search that finds nothing new reads no more than the head.
//
// Nobody waits for anybody: a file is written aside and renamed, and who reads the one before goes on with that.
const (
	scanSuffix = ".scan"
	scanMagic  = "image-updater scan 1\n"
	maxHead    = 64 << 20  // bytes of a head
	maxTrees   = 128 << 20 // bytes of the trees of a file
)

// preamble is the beginning of a scan file, big-endian.
type preamble struct {
	Magic    [len(scanMagic)]byte
	Head     uint32 // bytes
	HeadSum  uint32
	Trees    uint32 // bytes
	Index    uint32 // entries
	IndexSum uint32
	Name     [32]byte // what the file is called: one that was renamed is another query's
	Sum      uint32   // of all before
}

// indexEntry tells where a tree stands.
type indexEntry struct {
	ID    git.Hash
	At    uint32 // behind the head
	Bytes uint32
}

var (
	sizeOfPreamble = binary.Size(preamble{})
	sizeOfEntry    = binary.Size(indexEntry{})
	castagnoli     = crc32.MakeTable(crc32.Castagnoli)
)

var errScanFile = errors.New("it is not what was written")

// scanFile is a scan file that was opened.
type scanFile struct {
	file  *os.File
	start preamble
	index []byte // nil = not read yet; empty = cannot be read
}

// openScanFile opens a file and reads its head.
func openScanFile(name string, head any) (*scanFile, error) {
	file, err := os.OpenFile(name, openForReading, 0)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, errScanFile, file.Close())
	}
	s := &scanFile{file: file}
	if err := s.readHead(filepath.Base(name), head); err != nil {
		s.close()
		return nil, fmt.Errorf("reading %q: %w", name, err)
	}
	return s, nil
}

func (s *scanFile) readHead(name string, into any) error {
	raw := make([]byte, sizeOfPreamble)
	if _, err := io.ReadFull(s.file, raw); err != nil {
		return err
	}
	if _, err := binary.Decode(raw, binary.BigEndian, &s.start); err != nil {
		return err
	}
	if s.start != s.start.sealed(name) || s.start.Head > maxHead {
		return errScanFile
	}
	head := make([]byte, s.start.Head)
	if _, err := io.ReadFull(s.file, head); err != nil {
		return err
	}
	if crc32.Checksum(head, castagnoli) != s.start.HeadSum {
		return errScanFile
	}
	return gob.NewDecoder(bytes.NewReader(head)).Decode(into)
}

// sealed returns the preamble with what is the same in each file of this name, and with its checksum.
func (p preamble) sealed(name string) preamble {
	copy(p.Magic[:], scanMagic)
	p.Name = [32]byte{}
	copy(p.Name[:], name)
	p.Sum = 0
	raw, _ := binary.Append(nil, binary.BigEndian, p) // a struct of numbers can be written
	p.Sum = crc32.Checksum(raw, castagnoli)
	return p
}

// tree returns a tree of the file, or nil: see [git.Shelf].
func (s *scanFile) tree(id git.Hash) []byte {
	if s.index == nil {
		s.index = s.readIndex()
	}
	n := len(s.index) / sizeOfEntry
	i := sort.Search(n, func(i int) bool { return bytes.Compare(s.index[i*sizeOfEntry:][:len(id)], id[:]) >= 0 })
	if i == n {
		return nil
	}
	var e indexEntry
	if _, err := binary.Decode(s.index[i*sizeOfEntry:], binary.BigEndian, &e); err != nil || e.ID != id || e.Bytes > s.start.Trees {
		return nil
	}
	data := make([]byte, e.Bytes)
	if _, err := s.file.ReadAt(data, int64(sizeOfPreamble)+int64(s.start.Head)+int64(e.At)); err != nil {
		return nil
	}
	return data
}

func (s *scanFile) readIndex() []byte {
	none := []byte{}
	if s.start.Trees > maxTrees || s.start.Index > s.start.Trees {
		return none
	}
	index := make([]byte, int(s.start.Index)*sizeOfEntry)
	at := int64(sizeOfPreamble) + int64(s.start.Head) + int64(s.start.Trees)
	if _, err := s.file.ReadAt(index, at); err != nil || crc32.Checksum(index, castagnoli) != s.start.IndexSum {
		return none
	}
	return index
}

func (s *scanFile) close() { _ = s.file.Close() } // it was only read

// writeScanFile writes a scan file aside and gives it its name.
func writeScanFile(name string, head any, trees iter.Seq2[git.Hash, []byte]) (err error) {
	aside, err := os.CreateTemp(filepath.Dir(name), "*"+scanSuffix)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(aside.Name()))
		}
	}()
	if err := writeScan(aside, filepath.Base(name), head, trees); err != nil {
		return errors.Join(err, aside.Close())
	}
	if err := aside.Close(); err != nil {
		return err
	}
	return os.Rename(aside.Name(), name)
}

func writeScan(f *os.File, name string, head any, trees iter.Seq2[git.Hash, []byte]) error {
	var start preamble
	encoded := bytes.NewBuffer(make([]byte, sizeOfPreamble)) // the preamble comes last
	if err := gob.NewEncoder(encoded).Encode(head); err != nil {
		return err
	}
	start.Head = uint32(encoded.Len() - sizeOfPreamble)
	start.HeadSum = crc32.Checksum(encoded.Bytes()[sizeOfPreamble:], castagnoli)
	out := bufio.NewWriter(f)
	if _, err := encoded.WriteTo(out); err != nil {
		return err
	}
	var index []indexEntry
	for id, raw := range trees {
		if len(raw) > maxTrees-int(start.Trees) {
			return fmt.Errorf("its folders are larger than %d MiB", maxTrees>>20)
		}
		index = append(index, indexEntry{ID: id, At: start.Trees, Bytes: uint32(len(raw))})
		start.Trees += uint32(len(raw))
		if _, err := out.Write(raw); err != nil {
			return err
		}
	}
	if start.Head > maxHead {
		return fmt.Errorf("what was found is larger than %d MiB", maxHead>>20)
	}
	slices.SortFunc(index, func(a, b indexEntry) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	encodedIndex, err := binary.Append(nil, binary.BigEndian, index)
	if err != nil {
		return err
	}
	start.Index, start.IndexSum = uint32(len(index)), crc32.Checksum(encodedIndex, castagnoli)
	if _, err := out.Write(encodedIndex); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	first, err := binary.Append(nil, binary.BigEndian, start.sealed(name))
	if err != nil {
		return err
	}
	_, err = f.WriteAt(first, 0)
	return err
}
