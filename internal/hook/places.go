package hook

import (
	"net/netip"
	"sync"
	"time"
)

// sureFor is how long a place is not taken away for others of the same address. A body that is sent at once is there by
// then.
const sureFor = time.Second

// places are those of requests that may be anybody's until their body is there. Anybody can be slow, so when all are taken
// a newcomer gets that of somebody else: of the address that has the most of them, the one that was taken first.
type places struct {
	mu    sync.Mutex // guards what follows
	taken []*place   // the first taken first
}

// place is one of them.
type place struct {
	address netip.Prefix
	since   time.Time
	cut     func() error // ends the reading of the body
	lost    bool         // to somebody else; guarded by places.mu
}

// take returns a place for a request, and false where there is none.
func (p *places) take(from string, cut func() error, now time.Time) (*place, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	next := &place{address: addressOf(from), since: now, cut: cut}
	if len(p.taken) >= atOnce && !p.free(next) {
		return nil, false
	}
	p.taken = append(p.taken, next)
	return next, true
}

// free takes a place away for a newcomer, and reports whether it could.
func (p *places) free(next *place) bool {
	count := map[netip.Prefix]int{next.address: 1}
	for _, one := range p.taken {
		count[one.address]++
	}
	victim := -1
	for i, one := range p.taken {
		if victim < 0 || count[one.address] > count[p.taken[victim].address] {
			victim = i
		}
	}
	one := p.taken[victim]
	sure := one.address == next.address || count[one.address] <= count[next.address]
	if sure && next.since.Sub(one.since) < sureFor || one.cut() != nil {
		return false
	}
	one.lost = true
	p.taken = append(p.taken[:victim], p.taken[victim+1:]...)
	return true
}

// leave gives a place back, and reports whether it was kept until now. After it nobody cuts the reading.
func (p *places) leave(one *place) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.taken {
		if p.taken[i] == one {
			p.taken = append(p.taken[:i], p.taken[i+1:]...)
			break
		}
	}
	return !one.lost
}

// addressOf returns the address of a host and port: of IPv6 the network of which one customer has all.
func addressOf(from string) netip.Prefix {
	at, err := netip.ParseAddrPort(from)
	if err != nil {
		return netip.Prefix{}
	}
	address, bits := at.Addr().Unmap(), 32
	if address.Is6() {
		bits = 64
	}
	network, _ := address.WithZone("").Prefix(bits)
	return network
}
