package main

import (
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"tailscale.com/tsnet"

	"homie/internal/tailbox"
)

// patience bounds every wait of a story, on a machine that does much else.
const patience = 60 * time.Second

// stage is what a story has around it.
type stage struct {
	t       testscript.T
	exe     string        // runs as homie in the background
	https   chan struct{} // held by the one story whose tailnet has HTTPS
	account string
	net     *tailbox.Tailnet
	procs   map[string]*proc
	end     func() // of the tailnet
	undo    []func()
}

// strike takes the stage down, the last thing first.
func (s *stage) strike() {
	for _, p := range s.procs {
		p.end()
	}
	for i := len(s.undo) - 1; i >= 0; i-- {
		s.undo[i]()
	}
	s.keepsSecrets()
}

// keepsSecrets fails a story of which a process logged or printed a secret.
func (s *stage) keepsSecrets() {
	secret := regexp.MustCompile(`privkey:|-----BEGIN [A-Z ]*PRIVATE KEY|tskey-(auth|client|api)-\w{8}`)
	for name, p := range s.procs {
		output, _ := p.read()
		if s.net != nil && strings.Contains(output, s.net.AuthKey()) {
			s.t.Fatal(name + " shows the auth key:\n" + output)
		}
		if found := secret.FindString(output); found != "" {
			s.t.Fatal(name + " shows a secret, " + found + ":\n" + output)
		}
	}
}

// tailnet starts the tailnet in a box: "tailnet [https] [logins] [approval]".
// Without https, the gateway serves plain HTTP.
func (s *stage) tailnet(ts *testscript.TestScript, args []string) {
	o := tailbox.Household(s.account)
	o.HTTPS = false
	for _, a := range args {
		switch a {
		case "https":
			o.HTTPS = true
		case "logins":
			o.Logins = true
		case "approval":
			o.Approval = true
		default:
			ts.Fatalf("tailnet: unknown option %q", a)
		}
	}
	if o.HTTPS {
		// A process runs one tailnet with HTTPS at a time.
		s.https <- struct{}{}
		s.undo = append(s.undo, func() { <-s.https })
	} else {
		// The machines reach a gateway without certificates on port 80.
		o.Policy = strings.ReplaceAll(o.Policy, `["tcp:443"]`, `["tcp:80"]`)
		ts.Setenv("HOMIE_HTTP", "1")
	}
	n, err := tailbox.New(o)
	ts.Check(err)
	s.net = n
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	s.end = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			ts.Logf("running the tailnet: %v", err)
		}
	})
	s.undo = append(s.undo, s.end)
	root := ts.MkAbs("root.pem")
	ts.Check(os.WriteFile(root, n.RootPEM(), 0o600))
	ts.Setenv("SSL_CERT_FILE", root)
	ts.Setenv("HOMIE_CONTROL_URL", n.URL())
	ts.Setenv("KEY", n.AuthKey())
	if !o.Logins {
		ts.Setenv("HOMIE_AUTHKEY", n.AuthKey())
	}
	for _, kv := range n.Environ() {
		name, value, _ := strings.Cut(kv, "=")
		ts.Setenv(name, value)
	}
}

// offline ends the tailnet, as when the internet is gone: "offline".
func (s *stage) offline(*testscript.TestScript, []string) { s.end() }

// addDevice lists a device, anew if it is: "device HOSTNAME OWNER", where the
// owner is a login or a tag.
func (s *stage) addDevice(ts *testscript.TestScript, args []string) {
	d := tailbox.Device{Hostname: args[0]}
	if strings.HasPrefix(args[1], "tag:") {
		d.Tags = args[1:]
	} else {
		d.Login = args[1]
	}
	_ = s.net.Remove(d.Hostname) // fails if it is not listed
	ts.Check(s.net.AddDevice(d))
}

// setPolicy replaces the policy: "policy FILE", in which YOUR-ACCOUNT is the
// account that runs the test.
func (s *stage) setPolicy(ts *testscript.TestScript, args []string) {
	ts.Check(s.net.SetPolicy(strings.ReplaceAll(ts.ReadFile(args[0]), "YOUR-ACCOUNT", s.account)))
}

// admit approves a device that waits for it: "admit HOSTNAME".
func (s *stage) admit(ts *testscript.TestScript, args []string) {
	ts.Check(s.net.Approve(args[0]))
}

var loginAddress = regexp.MustCompile(`http://\S+/login/\S+`)

// login does what a person does at the login address that a process shows:
// "login PROCESS".
func (s *stage) login(ts *testscript.TestScript, args []string) {
	address := s.proc(ts, args[0]).waitFor(ts, loginAddress)
	ts.Check(s.net.CompleteLogin(address))
}

// door opens a loopback address behind which stands the device of a person, and
// puts it into the environment: "door HOSTNAME VARIABLE".
func (s *stage) door(ts *testscript.TestScript, args []string) {
	dir := ts.MkAbs("door-" + args[0])
	ts.Check(os.MkdirAll(dir, 0o700))
	device := s.net.Device(args[0], dir)
	ts.Check(device.Start())
	s.undo = append(s.undo, func() { device.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := device.Up(ctx)
	ts.Check(err)
	address := s.serveDoor(ts, device)
	ts.Setenv(args[1], address)
	s.until(ts, []string{"answers", "healthcheck", "--url", address})
}

// serveDoor hands requests on to the gateway's front door, with its own name as
// the Host, and returns the address.
func (s *stage) serveDoor(ts *testscript.TestScript, device *tsnet.Server) string {
	gateway := &url.URL{Scheme: "http", Host: s.net.FQDN(tailbox.Gateway)}
	tr := &http.Transport{DialContext: device.Dial}
	if ts.Getenv("HOMIE_HTTP") != "1" {
		gateway.Scheme = "https"
		tr.TLSClientConfig = clientTLS(s.net)
	}
	proxy := &httputil.ReverseProxy{
		Transport: tr,
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(gateway) },
		ErrorLog:  log.New(io.Discard, "", 0), // the client is told
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	srv := &http.Server{Handler: proxy}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = srv.Serve(ln)
	}()
	s.undo = append(s.undo, func() {
		srv.Close()
		<-ended
		tr.CloseIdleConnections()
	})
	return "http://" + ln.Addr().String()
}

// until runs a homie command in this process until it succeeds and its output
// matches: "until PATTERN ARGS...".
func (s *stage) until(ts *testscript.TestScript, args []string) {
	want, err := regexp.Compile("(?s)" + args[0])
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	retry := time.NewTicker(50 * time.Millisecond)
	defer retry.Stop()
	for {
		var out, errs bytes.Buffer
		code := run(ctx, args[1:], process{In: strings.NewReader(""), Out: &out, Err: &errs, Env: ts.Getenv})
		if code == exitDone && want.Match(out.Bytes()) {
			return
		}
		select {
		case <-ctx.Done():
			ts.Fatalf("homie %s: exit code %d, want output that matches %q; got\n%s%s", strings.Join(args[1:], " "), code, args[0], &out, &errs)
		case <-retry.C:
		}
	}
}

// exitcode runs homie and wants a certain exit code: "exitcode CODE ARGS...".
// The output is for stdout and stderr.
func (s *stage) exitcode(ts *testscript.TestScript, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	code := run(ctx, args[1:], process{In: strings.NewReader(""), Out: ts.Stdout(), Err: ts.Stderr(), Env: ts.Getenv})
	if code != want {
		ts.Fatalf("homie %s: exit code %d, want %d", strings.Join(args[1:], " "), code, want)
	}
}
