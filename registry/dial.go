package registry

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"sync"
	"syscall"
	"time"
)

// dialer connects to a registry and its token servers, and to nothing else that a registry could point to.
//
// The registry's own host is trusted with whatever address its name has: somebody wrote it into a policy file. So is a
// host of tokenHosts. Any other, which a challenge named, must have a public address, or one of the kind that the
// registry's own has: a registry in a private network may have its token server there. This is judged on the address
// that is connected to, after the name was resolved, so that a name which points inside, or changes to, is no way in.
// Link-local addresses, where clouds keep their credentials, are never connected to unless the registry is written as
// such an address itself.
type dialer struct {
	own     string   // name or address of the registry that is asked
	trusted []string // of tokenHosts
	resolve func(ctx context.Context, network, host string) ([]netip.Addr, error)
	net     net.Dialer

	mu      sync.Mutex
	proxies map[string]bool // host and port
}

func newDialer(h *host) *dialer {
	d := &dialer{
		own:     h.base.Hostname(),
		resolve: net.DefaultResolver.LookupNetIP,
		net:     net.Dialer{Timeout: dialWithin, KeepAlive: 30 * time.Second},
		proxies: make(map[string]bool),
	}
	for _, trusted := range h.entry.TokenHosts {
		d.trusted = append(d.trusted, hostname(trusted))
	}
	return d
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	name, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	n := d.net
	if d.isProxy(address) {
		return n.DialContext(ctx, network, address)
	}
	allowed, err := d.allowed(ctx, name)
	if err != nil {
		return nil, err
	}
	n.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
		return checkAddress(name, address, allowed)
	}
	return n.DialContext(ctx, network, address)
}

// allowed returns the kinds of address that the host may have.
func (d *dialer) allowed(ctx context.Context, name string) ([]addressKind, error) {
	if name == d.own || slices.Contains(d.trusted, name) {
		kinds := []addressKind{public, private, loopback}
		if literal, err := netip.ParseAddr(name); err == nil {
			kinds = append(kinds, kindOf(literal))
		}
		return kinds, nil
	}
	addresses, err := d.resolve(ctx, "ip", d.own)
	if err != nil {
		return nil, err
	}
	kinds := []addressKind{public}
	for _, a := range addresses {
		if kind := kindOf(a); kind != linkLocal {
			kinds = append(kinds, kind)
		}
	}
	return kinds, nil
}

// errAddress is a connection that is not made.
type errAddress struct {
	host string
	kind addressKind
}

func (e *errAddress) Error() string {
	return fmt.Sprintf("host %q has a %s address, which a registry may not lead to "+
		"(name it in tokenHosts of the registry to allow it)", e.host, e.kind)
}

func checkAddress(name, address string, allowed []addressKind) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if kind := kindOf(at.Addr()); !slices.Contains(allowed, kind) {
		return &errAddress{host: name, kind: kind}
	}
	return nil
}

// remember makes the addresses of proxies known to the dialer: they are the user's choice, wherever they are.
func (d *dialer) remember(proxy func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	return func(req *http.Request) (*url.URL, error) {
		u, err := proxy(req)
		if u == nil || err != nil {
			return u, err
		}
		port := u.Port()
		if port == "" {
			port = map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
		}
		if port == "" {
			port = "80"
		}
		d.mu.Lock()
		d.proxies[net.JoinHostPort(u.Hostname(), port)] = true
		d.mu.Unlock()
		return u, nil
	}
}

func (d *dialer) isProxy(address string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.proxies[address]
}

// addressKind is where an address leads.
type addressKind string

const (
	public    addressKind = "public"
	private   addressKind = "private"
	loopback  addressKind = "loopback"
	linkLocal addressKind = "link-local or special"
)

var (
	privateNetworks = []netip.Prefix{
		netip.MustParsePrefix("100.64.0.0/10"), // carrier-grade NAT, RFC 6598
		netip.MustParsePrefix("198.18.0.0/15"), // benchmarks, RFC 2544
	}
	specialNetworks = []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"),
		netip.MustParsePrefix("192.0.0.0/24"),
		netip.MustParsePrefix("240.0.0.0/4"),
		netip.MustParsePrefix("fd00:ec2::/32"), // metadata of AWS
	}
	nat64 = netip.MustParsePrefix("64:ff9b::/96")
)

func kindOf(a netip.Addr) addressKind {
	a = a.Unmap().WithZone("")
	if nat64.Contains(a) {
		bytes := a.As16()
		a = netip.AddrFrom4([4]byte(bytes[12:]))
	}
	within := func(p netip.Prefix) bool { return p.Contains(a) }
	switch {
	case a.IsLoopback():
		return loopback
	case a.IsUnspecified(), a.IsMulticast(), a.IsLinkLocalUnicast(), slices.ContainsFunc(specialNetworks, within):
		return linkLocal
	case a.IsPrivate(), slices.ContainsFunc(privateNetworks, within):
		return private
	}
	return public
}
