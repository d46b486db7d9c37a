package git

import "time"

// The bounds of everything that is read. They are far above what a repository of manifests holds, and far below what
// would hurt the machine.
const (
	maxAdvertisement = 64 << 20  // bytes of one advertisement: a million refs
	maxTree          = 32 << 20  // bytes of one tree or commit
	maxPackedBlob    = 8 << 20   // bytes of a blob, or of the instructions of a delta, that a pack reader keeps
	maxKeptInAnswer  = 64 << 20  // bytes kept while one chunk of blobs is read
	maxKeptInAll     = 512 << 20 // bytes kept of a tip: its trees, and its blobs when the server has no filter
	maxMade          = 8 << 30   // bytes of the objects made from deltas while a pack is read, dropped ones included
	maxObjects       = 20 << 20  // objects in one pack
	maxWords         = 4 << 10   // bytes of what a server says to people
	maxHeaders       = 256 << 10 // bytes of the head of an HTTP answer
	maxHistory       = 50        // commits that are fetched when a branch has moved
	chunkOfBlobs     = 2000      // blobs wanted in one request
)

const (
	// defaultTimeout bounds one exchange: a fetch, a push, an advertisement.
	defaultTimeout = 5 * time.Minute
	// dialTimeout bounds reaching a host, the handshakes of TLS and ssh included.
	dialTimeout = 30 * time.Second
	// answerTimeout bounds the wait for the first byte of an HTTP answer. Servers run hooks before they answer a push.
	answerTimeout = 2 * time.Minute
	// idleTimeout bounds how long a connection is kept that nothing is asked on.
	idleTimeout = time.Minute
)
