package tailbox_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"tailscale.com/tailcfg"
	"tailscale.com/tsnet"

	"homie/internal/tailbox"
	"homie/internal/tailbox/tailboxtest"
)

// childDirEnv makes the test program a device that keeps its state there.
const childDirEnv = "TAILBOX_TEST_CHILD_DIR"

func TestMain(m *testing.M) {
	dir := os.Getenv(childDirEnv)
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := child(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child is a hub in a process of its own; it ends with its standard input.
func child(dir string) error {
	s := &tsnet.Server{
		Dir:           dir,
		Hostname:      "homie",
		ControlURL:    os.Getenv("TAILBOX_TEST_URL"),
		AuthKey:       os.Getenv("TAILBOX_TEST_KEY"),
		AdvertiseTags: []string{"tag:homie"},
	}
	ln, err := s.Listen("tcp", ":80")
	if err != nil {
		return err
	}
	defer s.Close()
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, "another process")
			c.Close()
		}
	}()
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// startChild starts the child and returns what ends it.
func startChild(t *testing.T, tn *tailbox.Tailnet, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), tn.Environ()...)
	cmd.Env = append(cmd.Env, childDirEnv+"="+dir, "TAILBOX_TEST_URL="+tn.URL(), "TAILBOX_TEST_KEY="+tn.AuthKey())
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil { // exec closes it in Wait
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// heard dials the hub until it answers and returns what it said.
func heard(t *testing.T, from *tsnet.Server) string {
	t.Helper()
	var got []byte
	eventually(t, "the hub answers", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		c, err := from.Dial(ctx, "tcp", "homie:80")
		if err != nil {
			return false
		}
		defer c.Close()
		got, err = io.ReadAll(c)
		return err == nil
	})
	return string(got)
}

func TestOtherProcess(t *testing.T) {
	tn := tailboxtest.Start(t, people())
	laptop := tailboxtest.Up(t, tn, "laptop")[0]
	dir := t.TempDir()
	kill := func(cmd *exec.Cmd) {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	cmd := startChild(t, tn, dir)
	if got := heard(t, laptop); got != "another process" {
		t.Errorf("the hub said %q, want another process", got)
	}
	kill(cmd)

	// After a crash it comes back as itself, and soon.
	start := time.Now()
	cmd = startChild(t, tn, dir)
	defer kill(cmd)
	heard(t, laptop)
	t.Logf("back %v after a kill", time.Since(start).Round(time.Millisecond))

	lc, err := laptop.LocalClient()
	if err != nil {
		t.Fatal(err)
	}
	st, err := lc.Status(within(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, peer := range st.Peer {
		ping, err := lc.Ping(within(t), peer.TailscaleIPs[0], tailcfg.PingDisco)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s is reached at %q, relay %q, in %v ms", peer.HostName, ping.Endpoint, ping.DERPRegionCode, ping.LatencySeconds*1e3)
	}
}
