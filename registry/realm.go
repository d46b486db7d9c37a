package registry

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// checkRealm reports why credentials of the registry may not go to the token server that its challenge names. It looks
// at the name; at the address behind it the dialer looks.
func (h *host) checkRealm(realm string) (*url.URL, error) {
	u, err := url.Parse(realm)
	if err != nil || u.Host == "" || u.Opaque != "" {
		return nil, errors.New("realm of the challenge is no URL")
	}
	if u.User != nil {
		return nil, fmt.Errorf("realm %s of the challenge has a user name", origin(u))
	}
	if u.Scheme != "https" && (u.Scheme != "http" || h.base.Scheme != "http") {
		return nil, fmt.Errorf("realm %s of the challenge is not https", origin(u))
	}
	if !h.mayHold(u) {
		return nil, fmt.Errorf("realm %s of the challenge is neither on the registry's domain nor in its tokenHosts", origin(u))
	}
	return u, nil
}

// mayHold reports whether the host of u is one that may see the registry's credentials: the registry itself, as it is
// named and as it is asked, a host on the same registrable domain, or one that was named.
func (h *host) mayHold(u *url.URL) bool {
	name := strings.ToLower(u.Hostname())
	for _, trusted := range slices.Concat(h.habits.tokens, h.entry.TokenHosts) {
		if trusted == strings.ToLower(u.Host) || trusted == name {
			return true
		}
	}
	for _, own := range []string{h.base.Hostname(), hostname(h.entry.Host)} {
		if name == own || sameDomain(name, own) {
			return true
		}
	}
	return false
}

// sameDomain reports whether two names belong to one registrant, as far as the public suffix list knows.
func sameDomain(a, b string) bool {
	if isAddress(a) || isAddress(b) {
		return false
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(a)
	if err != nil {
		return false
	}
	other, err := publicsuffix.EffectiveTLDPlusOne(b)
	return err == nil && domain == other
}

func isAddress(name string) bool {
	_, err := netip.ParseAddr(name)
	return err == nil
}
