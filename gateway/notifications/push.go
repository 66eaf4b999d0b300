package notifications

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/SherClockHolmes/webpush-go"

	"homie/store"
)

// push is a note on its way to one place.
type push struct {
	own    string
	id     RegistrationID
	place  placeRow
	note   Note
	unread int
	tries  int
}

// keep is how long a push service keeps what it can't deliver.
const keep = 24 * time.Hour

func placesOf(tx *store.Tx, own string) (out []push) {
	from, to := of(own)
	for key, row := range places.Range(tx, from, to) {
		out = append(out, push{own: own, id: RegistrationID(key[len(from):]), place: row})
	}
	return out
}

// outcome is what became of one attempt.
type outcome struct {
	problem string        // in words, "" if it arrived
	gone    bool          // the place does not exist any more
	again   bool          // a later attempt may do
	after   time.Duration // that the place asked to wait; 0 if it did not
}

// attempt pushes once.
func (s *Service) attempt(ctx context.Context, p push) outcome {
	ctx, cancel := context.WithTimeout(ctx, pushTimeout)
	defer cancel()
	res, err := s.post(ctx, p)
	if err != nil {
		return failed(err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 16<<10)) // so that the connection can be used again
	return judge(res, p.place)
}

func failed(err error) outcome {
	if private, ok := errors.AsType[privateError](err); ok {
		return outcome{problem: fmt.Sprintf("its name leads to %s, an address inside of this home", private.addr)}
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return outcome{problem: "it does not answer", again: true}
	}
	return outcome{problem: "it could not be reached", again: true}
}

// judge reads an answer (RFC 8030, 5 and 7.3).
func judge(res *http.Response, to placeRow) outcome {
	wait := time.Duration(0)
	if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && s > 0 {
		wait = min(time.Duration(s)*time.Second, time.Hour)
	}
	switch code := res.StatusCode; {
	case code >= 200 && code < 300:
		return outcome{}
	case code == http.StatusNotFound || code == http.StatusGone:
		return outcome{problem: "it does not exist any more", gone: to.Kind == WebPush}
	case code == http.StatusTooManyRequests || code >= 500:
		return outcome{problem: fmt.Sprintf("it answered %d", code), again: true, after: wait}
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return outcome{problem: "it does not let Homie in"}
	default:
		return outcome{problem: fmt.Sprintf("it answered %d", code)}
	}
}

// post makes the request.
func (s *Service) post(ctx context.Context, p push) (*http.Response, error) {
	switch p.place.Kind {
	case Ntfy:
		return s.postNtfy(ctx, p)
	case Webhook:
		return s.postWebhook(ctx, p)
	case WebPush:
	}
	keys, err := s.vapid()
	if err != nil {
		return nil, err
	}
	body, err := s.payload(p)
	if err != nil {
		return nil, err
	}
	contact := s.home() // a push service's operator may want to know whom to ask
	if contact == "" {
		contact = "https://homie.invalid"
	}
	return webpush.SendNotificationWithContext(ctx, body,
		&webpush.Subscription{Endpoint: p.place.URL, Keys: webpush.Keys{P256dh: p.place.P256dh, Auth: p.place.Auth}},
		&webpush.Options{
			HTTPClient: s.client, Subscriber: contact, TTL: int(keep.Seconds()), Topic: collapse(p.note.Tag),
			Urgency: webpush.Urgency(p.note.Urgency), VAPIDPublicKey: keys.Public, VAPIDPrivateKey: keys.Private,
		})
}

// collapse is what a push service replaces an undelivered message by: at most 32
// characters of base64url (RFC 8030, 5.4). It tells nobody what it stands for.
func collapse(tag string) string {
	if tag == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(tag))
	return base64.RawURLEncoding.EncodeToString(sum[:24])
}

// message is what a browser gets. It is complete in itself, and in the form that
// Safari shows without a service worker (Declarative Web Push).
type message struct {
	WebPush      int         `json:"web_push"` // 8030
	Notification description `json:"notification"`
	AppBadge     int         `json:"app_badge"`
}

type description struct {
	Title    string `json:"title"`
	Body     string `json:"body"`
	Navigate string `json:"navigate"`
	Tag      string `json:"tag,omitzero"`
}

// maxPayload is what fits into one record, with room for headers.
const maxPayload = 3000

func (s *Service) payload(p push) ([]byte, error) {
	m := message{WebPush: 8030, AppBadge: p.unread, Notification: description{
		Title: p.note.Title, Body: p.note.Body, Navigate: s.link(p.note), Tag: collapse(p.note.Tag),
	}}
	if p.note.From != "" {
		m.Notification.Title = p.note.From + ": " + m.Notification.Title
	}
	for {
		raw, err := json.Marshal(m)
		if err != nil || len(raw) <= maxPayload {
			return raw, err
		}
		m.Notification.Body = cut(m.Notification.Body, len([]rune(m.Notification.Body))*3/4)
	}
}

// link is where a note leads, "" as long as nobody knows where Homie is.
func (s *Service) link(n Note) string {
	home := s.home()
	if home == "" {
		return ""
	}
	if n.Path == "" {
		return home + "/notifications"
	}
	return home + n.Path
}

// vapid is the key that browsers subscribe to, and push services know Homie by
// (RFC 8292).
type vapid struct {
	Public  string `json:"public"`
	Private string `json:"private"`
}

const vapidKey = "vapid"

// vapid returns the keys, made at their first use.
func (s *Service) vapid() (vapid, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys != nil {
		return *s.keys, nil
	}
	var keys vapid
	err := s.db.Update(func(tx *store.Tx) error {
		has, ok, err := vapidKeys.Get(tx, vapidKey)
		if keys = has; ok || err != nil {
			return err
		}
		if keys.Private, keys.Public, err = webpush.GenerateVAPIDKeys(); err != nil {
			return err
		}
		return vapidKeys.Put(tx, vapidKey, keys)
	})
	if err != nil {
		return vapid{}, fmt.Errorf("reading the key for pushes: %w", err)
	}
	s.keys = &keys
	return keys, nil
}
