package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// output is a buffer that two goroutines may use.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// eventually polls until ok says so.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("never came true: %s", what)
		case <-poll.C:
		}
	}
}

// freePorts finds four free ports in a row.
func freePorts(t *testing.T) int {
	t.Helper()
	for range 100 {
		ln, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		first := ln.Addr().(*net.TCPAddr).Port
		ln.Close()
		b := newBox(options{port: first, rawDoor: -1}, io.Discard, io.Discard)
		if lns, err := b.takePorts(); err == nil {
			_ = closeAll(lns)
			return first
		}
	}
	t.Fatal("no four free ports in a row")
	return 0
}

func post(t *testing.T, url, method string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", url+"/rpc", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"`+method+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	var answer struct{ Result string }
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return err.Error()
	}
	return answer.Result
}

// TestBox starts everything with a small bin/homie, looks through each door,
// kills the gateway, and ends it all.
func TestBox(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	me, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	port := freePorts(t)
	var stdout, stderr output
	ctx, cancel := context.WithCancel(t.Context())
	code := make(chan int, 1)
	args := []string{"--json", "--homie", me, "--port", strconv.Itoa(port), "--raw-door", "0"}
	go func() { code <- run(ctx, args, func(string) string { return "" }, &stdout, &stderr) }()
	eventually(t, "the box is ready", func() bool {
		select {
		case c := <-code:
			t.Fatalf("the box ended with %d: %s", c, stderr.String())
		default:
		}
		return strings.HasSuffix(stdout.String(), "\n")
	})
	var v ready
	if err := json.Unmarshal([]byte(stdout.String()), &v); err != nil {
		t.Fatal(err)
	}
	t.Logf("ready in %d ms", v.ReadyMs)

	want := map[string]string{
		"owner":   "olivia@example.com at olivia-laptop for homie.box.ts.net",
		"member":  "max@example.com at max-tablet for homie.box.ts.net",
		"visitor": "vera@example.com at vera-laptop for homie.box.ts.net",
		"phone":   "olivia@example.com at olivia-phone for homie.box.ts.net",
	}
	got := map[string]string{}
	for i, d := range v.Doors {
		if d.Address != fmt.Sprintf("http://127.0.0.1:%d", port+i) {
			t.Errorf("door %d is at %s", i, d.Address)
		}
		if runtime.GOOS == "linux" { // elsewhere a browser opens the link first
			got[d.Name] = post(t, d.Address, "identity.whoami")
		} else {
			got[d.Name] = want[d.Name]
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("who stands behind the doors (-want +got):\n%s", diff)
	}
	if c, err := net.Dial("tcp", v.RawDoor); err != nil {
		t.Errorf("the raw door: %v", err)
	} else {
		c.Close()
	}

	killGateway(t, v, &stderr)

	cancel()
	if c := <-code; c != 0 {
		t.Errorf("exit code = %d, want 0; %s", c, stderr.String())
	}
	if _, err := os.Stat(v.StateDir); err == nil {
		t.Errorf("%s is still there", v.StateDir)
	}
	for _, c := range v.Children {
		if err := signalTo(c.PID, syscall.Signal(0)); err == nil {
			t.Errorf("%s, process %d, still runs", c.Name, c.PID)
		}
	}
}

func signalTo(pid int64, s os.Signal) error {
	p, err := os.FindProcess(int(pid))
	if err != nil {
		return err
	}
	return p.Signal(s)
}

// killGateway kills the gateway's process and waits until it is back.
func killGateway(t *testing.T, v ready, stderr *output) {
	t.Helper()
	if err := signalTo(v.Children[0].PID, os.Kill); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	eventually(t, "the box says that the gateway ended", func() bool {
		return strings.Contains(stderr.String(), "the gateway ended (signal: killed) and is started again") &&
			strings.Contains(stderr.String(), "    this is the fake gateway")
	})
	if runtime.GOOS != "linux" {
		return
	}
	eventually(t, "the gateway answers again", func() bool {
		return strings.Contains(post(t, v.Doors[0].Address, "identity.whoami"), "olivia-laptop")
	})
	t.Logf("back %v after a kill", time.Since(start).Round(time.Millisecond))
}

// A box that was killed left its directory behind for ever.
func TestLeftoversOfAKilledBoxAreRemoved(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	dead, alive, foreign := filepath.Join(tmp, "homie-box-1"), newBox(options{}, io.Discard, io.Discard), filepath.Join(tmp, "homie-box-mine")
	for _, dir := range []string{dead, foreign} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	f, err := claim(dead)
	if err != nil {
		t.Fatal(err)
	}
	f.Close() // as the system does for a process that is killed
	if err := alive.makeDir(); err != nil {
		t.Fatal(err)
	}
	clearLeftovers(tmp)
	for dir, want := range map[string]bool{dead: false, alive.dir: true, foreign: true} {
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("%s: %v, want it to be there: %v", dir, err, want)
		}
	}
	alive.removeDir()
}

// Somebody who pressed Ctrl-C while the box was starting was told nothing, in
// the middle of a line.
func TestInterruptedStart(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	me, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr output
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	args := []string{"--homie", me, "--port", strconv.Itoa(freePorts(t))}
	if code := run(ctx, args, func(string) string { return "" }, &stdout, &stderr); code != 0 {
		t.Errorf("exit code = %d, want 0; %s", code, stderr.String())
	}
	if !strings.HasSuffix(stdout.String(), "\nstopped; nothing is left running\n") {
		t.Errorf("stdout = %q, want that it stopped", stdout.String())
	}
}

func TestPortTaken(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	port := strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
	var stdout, stderr output
	env := func(name string) string { return map[string]string{"HOMIE_BOX_PORT": port}[name] }
	if code := run(t.Context(), []string{"--quiet"}, env, &stdout, &stderr); code != 1 {
		t.Errorf("exit code = %d, want 1", code)
	}
	for _, want := range []string{"port " + port + " is taken", "HOMIE_BOX_PORT="} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("stderr = %q, want %q in it", stderr.String(), want)
		}
	}
}

func TestNoHomie(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var stdout, stderr output
	args := []string{"--quiet", "--homie", "/nowhere/homie", "--port", strconv.Itoa(freePorts(t))}
	if code := run(t.Context(), args, func(string) string { return "" }, &stdout, &stderr); code != 1 {
		t.Errorf("exit code = %d, want 1", code)
	}
	if want := "there is no /nowhere/homie; make build makes it"; !strings.Contains(stderr.String(), want) {
		t.Errorf("stderr = %q, want %q in it", stderr.String(), want)
	}
}

func TestChildThatFails(t *testing.T) {
	b := newBox(options{}, io.Discard, io.Discard)
	c := &child{name: "the gateway", argv: []string{"sh", "-c", "echo why; exit 3"}, log: filepath.Join(t.TempDir(), "log"), ended: b.childEnded, own: &b.started}
	err := c.run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "    why\n") {
		t.Errorf("a child that fails at the start: %v, want its status and its last words", err)
	}
}

func TestInherited(t *testing.T) {
	got := inherited([]string{"PATH=/bin", "HOMIE_AUTHKEY=x", "HOMIE_LOG=debug", "TS_AUTHKEY=y", "SSL_CERT_FILE=z", "LANG=C"})
	if diff := cmp.Diff([]string{"PATH=/bin", "HOMIE_LOG=debug", "LANG=C"}, got); diff != "" {
		t.Errorf("environment of children (-want +got):\n%s", diff)
	}
}

func TestFurnish(t *testing.T) {
	dir := t.TempDir()
	for _, m := range machines {
		home, err := furnish(dir, m)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(filepath.Join(home, m.Start)); err != nil || !info.IsDir() {
			t.Errorf("%s starts in %s: %v, want a directory", m.Name, m.Start, err)
		}
		rc := filepath.Join(home, ".bashrc")
		if text, err := os.ReadFile(rc); err != nil || !strings.Contains(string(text), m.Name) {
			t.Errorf("%s = %q, %v, want a prompt that names the machine", rc, text, err)
		}
		if err := os.WriteFile(rc, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := furnish(dir, m); err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(rc); err != nil || string(text) != "mine" {
			t.Errorf("%s = %q, %v after a second start, want it untouched", rc, text, err)
		}
	}
}

func TestTable(t *testing.T) {
	text := ready{ReadyMs: 540, StateDir: "/tmp/x", Temporary: true, Doors: []opened{
		{URL: "http://owner.localhost:7101", Address: "http://127.0.0.1:7101", words: "Olivia"},
		{URL: "http://phone.localhost:7104", Address: "http://127.0.0.1:7104", words: "Olivia again"},
	}}.table()
	for _, want := range []string{"ready in 0.5 s", "http://owner.localhost:7101    Olivia", "127.0.0.1:7101 to 7104", "removed at the end", "Press Ctrl-C"} {
		if !strings.Contains(text, want) {
			t.Errorf("the table lacks %q:\n%s", want, text)
		}
	}
	for line := range strings.Lines(text) {
		if n := len([]rune(line)); n > 100 {
			t.Errorf("a line has %d characters: %s", n, line)
		}
	}
}
