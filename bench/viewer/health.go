package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// askAgain is the time between two questions whether a gateway answers.
const askAgain = 2 * time.Millisecond

// awaitHealth waits until a gateway answers over the tailnet that it serves.
func (v *viewer) awaitHealth(ctx context.Context, host string) error {
	if err := v.device.Reach(ctx, host); err != nil {
		return err
	}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return v.device.Dial(ctx, network, addr)
		},
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	}
	defer transport.CloseIdleConnections()
	again := time.NewTicker(askAgain)
	defer again.Stop()
	for {
		err := healthy(ctx, transport, host)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the health of %s: %w", host, err)
		case <-again.C:
		}
	}
}

func healthy(ctx context.Context, transport http.RoundTripper, host string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+"/healthz", nil)
	if err != nil {
		return err
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("it says %s", resp.Status)
	}
	return nil
}
