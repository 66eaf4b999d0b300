package acme

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"strings"
)

func (s *Server) newOrder(w http.ResponseWriter, _ *http.Request, account string, payload []byte) {
	var p struct {
		Identifiers []identifier `json:"identifiers"`
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		refuse(w, http.StatusBadRequest, "malformed", err.Error())
		return
	}
	if len(p.Identifiers) != 1 || p.Identifiers[0].Type != "dns" || strings.Contains(p.Identifiers[0].Value, "*") {
		refuse(w, http.StatusBadRequest, "unsupportedIdentifier", "an order names exactly one DNS name")
		return
	}
	id := rand.Text()
	o := &order{account: account, name: strings.ToLower(p.Identifiers[0].Value), token: rand.Text(), status: "pending"}
	s.mu.Lock()
	full := len(s.orders) >= maxOrders
	if !full {
		s.orders[id] = o
	}
	s.mu.Unlock()
	if full {
		refuse(w, http.StatusTooManyRequests, "rateLimited", "too many orders in one run")
		return
	}
	w.Header().Set("Location", s.base+"/order/"+id)
	reply(w, http.StatusCreated, s.describe(id, *o))
}

// find returns a copy of the order that r names and account owns, or refuses.
func (s *Server) find(w http.ResponseWriter, r *http.Request, account string) (id string, o order, ok bool) {
	id = r.PathValue("id")
	s.mu.Lock()
	found := s.orders[id]
	if found != nil {
		o = *found
	}
	s.mu.Unlock()
	if found == nil || o.account != account {
		refuse(w, http.StatusNotFound, "malformed", "no such order")
		return "", order{}, false
	}
	return id, o, true
}

func (s *Server) showOrder(w http.ResponseWriter, r *http.Request, account string, _ []byte) {
	id, o, ok := s.find(w, r, account)
	if !ok {
		return
	}
	w.Header().Set("Location", s.base+"/order/"+id)
	reply(w, http.StatusOK, s.describe(id, o))
}

func (s *Server) showAuthorization(w http.ResponseWriter, r *http.Request, account string, _ []byte) {
	id, o, ok := s.find(w, r, account)
	if !ok {
		return
	}
	reply(w, http.StatusOK, map[string]any{
		"status":     proven(o),
		"identifier": identifier{Type: "dns", Value: o.name},
		"challenges": []any{s.describeChallenge(id, o)},
	})
}

// challenge looks for the TXT record. It answers at once: the record is either
// there, since the control server and this authority are one process, or wrong.
func (s *Server) challenge(w http.ResponseWriter, r *http.Request, account string, _ []byte) {
	id, o, ok := s.find(w, r, account)
	if !ok {
		return
	}
	s.mu.Lock()
	if o.status == "pending" && s.publishedLocked(&o) {
		s.orders[id].status, o.status = "ready", "ready"
	}
	s.mu.Unlock()
	if o.status == "pending" {
		refuse(w, http.StatusForbidden, "dns", "the TXT record of _acme-challenge."+o.name+" is missing or wrong")
		return
	}
	reply(w, http.StatusOK, s.describeChallenge(id, o))
}

func (s *Server) finalize(w http.ResponseWriter, r *http.Request, account string, payload []byte) {
	id, o, ok := s.find(w, r, account)
	if !ok {
		return
	}
	if o.status != "ready" {
		refuse(w, http.StatusForbidden, "orderNotReady", "the order is "+o.status)
		return
	}
	csr, err := parseCSR(payload)
	if err != nil || len(csr.DNSNames) > 1 || (len(csr.DNSNames) == 1 && csr.DNSNames[0] != o.name) {
		refuse(w, http.StatusBadRequest, "badCSR", "the request is not one for "+o.name)
		return
	}
	chain, err := s.authority.issue(csr, o.name)
	if err != nil {
		refuse(w, http.StatusInternalServerError, "serverInternal", err.Error())
		return
	}
	s.mu.Lock()
	kept := s.orders[id]
	kept.status, kept.chain = "valid", chain
	o = *kept
	s.mu.Unlock()
	w.Header().Set("Location", s.base+"/order/"+id)
	reply(w, http.StatusOK, s.describe(id, o))
}

func parseCSR(payload []byte) (*x509.CertificateRequest, error) {
	var p struct {
		CSR string `json:"csr"`
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		return nil, err
	}
	der, err := b64.DecodeString(p.CSR)
	if err != nil {
		return nil, err
	}
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, err
	}
	return csr, csr.CheckSignature()
}

func (s *Server) certificate(w http.ResponseWriter, r *http.Request, account string, _ []byte) {
	_, o, ok := s.find(w, r, account)
	if !ok {
		return
	}
	if o.chain == nil {
		refuse(w, http.StatusForbidden, "orderNotReady", "the order is "+o.status)
		return
	}
	w.Header().Set("Content-Type", "application/pem-certificate-chain")
	_, _ = w.Write(o.chain)
}

// identifier names what a certificate is for.
type identifier struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// proven is the status of o's authorization.
func proven(o order) string {
	if o.status == "pending" {
		return "pending"
	}
	return "valid"
}

func (s *Server) describe(id string, o order) map[string]any {
	m := map[string]any{
		"status":         o.status,
		"identifiers":    []identifier{{Type: "dns", Value: o.name}},
		"authorizations": []string{s.base + "/authorization/" + id},
		"finalize":       s.base + "/finalize/" + id,
	}
	if o.chain != nil {
		m["certificate"] = s.base + "/certificate/" + id
	}
	return m
}

func (s *Server) describeChallenge(id string, o order) map[string]string {
	return map[string]string{
		"type":   "dns-01",
		"url":    s.base + "/challenge/" + id,
		"token":  o.token,
		"status": proven(o),
	}
}
