package image

import (
	"net/netip"
	"strings"
)

// Loopback reports whether a host, with or without a port, is this machine by its name or address. What else a resolver may
// take for it, such as *.localhost, is for that to say.
func Loopback(host string) bool {
	if at, err := netip.ParseAddrPort(host); err == nil {
		return at.Addr().Unmap().IsLoopback()
	}
	if address, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return address.Unmap().IsLoopback()
	}
	name, _, _ := strings.Cut(host, ":")
	return strings.EqualFold(name, "localhost")
}
