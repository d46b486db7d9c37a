package cache

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRecordTellsDamage(t *testing.T) {
	t.Parallel()
	want := Entry{Value: []byte("1.27.4 1.27.5"), At: noon}
	record := encodeRecord("list\x00nginx", want)
	if got, ok := decodeRecord("list\x00nginx", record); !ok || !cmp.Equal(want, got) {
		t.Fatalf("decodeRecord(encodeRecord(x)) = %v, %v", got, ok)
	}
	if _, ok := decodeRecord("list\x00other", record); ok {
		t.Error("a record is taken under another key")
	}
	for i := range record {
		for bit := range 8 {
			damaged := bytes.Clone(record)
			damaged[i] ^= 1 << bit
			if _, ok := decodeRecord("list\x00nginx", damaged); ok {
				t.Errorf("a record with bit %d of byte %d turned is taken", bit, i)
			}
		}
		if _, ok := decodeRecord("list\x00nginx", record[:i]); ok {
			t.Errorf("a record cut to %d bytes is taken", i)
		}
	}
}

// FuzzEntry: nothing panics, and what is taken for a record prints the same bytes again.
func FuzzEntry(f *testing.F) {
	f.Add("list\x00nginx", encodeRecord("list\x00nginx", Entry{Value: []byte("1.27"), At: noon}))
	f.Add("k", encodeRecord("k", Entry{At: time.Time{}}))
	f.Add("", []byte{recordVersion})
	f.Fuzz(func(t *testing.T, key string, record []byte) {
		entry, ok := decodeRecord(key, record)
		if ok && !bytes.Equal(encodeRecord(key, entry), record) {
			t.Errorf("decodeRecord(%q, %x) = %v, which is encoded otherwise", key, record, entry)
		}
		if got, ok := decodeRecord(key, encodeRecord(key, Entry{Value: record, At: noon})); !ok || !bytes.Equal(got.Value, record) {
			t.Errorf("value %x does not come back", record)
		}
	})
}
