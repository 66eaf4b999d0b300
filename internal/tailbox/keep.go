package tailbox

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"homie/internal/tailbox/acme"
)

// keeper holds what outlives a run in a directory, or nothing if dir is "".
// Devices with kept state hold certificates of the authority and the address
// of the control server, and both must still be true for them.
type keeper struct{ dir string }

// authority returns the kept authority, or makes and keeps one.
func (k keeper) authority() (*acme.Authority, error) {
	if k.dir == "" {
		return acme.NewAuthority()
	}
	path := filepath.Join(k.dir, "authority.pem")
	text, err := os.ReadFile(path)
	switch {
	case err == nil:
		if a, err := acme.ParseAuthority(text); err == nil {
			return a, nil
		} // a damaged or an old one is replaced
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("reading the authority: %w", err)
	}
	a, err := acme.NewAuthority()
	if err != nil {
		return nil, err
	}
	if text, err = a.MarshalPEM(); err != nil {
		return nil, err
	}
	return a, k.write("authority.pem", text)
}

// listen takes the kept port if it is free, or any, and keeps it.
func (k keeper) listen() (net.Listener, error) {
	if k.dir != "" {
		if text, err := os.ReadFile(filepath.Join(k.dir, "control-address")); err == nil {
			if ln, err := loopback(strings.TrimSpace(string(text))); err == nil {
				return ln, nil
			}
		}
	}
	ln, err := loopback("127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("taking a port for control: %w", err)
	}
	if k.dir == "" {
		return ln, nil
	}
	if err := k.write("control-address", []byte(ln.Addr().String()+"\n")); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	return ln, nil
}

// write replaces a private file of the directory, which it makes if need be.
func (k keeper) write(name string, data []byte) error {
	if err := os.MkdirAll(k.dir, 0o700); err != nil {
		return fmt.Errorf("making the tailnet's directory: %w", err)
	}
	if err := os.WriteFile(filepath.Join(k.dir, name), data, 0o600); err != nil {
		return fmt.Errorf("keeping %s: %w", name, err)
	}
	return nil
}

// loopback listens on addr if that is an IPv4 loopback address.
func loopback(addr string) (net.Listener, error) {
	a, err := net.ResolveTCPAddr("tcp4", addr)
	if err != nil {
		return nil, err
	}
	if !a.IP.IsLoopback() {
		return nil, fmt.Errorf("%s is not a loopback address", addr)
	}
	return net.ListenTCP("tcp4", a)
}
