package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"syscall"

	"homie/rpc"
	"homie/wire"
)

// errUnreachable marks the errors of a gateway that can't be reached.
var errUnreachable = errors.New("can't reach the gateway")

// unreachable says why the gateway at an address could not be talked to, and
// what to do. A refusal of the gateway's own stays what it is, and so does the
// end of ctx.
func unreachable(ctx context.Context, address string, err error) error {
	if _, ok := errors.AsType[*wire.Error](err); ok {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if address == localURL {
		return fmt.Errorf("%w of this account: %s", errUnreachable, localTrouble(err))
	}
	return fmt.Errorf("%w at %s: %s", errUnreachable, address, trouble(err))
}

// localTrouble is what is the matter with a socket, in words.
func localTrouble(err error) string {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return "it is not running; start it with 'homie gateway' or 'homie up'"
	}
	return trouble(err)
}

// trouble is what is the matter with a connection, in words.
func trouble(err error) string {
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return "there is no such name; is this host on the tailnet, with MagicDNS on? If not, use 'homie login'"
	}
	if wrong, ok := errors.AsType[x509.HostnameError](err); ok {
		return fmt.Sprintf("its certificate is for %v; use the full name, https://homie.<tailnet>.ts.net", wrong.Certificate.DNSNames)
	}
	if cert, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fmt.Sprintf("its certificate is not trusted here (%v); with a certificate of your own, let this host trust who signed it", cert.Err)
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "it does not speak HTTPS; if the gateway runs with HOMIE_HTTP=1, use http://"
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there; is the gateway running, and the address right?"
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer; is it running, and does the policy file let this device reach it on tcp:443?"
	case errors.Is(err, rpc.ErrClosed):
		return "it hung up; is it a Homie gateway, and running?"
	}
	return err.Error()
}
