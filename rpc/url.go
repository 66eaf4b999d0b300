package rpc

import (
	"fmt"
	"net/url"

	"homie/wire"
)

// socketURL returns the WebSocket address of a gateway's http(s) address.
func socketURL(base string) (string, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return "", fmt.Errorf("%q is not an address like https://homie.tailnet.ts.net", base)
	}
	switch u.Scheme {
	case "https":
		u.Scheme = "wss"
	case "http":
		u.Scheme = "ws"
	default:
		return "", fmt.Errorf("%q: want an http or https address", base)
	}
	u.Path, u.RawQuery, u.Fragment = wire.Path, "", ""
	return u.String(), nil
}
