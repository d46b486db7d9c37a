package cache

import (
	"encoding/binary"
	"hash/crc32"
	"time"
)

// A record is an entry as it lies in the file:
//
//	version  1 byte, 1
//	checksum 4 bytes, CRC-32C of key, time and value
//	time     8 bytes, microseconds since 1970
//	value    the rest
//
// Numbers are big-endian. bbolt has checksums for its two meta pages only: this one tells a record that a bad disk or a
// foreign program changed, and one that came to lie under another key.
const (
	recordVersion = 1
	recordHeader  = 1 + 4 + 8
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func encodeRecord(key string, e Entry) []byte {
	record := make([]byte, recordHeader, recordHeader+len(e.Value))
	record[0] = recordVersion
	binary.BigEndian.PutUint64(record[5:], uint64(e.At.UnixMicro()))
	record = append(record, e.Value...)
	binary.BigEndian.PutUint32(record[1:], checksum(key, record))
	return record
}

// decodeRecord returns a copy of the record's entry, and false for what is no whole record of this version and key.
func decodeRecord(key string, record []byte) (Entry, bool) {
	if len(record) < recordHeader || len(record) > recordHeader+MaxValue || record[0] != recordVersion {
		return Entry{}, false
	}
	if binary.BigEndian.Uint32(record[1:]) != checksum(key, record) {
		return Entry{}, false
	}
	return Entry{Value: append([]byte(nil), record[recordHeader:]...), At: recordTime(record)}, true
}

// recordTime reads the time of a record whose length is right.
func recordTime(record []byte) time.Time {
	return time.UnixMicro(int64(binary.BigEndian.Uint64(record[5:]))).UTC()
}

func checksum(key string, record []byte) uint32 {
	return crc32.Update(crc32.Checksum([]byte(key), castagnoli), castagnoli, record[5:])
}
