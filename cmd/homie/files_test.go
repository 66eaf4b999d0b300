package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
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
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: args[0]},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		DNSNames:              []string{args[0]},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	ts.Check(err)
	key, err := x509.MarshalPKCS8PrivateKey(private)
	ts.Check(err)
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), certPEM, 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600))
	ts.Setenv("SSL_CERT_FILE", ts.MkAbs(args[1]))
}
