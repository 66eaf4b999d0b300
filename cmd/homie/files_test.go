package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"homie/internal/tailbox"
	"homie/store"
)

func clientTLS(n *tailbox.Tailnet) *tls.Config { return &tls.Config{RootCAs: n.Roots()} }

// mode checks the permissions of a file: "mode FILE -rw-------".
func (s *stage) mode(ts *testscript.TestScript, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := info.Mode() & (fs.ModePerm | fs.ModeDir); got.String() != args[1] {
		ts.Fatalf("%s has mode %s, want %s", args[0], got, args[1])
	}
}

// hangsup waits until nothing holds a node's terminals any more: "hangsup
// FILE", which is there as long as something does.
func (s *stage) hangsUp(ts *testscript.TestScript, args []string) {
	deadline := time.Now().Add(patience)
	for {
		_, err := os.Stat(ts.MkAbs(args[0]))
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s is still there (%v)", args[0], err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// hold opens a gateway's store as another program would: "hold FILE".
func (s *stage) hold(ts *testscript.TestScript, args []string) {
	path := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o700))
	db, err := store.Open(path, store.Options{})
	ts.Check(err)
	s.undo = append(s.undo, func() { db.Close() })
}

// certificate makes a certificate and its key, and lets processes trust it:
// "certificate NAME CERT KEY".
func (s *stage) certificate(ts *testscript.TestScript, args []string) {
	cert := ts.MkAbs(args[1])
	writeCertificate(ts, args[0], cert, ts.MkAbs(args[2]))
	ts.Setenv("SSL_CERT_FILE", cert)
}

// fataler is a test or a script.
type fataler interface {
	Fatalf(format string, args ...any)
}

// writeCertificate makes a certificate for a name, which vouches for itself.
func writeCertificate(t fataler, name, certFile, keyFile string) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatalf("making a key: %v", err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		DNSNames:              []string{name},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatalf("making a certificate: %v", err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatalf("encoding a key: %v", err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
	if err := errors.Join(os.WriteFile(certFile, certPEM, 0o600), os.WriteFile(keyFile, keyPEM, 0o600)); err != nil {
		t.Fatalf("writing a certificate: %v", err)
	}
}
