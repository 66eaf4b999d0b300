// Package acme is a small certificate authority that speaks RFC 8555, for a
// tailnet that has no internet.
//
// It offers what a Tailscale client needs to get its HTTPS certificate: one
// account per P-256 key, orders for one DNS name, and the dns-01 challenge,
// whose TXT record its owner publishes with [Server.SetTXT]. Signatures and
// challenges are checked as a real authority does; the root is thrown away
// with the server.
//
//	newAccount → newOrder → (TXT published) → challenge → finalize → cert
//
// It does not do: revocation, key rollover, wildcard names, rate limits, or
// nonce checks (a replay on loopback gains nothing but a certificate for a
// name that has been proven).
package acme

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Bounds on what one run keeps.
const (
	maxBody   = 64 << 10
	maxOrders = 10_000
)

// Server is the authority's HTTP side. Its paths lie below the base address
// given to [New].
type Server struct {
	authority *Authority
	base      string
	mux       *http.ServeMux

	mu       sync.Mutex
	accounts map[string]jwk      // account URL → its key
	txt      map[string][]string // "_acme-challenge.<name>" → values published
	orders   map[string]*order   // order id → order
}

// order is one order with its one authorization and its one challenge, which
// share its id.
type order struct {
	account string // URL
	name    string // DNS name
	token   string
	status  string // pending, ready, valid
	chain   []byte // PEM, once valid
}

// New returns a server whose resources lie below base, an address without a
// trailing slash such as "http://127.0.0.1:1234/acme".
func New(authority *Authority, base string) *Server {
	s := &Server{
		authority: authority,
		base:      base,
		mux:       http.NewServeMux(),
		accounts:  map[string]jwk{},
		txt:       map[string][]string{},
		orders:    map[string]*order{},
	}
	s.mux.HandleFunc("GET /directory", s.directory)
	s.mux.HandleFunc("GET /nonce", func(http.ResponseWriter, *http.Request) {})
	s.mux.HandleFunc("POST /account", s.account)
	s.mux.HandleFunc("POST /order", s.signed(s.newOrder))
	s.mux.HandleFunc("POST /order/{id}", s.signed(s.showOrder))
	s.mux.HandleFunc("POST /authorization/{id}", s.signed(s.showAuthorization))
	s.mux.HandleFunc("POST /challenge/{id}", s.signed(s.challenge))
	s.mux.HandleFunc("POST /finalize/{id}", s.signed(s.finalize))
	s.mux.HandleFunc("POST /certificate/{id}", s.signed(s.certificate))
	return s
}

// DirectoryURL is where an ACME client starts.
func (s *Server) DirectoryURL() string { return s.base + "/directory" }

// SetTXT publishes a TXT record. Values of one name add up.
func (s *Server) SetTXT(name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.txt[name] = append(s.txt[name], value)
}

// ServeHTTP answers for paths relative to the base address.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Replay-Nonce", rand.Text())
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	s.mux.ServeHTTP(w, r)
}

func (s *Server) directory(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, map[string]string{
		"newNonce":   s.base + "/nonce",
		"newAccount": s.base + "/account",
		"newOrder":   s.base + "/order",
	})
}

// account answers newAccount, the one request that carries its own key.
func (s *Server) account(w http.ResponseWriter, r *http.Request) {
	var m jws
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		refuse(w, http.StatusBadRequest, "malformed", err.Error())
		return
	}
	h, err := m.header()
	if err != nil || h.Key == nil {
		refuse(w, http.StatusBadRequest, "malformed", "a new account needs an ES256 key")
		return
	}
	payload, err := m.verify(*h.Key)
	if err != nil {
		refuse(w, http.StatusUnauthorized, "unauthorized", err.Error())
		return
	}
	var p struct {
		OnlyReturnExisting bool `json:"onlyReturnExisting"`
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		refuse(w, http.StatusBadRequest, "malformed", err.Error())
		return
	}
	url := s.base + "/account/" + h.Key.thumbprint()
	s.mu.Lock()
	_, known := s.accounts[url]
	if !known && !p.OnlyReturnExisting {
		s.accounts[url] = *h.Key
	}
	s.mu.Unlock()
	if !known && p.OnlyReturnExisting {
		refuse(w, http.StatusBadRequest, "accountDoesNotExist", "no account has this key")
		return
	}
	w.Header().Set("Location", url)
	status := http.StatusCreated
	if known {
		status = http.StatusOK
	}
	reply(w, status, map[string]string{"status": "valid"})
}

// signed verifies a request of a known account before next sees its payload.
func (s *Server) signed(next func(w http.ResponseWriter, r *http.Request, account string, payload []byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var m jws
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			refuse(w, http.StatusBadRequest, "malformed", err.Error())
			return
		}
		h, err := m.header()
		if err != nil {
			refuse(w, http.StatusBadRequest, "malformed", err.Error())
			return
		}
		if want := s.base + r.URL.Path; h.URL != want {
			refuse(w, http.StatusUnauthorized, "unauthorized", fmt.Sprintf("signed for %s, sent to %s", h.URL, want))
			return
		}
		s.mu.Lock()
		key, ok := s.accounts[h.KeyID]
		s.mu.Unlock()
		if !ok {
			refuse(w, http.StatusBadRequest, "accountDoesNotExist", "no such account")
			return
		}
		payload, err := m.verify(key)
		if err != nil {
			refuse(w, http.StatusUnauthorized, "unauthorized", err.Error())
			return
		}
		next(w, r, h.KeyID, payload)
	}
}

// publishedLocked reports whether the TXT record that o's challenge wants is
// there.
func (s *Server) publishedLocked(o *order) bool {
	want := txtValue(o.token, s.accounts[o.account])
	return slices.Contains(s.txt["_acme-challenge."+o.name], want)
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client is gone if this fails
}

// refuse answers with a problem document; kind is one of RFC 8555's.
func refuse(w http.ResponseWriter, status int, kind, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{
		"type":   "urn:ietf:params:acme:error:" + kind,
		"detail": strings.TrimSpace(detail),
	})
}
