package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"tailscale.com/tsnet"
)

// TestMain lets the test program be bin/homie as well, as small as it can be:
// what matters here is the box around it.
func TestMain(m *testing.M) {
	if len(os.Args) < 2 || os.Args[1] != "gateway" && os.Args[1] != "node" {
		os.Exit(m.Run())
	}
	if err := fakeHomie(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// fakeHomie joins the tailnet as bin/homie would. As gateway it answers the
// few questions that the box and its tests ask.
func fakeHomie(role string, args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	f := flag.NewFlagSet(role, flag.ContinueOnError)
	s := &tsnet.Server{AuthKey: os.Getenv("HOMIE_AUTHKEY"), AdvertiseTags: strings.Split(os.Getenv("HOMIE_TAGS"), ",")}
	f.StringVar(&s.Dir, "state-dir", "", "")
	f.StringVar(&s.ControlURL, "control-url", "", "")
	f.StringVar(&s.Hostname, "hostname", "", "")
	f.String("step-up", "", "")
	f.String("notify-hosts", "", "")
	f.String("gateway", "", "")
	f.String("dir", "", "")
	if err := f.Parse(args); err != nil {
		return err
	}
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return err
	}
	if _, err := s.Up(ctx); err != nil {
		return err
	}
	defer s.Close()
	fmt.Println("this is the fake", role)
	if role == "node" {
		<-ctx.Done()
		return nil
	}
	ln, err := s.ListenTLS("tcp", ":443")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /rpc", func(w http.ResponseWriter, r *http.Request) { fakeRPC(s, w, r) })
	web := &http.Server{Handler: mux}
	go web.Serve(ln)
	<-ctx.Done()
	return web.Close()
}

func fakeRPC(s *tsnet.Server, w http.ResponseWriter, r *http.Request) {
	var call struct{ Method string }
	lc, err := s.LocalClient()
	if err != nil || json.NewDecoder(r.Body).Decode(&call) != nil {
		http.Error(w, "bad call", http.StatusBadRequest)
		return
	}
	var result any
	switch call.Method {
	case "presence.list":
		st, err := lc.Status(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		machines := []any{}
		for _, p := range st.Peer {
			if p.Tags != nil && p.Tags.Len() == 1 && p.Tags.At(0) == "tag:homie-node" {
				machines = append(machines, map[string]any{"name": p.HostName, "online": p.Online})
			}
		}
		result = map[string]any{"machines": machines}
	case "identity.whoami":
		who, err := lc.WhoIs(r.Context(), r.RemoteAddr)
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		result = who.UserProfile.LoginName + " at " + who.Node.ComputedName + " for " + r.Host
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"jsonrpc": "2.0", "id": 1, "result": result})
}
