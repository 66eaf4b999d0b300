package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const healthHelp = `
Exits with 0 if the gateway answers at /healthz: at --url, else at the socket of
this account's gateway. It says nothing about the tailnet or the machines.`

// healthTimeout is below the usual patience of what asks for a health check.
const healthTimeout = 5 * time.Second

func healthCommand(p process, f *flag.FlagSet) action {
	t := targetFlags(f)
	return func(ctx context.Context, _ []string) error {
		ctx, cancel := context.WithTimeout(ctx, healthTimeout)
		defer cancel()
		at := t.resolve(p)
		if at.url == "" && findSocket(p, at.stateDir) == "" {
			return fmt.Errorf("%w: none runs under this account on this host", errUnreachable)
		}
		d, closer, err := at.dialer(ctx, p)
		if err != nil {
			return err
		}
		defer closer()
		tr := &http.Transport{DialContext: d.NetDial}
		defer tr.CloseIdleConnections()
		if err := healthy(ctx, &http.Client{Transport: tr}, d.URL); err != nil {
			return unreachable(context.WithoutCancel(ctx), d.URL, err)
		}
		if t.json {
			return printJSON(p, map[string]bool{"healthy": true})
		}
		_, err = fmt.Fprintln(p.Out, "The gateway answers.")
		return err
	}
}

func healthy(ctx context.Context, client *http.Client, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(address, "/")+"/healthz", http.NoBody)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 16))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || string(body) != "ok\n" {
		return fmt.Errorf("it answered %s, and not as a gateway", resp.Status)
	}
	return nil
}
