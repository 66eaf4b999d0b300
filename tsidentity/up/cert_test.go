package up_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homie/internal/tailbox"
	"homie/internal/tailbox/tailboxtest"
	"homie/tsidentity/up"
)

// shake makes one TLS handshake with the gateway over the tailnet.
func shake(ctx context.Context, from *up.Device, to, serverName string, roots *x509.CertPool) (*x509.Certificate, error) {
	conn, err := from.Dial(ctx, "tcp", to+":443")
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	c := tls.Client(conn, &tls.Config{ServerName: serverName, RootCAs: roots})
	if err := c.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return c.ConnectionState().PeerCertificates[0], nil
}

// serveTLS accepts handshakes on the device until the test ends.
func serveTLS(t *testing.T, d *up.Device, c *up.Certificate) {
	t.Helper()
	ln, err := d.Listen("tcp", ":443")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{
		Handler:  http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "home") }),
		ErrorLog: log.New(io.Discard, "", 0),
	}
	ended := make(chan struct{})
	go func() {
		srv.Serve(tls.NewListener(ln, c.TLSConfig()))
		close(ended)
	}()
	t.Cleanup(func() {
		srv.Close()
		<-ended
	})
}

func TestTheCertificateComesWhenHTTPSIsTurnedOn(t *testing.T) {
	o := people()
	o.HTTPS = true
	tn := tailboxtest.Start(t, o)
	tn.SetHTTPS(false)
	conf, _ := config(tn, "homie", t.TempDir())
	conf.AuthKey = tn.AuthKey()
	gateway := start(t, conf)
	conf, _ = config(tn, "laptop", t.TempDir())
	conf.AuthKey = tn.AuthKey()
	laptop := start(t, conf)
	if err := tailbox.Ready(within(t), gateway.Server(), laptop.Server()); err != nil {
		t.Fatal(err)
	}
	cert := up.NewCertificate(gateway)
	run(t, cert.Run)
	serveTLS(t, gateway, cert)
	eventually(t, "the certificate is off", func() bool { return cert.Status().State == up.CertOff })
	if m := cert.Status().Message; !strings.Contains(m, "HOMIE_HTTP=1") || !strings.Contains(m, "HOMIE_TLS_CERT") {
		t.Errorf("message while HTTPS is off: %q", m)
	}
	fqdn := tn.FQDN("homie")
	began := time.Now()
	if _, err := shake(within(t), laptop, fqdn, fqdn, tn.Roots()); err == nil || time.Since(began) > 10*time.Second {
		t.Errorf("a handshake without a certificate ended with %v after %v", err, time.Since(began))
	}

	tn.SetHTTPS(true)
	eventually(t, "the certificate is in hand", func() bool { return cert.Status().State == up.CertReady })
	if s := cert.Status(); s.Domain != fqdn || s.Message != "" || s.NotAfter.Before(time.Now()) {
		t.Errorf("Status = %+v", s)
	}
	leaf, err := shake(within(t), laptop, fqdn, fqdn, tn.Roots())
	if err != nil || leaf.VerifyHostname(fqdn) != nil {
		t.Errorf("handshake: %v", err)
	}
	// A name that is not the certificate's gets none, and waits for none.
	for _, name := range []string{"homie", "evil.example", gateway.State().Addrs[0].String()} {
		if _, err := shake(within(t), laptop, fqdn, name, tn.Roots()); err == nil {
			t.Errorf("a handshake for %s succeeded", name)
		}
	}
	// What is in hand is served on, whatever is turned off.
	tn.SetHTTPS(false)
	eventually(t, "the trouble is known", func() bool { return cert.Status().Message != "" })
	if _, err := shake(within(t), laptop, fqdn, fqdn, tn.Roots()); err != nil || cert.Status().State != up.CertReady {
		t.Errorf("handshake with what is in hand: %v, %+v", err, cert.Status())
	}
}

func TestAnOwnCertificate(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if _, _, err := up.OwnCertificate(certFile, keyFile, "homie.box.ts.net", nil); err == nil || !strings.Contains(err.Error(), "HOMIE_TLS_CERT") {
		t.Errorf("without files: %v", err)
	}
	writePair(t, certFile, keyFile, "homie.example.com")
	c, host, err := up.OwnCertificate(certFile, keyFile, "homie.box.ts.net", nil)
	if err != nil || host != "homie.example.com" || c.Status().State != up.CertReady {
		t.Fatalf("OwnCertificate = %q, %v, %+v", host, err, c.Status())
	}
	get := c.TLSConfig().GetCertificate
	if pair, err := get(&tls.ClientHelloInfo{ServerName: host}); err != nil || pair.Leaf.VerifyHostname(host) != nil {
		t.Errorf("handshake: %v", err)
	}
	if _, err := get(&tls.ClientHelloInfo{ServerName: "other.example.com"}); err == nil {
		t.Error("a handshake for another name succeeded")
	}
	for name, want := range map[string]string{"homie.box.ts.net": "homie.box.ts.net", "*.box.ts.net": "homie.box.ts.net", "*.example.com": ""} {
		writePair(t, certFile, keyFile, name)
		if _, host, err := up.OwnCertificate(certFile, keyFile, "homie.box.ts.net", nil); host != want || (err == nil) != (want != "") {
			t.Errorf("a certificate for %s: host %q, %v; want %q", name, host, err, want)
		}
	}
	if err := os.WriteFile(keyFile, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := up.OwnCertificate(certFile, keyFile, "homie.box.ts.net", nil); err == nil {
		t.Error("a broken key was taken")
	}
}

func writePair(t *testing.T, certFile, keyFile, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "EC PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnOAuthClientSecretMakesALastingDevice(t *testing.T) {
	tn := tailboxtest.Start(t, people())
	var asked struct {
		Capabilities struct {
			Devices struct {
				Create struct {
					Ephemeral, Preauthorized bool
					Tags                     []string
				}
			}
		}
	}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/oauth/token"):
			io.WriteString(w, `{"access_token":"x","token_type":"Bearer","expires_in":3600}`)
		case strings.HasSuffix(r.URL.Path, "/keys"):
			if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
				t.Error(err)
			}
			json.NewEncoder(w).Encode(map[string]string{"key": tn.AuthKey()})
		}
	}))
	defer api.Close()
	conf, _ := config(tn, "homie", t.TempDir())
	conf.AuthKey, conf.Tags = "tskey-client-x?ephemeral=true&baseURL="+api.URL, []string{"tag:homie"}
	start(t, conf)
	if c := asked.Capabilities.Devices.Create; c.Ephemeral || !c.Preauthorized || len(c.Tags) != 1 {
		t.Errorf("asked for %+v, want a lasting device", c)
	}
}

func TestStartDoesNotWaitForAnOAuthServerThatHangs(t *testing.T) {
	tn := tailboxtest.Start(t, people())
	reached, hang := make(chan struct{}), make(chan struct{})
	api := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(reached)
		<-hang
	}))
	defer api.Close()
	defer close(hang)
	conf, _ := config(tn, "homie", t.TempDir())
	conf.AuthKey, conf.Tags = "tskey-client-x?baseURL="+api.URL, []string{"tag:homie"}
	ctx, cancel := context.WithCancel(within(t))
	ended := make(chan error, 1)
	go func() {
		_, err := up.Start(ctx, conf)
		ended <- err
	}()
	<-reached
	cancel()
	if err := <-ended; err == nil {
		t.Error("Start succeeded")
	}
}
