package acme

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
)

// jwk is an account's public key, P-256 only. The order of its fields is that
// of RFC 7638, so its JSON is what a thumbprint hashes.
type jwk struct {
	Curve string `json:"crv"`
	Type  string `json:"kty"`
	X     string `json:"x"`
	Y     string `json:"y"`
}

// jwsHeader is the protected header of a signed request.
type jwsHeader struct {
	Alg   string `json:"alg"`
	Nonce string `json:"nonce"`
	URL   string `json:"url"`
	KeyID string `json:"kid"` // the account's URL
	Key   *jwk   `json:"jwk"` // instead of KeyID, for a new account
}

// jws is a signed request in the flattened serialization of RFC 7515.
type jws struct {
	Protected string `json:"protected"`
	Payload   string `json:"payload"`
	Signature string `json:"signature"`
}

var b64 = base64.RawURLEncoding

// header decodes the protected header, which is not verified yet.
func (m jws) header() (jwsHeader, error) {
	var h jwsHeader
	raw, err := b64.DecodeString(m.Protected)
	if err != nil {
		return h, fmt.Errorf("decoding the protected header: %w", err)
	}
	if err := json.Unmarshal(raw, &h); err != nil {
		return h, fmt.Errorf("parsing the protected header: %w", err)
	}
	if h.Alg != "ES256" {
		return h, fmt.Errorf("algorithm %q is not ES256", h.Alg)
	}
	return h, nil
}

// verify checks the signature with key and returns the payload.
func (m jws) verify(key jwk) ([]byte, error) {
	public, err := key.public()
	if err != nil {
		return nil, err
	}
	signature, err := b64.DecodeString(m.Signature)
	if err != nil || len(signature) != 64 {
		return nil, errors.New("the signature is not 64 bytes of base64url")
	}
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	digest := sha256.Sum256([]byte(m.Protected + "." + m.Payload))
	if !ecdsa.Verify(public, digest[:], r, s) {
		return nil, errors.New("the signature does not match")
	}
	return b64.DecodeString(m.Payload)
}

// public returns the key that k describes.
func (k jwk) public() (*ecdsa.PublicKey, error) {
	if k.Type != "EC" || k.Curve != "P-256" {
		return nil, errors.New("the account key is not a P-256 key")
	}
	x, errX := b64.DecodeString(k.X)
	y, errY := b64.DecodeString(k.Y)
	if err := errors.Join(errX, errY); err != nil {
		return nil, fmt.Errorf("decoding the account key: %w", err)
	}
	if len(x) != 32 || len(y) != 32 {
		return nil, errors.New("the account key's coordinates are not 32 bytes")
	}
	point := append(append([]byte{4}, x...), y...)
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
}

// thumbprint is RFC 7638's digest of the key.
func (k jwk) thumbprint() string {
	text, _ := json.Marshal(k) // four strings always encode
	digest := sha256.Sum256(text)
	return b64.EncodeToString(digest[:])
}

// txtValue is what a dns-01 challenge wants to see in the TXT record.
func txtValue(token string, account jwk) string {
	digest := sha256.Sum256([]byte(token + "." + account.thumbprint()))
	return b64.EncodeToString(digest[:])
}
