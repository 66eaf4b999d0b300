package notifications

import (
	"cmp"
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"time"

	"homie/store"
	"homie/tsidentity"
	"homie/wire"
)

// register has the caller be told things at one more place: this browser, an
// ntfy topic, or a server. A place that is there already is renewed.
func (s *Service) register(_ context.Context, who tsidentity.Caller, p RegisterParams) (Registration, error) {
	own, err := owner(who)
	if err != nil {
		return Registration{}, err
	}
	if err := s.checkURL(p.URL); err != nil {
		return Registration{}, err
	}
	now := time.Now().UTC()
	row := placeRow{
		Kind: p.Kind, URL: p.URL, P256dh: p.P256dh, Auth: p.Auth, Token: p.Token,
		Name: cmp.Or(p.Name, who.Device.Name), Device: who.Device.ID, Addr: who.Device.Addr, At: now,
	}
	id := s.newID(now)
	err = errors.Join(s.meet(who, own), s.db.Update(func(tx *store.Tx) error {
		from, to := of(own)
		n := 0
		for key, was := range places.Range(tx, from, to) {
			if n++; was.URL == row.URL {
				n--
				id = key[len(from):]
			}
		}
		if n >= maxPlaces {
			return wire.Errorf(wire.Busy, "You are told things at %d places already, the limit. Take one away first.", maxPlaces)
		}
		return places.Put(tx, from+id, row)
	}))
	if err != nil {
		return Registration{}, err
	}
	s.changed(own)
	return row.shown(RegistrationID(id), who), nil
}

// unregister has nothing told any more at a place of the caller's.
func (s *Service) unregister(_ context.Context, who tsidentity.Caller, p UnregisterParams) (wire.Nothing, error) {
	own, err := owner(who)
	if err != nil {
		return wire.Nothing{}, err
	}
	err = s.db.Update(func(tx *store.Tx) error { return places.Delete(tx, own+"/"+string(p.ID)) })
	if err == nil {
		s.changed(own)
	}
	return wire.Nothing{}, err
}

// shown is a place as its owner sees it.
func (r placeRow) shown(id RegistrationID, who tsidentity.Caller) Registration {
	return Registration{
		ID: id, Kind: r.Kind, Name: r.Name, Device: wire.DeviceID(r.Device), Host: hostOf(r.URL),
		Here: r.Kind == WebPush && r.Device == who.Device.ID,
		At:   r.At, LastAt: r.LastAt, Problem: r.Problem,
	}
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// checkURL refuses what can never be pushed to. Where a name leads to is looked
// at when it is dialed, each time.
func (s *Service) checkURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return wire.Errorf(wire.InvalidParams, "This is no address that something can be sent to. It starts with https://.")
	}
	if s.trusts(hostPort(u)) {
		return nil
	}
	if u.Scheme != "https" {
		return wire.Errorf(wire.InvalidParams, "Homie sends to https:// only, so that nobody reads along. A server of this home can be allowed with --notify-hosts %s.", hostPort(u))
	}
	if isPrivateLiteral(u.Hostname()) {
		return wire.Errorf(wire.Forbidden, "%s is an address inside of this home, where Homie sends nothing unless whoever runs it allows that, with --notify-hosts %s.", u.Hostname(), hostPort(u))
	}
	return nil
}

// hostPort is the host of an address with its port.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return strings.ToLower(u.Hostname()) + ":" + port
}

// checkKeys refuses keys that nothing can be encrypted for (RFC 8291, 3.1).
func checkKeys(p256dh, auth string) error {
	point, err := decodeKey(p256dh)
	if err == nil {
		_, err = ecdh.P256().NewPublicKey(point)
	}
	secret, err2 := decodeKey(auth)
	if err != nil || err2 != nil || len(secret) != 16 {
		return errors.New("p256dh and auth are the keys of a browser's subscription: a point on P-256 and 16 bytes, in base64url")
	}
	return nil
}

func decodeKey(text string) ([]byte, error) {
	return base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
}
