package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"homie/gateway"
	"homie/internal/localsock"
	"homie/rpc"
	"homie/wire"
)

const targetHelp = `
The gateway is found at --url, through this host's own network; else, if it runs
on this host under this account, at the socket in its state directory; else as
the device that 'homie login' made.`

// connectTimeout bounds every wait for the gateway and the tailnet.
const connectTimeout = 20 * time.Second

// target is where a client command finds the gateway.
type target struct {
	url      string
	stateDir string
	json     bool
}

func targetFlags(f *flag.FlagSet) *target {
	t := new(target)
	f.StringVar(&t.url, "url", "", "the gateway's `address` (HOMIE_URL)")
	f.StringVar(&t.stateDir, "state-dir", "", "the gateway's state `directory` on this host, or that of 'homie login' (HOMIE_STATE_DIR)")
	f.BoolVar(&t.json, "json", false, "print JSON, errors too")
	return t
}

// resolve fills in what no flag said from the environment. A flag for one way
// to the gateway wins over the environment's for another.
func (t target) resolve(p process) target {
	if t.url == "" && t.stateDir == "" {
		t.url, t.stateDir = p.Env("HOMIE_URL"), p.Env("HOMIE_STATE_DIR")
	}
	if t.url != "" && !strings.Contains(t.url, "://") {
		t.url = "https://" + t.url
	}
	return t
}

// session is an open connection of a client command.
type session struct {
	*rpc.Conn
	hello wire.HelloResult
	notes io.Writer // where a person reads what they have to confirm
	pause func()    // gives them their own terminal back for that; nil if nothing has it
}

// connect finds the gateway and does there what the command is about.
func (t target) connect(ctx context.Context, p process, do func(context.Context, *session) error) error {
	d, closer, err := t.resolve(p).dialer(ctx, p)
	if err != nil {
		return err
	}
	defer closer()
	return talk(ctx, p, d, do)
}

// talk says hello to the gateway behind d, and does what the command is about.
func talk(ctx context.Context, p process, d rpc.Dialer, do func(context.Context, *session) error) error {
	soon, stop := context.WithTimeout(ctx, connectTimeout)
	defer stop()
	c, err := dial(soon, d)
	if err != nil {
		return unreachable(ctx, d.URL, err)
	}
	// It outlives an interrupt, so that what was begun can be taken back.
	carry, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = c.Run(carry) // what ended it shows in the calls on it
	}()
	defer func() {
		cancel()
		<-ended
	}()
	hello, err := c.Hello(soon, wire.ClientInfo{Kind: "cli", Version: version})
	if err != nil {
		return unreachable(ctx, d.URL, err)
	}
	return do(ctx, &session{Conn: c, hello: hello, notes: p.Err})
}

// dial opens a connection, trying again until ctx ends if nothing answers: when
// two devices of a tailnet change at once, WireGuard can take fifteen seconds to
// find out that one has forgotten the other.
func dial(ctx context.Context, d rpc.Dialer) (*rpc.Conn, error) {
	for {
		c, err := d.Dial(ctx)
		if e, ok := errors.AsType[net.Error](err); !ok || !e.Timeout() || ctx.Err() != nil {
			return c, err
		}
	}
}

// dialer returns the way to the gateway and what gives it up again.
func (t target) dialer(ctx context.Context, p process) (rpc.Dialer, func(), error) {
	if t.url != "" {
		u, err := url.Parse(t.url)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			return rpc.Dialer{}, nil, usagef("--url %s is no address like https://homie.<tailnet>.ts.net", t.url)
		}
		return rpc.Dialer{URL: t.url, NetDial: dialHost}, func() {}, nil
	}
	if socket := findSocket(p, t.stateDir); socket != "" {
		return localDialer(socket), func() {}, nil
	}
	return loggedIn(ctx, clientDir(p, t.stateDir))
}

// dialHost dials through this host's own network. Names below localhost are this
// host, whatever its resolver says (RFC 6761, section 6.3): the doors of the
// tailnet in a box have such names.
func dialHost(ctx context.Context, network, addr string) (net.Conn, error) {
	if host, port, err := net.SplitHostPort(addr); err == nil && strings.HasSuffix(strings.ToLower(host), ".localhost") {
		addr = net.JoinHostPort("127.0.0.1", port)
	}
	var d net.Dialer
	return d.DialContext(ctx, network, addr)
}

// localURL stands for the gateway's socket, which needs no name.
const localURL = "http://local"

func localDialer(socket string) rpc.Dialer {
	return rpc.Dialer{URL: localURL, NetDial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return localsock.Dial(ctx, socket)
	}}
}

// findSocket returns the local socket of a gateway that this OS account runs,
// "" if there is none.
func findSocket(p process, dir string) string {
	candidates := []string{dir, filepath.Join(dir, roleGateway)} // the latter is of 'homie up'
	if dir == "" {
		candidates = []string{defaultStateDir(p, roleGateway)}
	}
	for _, dir := range candidates {
		path := filepath.Join(dir, gateway.SocketName)
		if localsock.There(path) {
			return path
		}
	}
	return ""
}

// printJSON prints v for programs and for people: what would not show on a
// terminal, or would be obeyed by it, is escaped.
func printJSON(p process, v any) error {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	if _, err := p.Out.Write(escapeHidden(out.Bytes())); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	return nil
}

// escapeHidden writes the characters of JSON that do not show as \uXXXX. They
// are all within strings, as JSON has none elsewhere but line breaks.
func escapeHidden(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for _, r := range string(text) {
		if r == '\n' || unicode.IsGraphic(r) {
			out = utf8.AppendRune(out, r)
			continue
		}
		for _, u := range utf16.AppendRune(nil, r) {
			out = fmt.Appendf(out, `\u%04x`, u)
		}
	}
	return out
}
