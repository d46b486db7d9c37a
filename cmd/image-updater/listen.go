package main

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// listenAt opens the port of the page, or says what to do where that cannot be.
func listenAt(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err == nil {
		return listener, nil
	}
	cause := err
	if e, ok := errors.AsType[*net.OpError](err); ok {
		cause = e.Err // the rest of it is the address again
	}
	return nil, failed(fmt.Errorf("--listen %s: %w", address, cause), listenHints(err)...)
}

func listenHints(err error) []string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return []string{"another process has this port, perhaps another serve; --listen 127.0.0.1:0 takes one that is free"}
	case errors.Is(err, syscall.EACCES):
		return []string{"ports below 1024 want a privilege that serve has no other need for; take a higher one, such as 127.0.0.1:8080"}
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return []string{"this machine has no such address; 0.0.0.0 and [::] stand for all that it has"}
	default:
		return nil
	}
}

// checkAddress refuses what cannot be an address to listen at.
func checkAddress(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return usage(fmt.Errorf("--listen: %w", err), "want HOST:PORT, such as 127.0.0.1:8080 or :8080")
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return usage(fmt.Errorf("--listen %s: port %q is no number up to 65535", address, port))
	}
	return nil
}
