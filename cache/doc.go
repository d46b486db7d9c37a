// Package cache keeps what was learned from outside, so that it need not be asked again: in memory, and in one file
// that the next process reads.
//
// A value lies in a bucket under a key, with the time at which it was true; what is fresh enough is for the reader of
// it to say.
//
//	c, err := cache.Open(ctx, cache.Options{Path: filepath.Join(state, "cache.db")})
//	...
//	defer c.Close()
//	if note := c.Notice(); note != "" {
//		fmt.Fprintln(os.Stderr, "image-updater:", note)
//	}
//	c.Put("list", "docker.io/library/nginx", tags, now)
//	entry, found := c.Get("list", "docker.io/library/nginx")
//
// # Guarantees
//
// It is never fatal. Everything in it can be learned again, so a file that cannot be used costs requests and nothing
// else: a file that another process holds is waited for one second, then the work goes on in memory; a damaged file,
// found on opening or later, is moved aside to FILE.damaged and begun anew. One that cannot be written while it is in use,
// for a full disk or because somebody has removed it, is read as far as it can be, and written when it can be again: what
// is to be is kept that long, within bounds. All that is told by [Cache.Notice].
//
// What comes out is what was put in: every record carries a checksum over its key, time and value, and a record whose
// checksum is wrong is no record.
//
// It survives kill -9. The file is a bbolt database, written in transactions by one goroutine that commits together
// whatever was put within a twentieth of a second, or Options.Linger. [Cache.Put] does not wait for the disk; [Cache.Flush] and
// [Cache.Close] do.
//
// It is bounded: a value by [MaxValue], memory by 64 MiB, the file by Options.MaxEntries and Options.MaxBytes; over
// that the oldest are dropped, those of Options.Precious last. The file has mode 0600, folders made for it 0700.
//
// # What it does not do
//
// It knows nothing of what it keeps, and nothing expires by itself. It must not be given secrets. A file on NFS is not
// supported, for bbolt relies on file locks and mapped memory. Two processes do not share what they learn while both
// run.
package cache
