package acme

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// Lifetimes are long enough for a kept state directory and short enough that a
// forgotten one is worthless.
const (
	rootLifetime = 365 * 24 * time.Hour
	leafLifetime = 60 * 24 * time.Hour
	// backdate forgives a clock that jumps a little.
	backdate = 5 * time.Minute
)

// An Authority is a throwaway certificate authority.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewAuthority makes an authority with a key of its own.
func NewAuthority() (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{CommonName: "Homie box root (throwaway)"},
		NotBefore:             time.Now().Add(-backdate),
		NotAfter:              time.Now().Add(rootLifetime),
		IsCA:                  true,
		KeyUsage:              x509.KeyUsageCertSign,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("signing the root: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("reading the root back: %w", err)
	}
	return &Authority{cert: cert, key: key}, nil
}

// ParseAuthority reads what [Authority.MarshalPEM] wrote. An authority that is
// about to expire is refused, so that its caller makes another.
func ParseAuthority(text []byte) (*Authority, error) {
	a := &Authority{}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		var err error
		switch block.Type {
		case "CERTIFICATE":
			a.cert, err = x509.ParseCertificate(block.Bytes)
		case "EC PRIVATE KEY":
			a.key, err = x509.ParseECPrivateKey(block.Bytes)
		}
		if err != nil {
			return nil, fmt.Errorf("reading the authority's %s: %w", block.Type, err)
		}
	}
	switch {
	case a.cert == nil || a.key == nil:
		return nil, errors.New("the authority's file lacks its certificate or its key")
	case !a.key.PublicKey.Equal(a.cert.PublicKey):
		return nil, errors.New("the authority's key is not its certificate's")
	case time.Until(a.cert.NotAfter) < leafLifetime:
		return nil, errors.New("the authority expires soon")
	}
	return a, nil
}

// MarshalPEM returns the certificate and the private key, for a private file.
func (a *Authority) MarshalPEM() ([]byte, error) {
	der, err := x509.MarshalECPrivateKey(a.key)
	if err != nil {
		return nil, fmt.Errorf("encoding the authority's key: %w", err)
	}
	key := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
	return append(a.RootPEM(), key...), nil
}

// RootPEM returns the root certificate, for those who are to trust it.
func (a *Authority) RootPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// Roots returns a pool that holds the root and nothing else.
func (a *Authority) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// issue signs a server certificate for name and returns the chain in PEM.
func (a *Authority) issue(csr *x509.CertificateRequest, name string) ([]byte, error) {
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: serial(),
		DNSNames:     []string{name},
		NotBefore:    time.Now().Add(-backdate),
		NotAfter:     time.Now().Add(leafLifetime),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, a.cert, csr.PublicKey, a.key)
	if err != nil {
		return nil, fmt.Errorf("signing a certificate for %s: %w", name, err)
	}
	leaf := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return append(leaf, a.RootPEM()...), nil
}

// serial returns a random 127-bit serial number.
func serial() *big.Int {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails
	b[0] &= 0x7f
	return new(big.Int).SetBytes(b[:])
}
