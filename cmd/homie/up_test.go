package main

import (
	"path/filepath"
	"testing"
)

// The node of 'homie up' finds the gateway under the name that its certificate
// is for.
func TestAddress(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeCertificate(t, "home.example.com", cert, key)
	const fqdn = "homie.example.ts.net"
	for _, tt := range []struct {
		g    gatewaySettings
		fqdn string
		want string
	}{
		{gatewaySettings{}, fqdn, fqdn},
		{gatewaySettings{cert: cert, key: key}, fqdn, "https://home.example.com"},
		{gatewaySettings{cert: cert, key: key}, "home.example.com", "home.example.com"},
		{gatewaySettings{cert: "nowhere", key: key}, fqdn, fqdn},
	} {
		if got := tt.g.address(tt.fqdn); got != tt.want {
			t.Errorf("address(%s) with certificate %q = %s, want %s", tt.fqdn, tt.g.cert, got, tt.want)
		}
	}
}
