package notifications_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"homie/gateway/notifications"
	"homie/wire"
)

// browser is a browser's push subscription, and its push service: what arrives
// is decrypted as RFC 8291 says, by code that has nothing to do with the sender's.
type browser struct {
	key  *ecdh.PrivateKey
	auth []byte
	srv  *httptest.Server

	mu     sync.Mutex
	answer func(n int) (status int, retryAfter string) // to the nth push
	got    []pushed
}

type pushed struct {
	header http.Header
	text   string
	err    error
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{key: key, auth: make([]byte, 16), answer: func(int) (int, string) { return http.StatusCreated, "" }}
	rand.Read(b.auth)
	b.srv = httptest.NewServer(b)
	t.Cleanup(b.srv.Close)
	return b
}

func (b *browser) host() string { return strings.TrimPrefix(b.srv.URL, "http://") }

func (b *browser) subscription() notifications.RegisterParams {
	return notifications.RegisterParams{
		Kind: notifications.WebPush, URL: b.srv.URL + "/push/secret", Auth: base64.RawURLEncoding.EncodeToString(b.auth),
		P256dh: base64.RawURLEncoding.EncodeToString(b.key.PublicKey().Bytes()),
	}
}

func (b *browser) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		body, err = b.decrypt(body)
	}
	b.mu.Lock()
	b.got = append(b.got, pushed{r.Header, string(body), err})
	status, after := b.answer(len(b.got))
	b.mu.Unlock()
	if after != "" {
		w.Header().Set("Retry-After", after)
	}
	w.WriteHeader(status)
}

func (b *browser) arrived() []pushed {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]pushed(nil), b.got...)
}

func (b *browser) answers(f func(n int) (int, string)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answer = f
}

// decrypt is RFC 8188 with the keys of RFC 8291.
func (b *browser) decrypt(body []byte) ([]byte, error) {
	if len(body) < 21 || len(body) < 21+int(body[20]) {
		return nil, errors.New("no header")
	}
	salt, sender, sealed := body[:16], body[21:21+int(body[20])], body[21+int(body[20]):]
	public, err := ecdh.P256().NewPublicKey(sender)
	if err != nil {
		return nil, err
	}
	secret, err := b.key.ECDH(public)
	if err != nil {
		return nil, err
	}
	ikm, err1 := hkdf.Key(sha256.New, secret, b.auth, "WebPush: info\x00"+string(b.key.PublicKey().Bytes())+string(sender), 32)
	cek, err2 := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	nonce, err3 := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(cek)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	plain, err := gcm.Open(nil, nonce, sealed, nil)
	if err != nil {
		return nil, err
	}
	text, _, ok := strings.Cut(string(plain), "\x02")
	if !ok {
		return nil, errors.New("no end of the record")
	}
	return []byte(text), nil
}

func TestWebPushCanBeRead(t *testing.T) {
	b := newBrowser(t)
	h := open(t, b.host())
	h.meets(laptop, phone)
	h.does(phone, "notifications.register", b.subscription(), nil)
	h.sends(laptop, notifications.SendParams{Title: "The wäsche is done", Body: strings.Repeat("🗑", 1000), Path: "/machines/den", Tag: "wash", Urgency: notifications.High})
	eventually(t, "a push arrives", func() bool { return len(b.arrived()) == 1 })
	p := b.arrived()[0]
	if p.err != nil {
		t.Fatalf("it can't be decrypted: %v", p.err)
	}
	var m struct {
		WebPush      int `json:"web_push"`
		AppBadge     int `json:"app_badge"`
		Notification struct{ Title, Body, Navigate, Tag string }
	}
	if err := json.Unmarshal([]byte(p.text), &m); err != nil {
		t.Fatal(err)
	}
	n := m.Notification
	if m.WebPush != 8030 || m.AppBadge != 1 || n.Title != "Olivia: The wäsche is done" || n.Navigate != home+"/machines/den" || n.Tag == "" {
		t.Errorf("the push says %+v", m)
	}
	if len(p.text) > 3000 || !strings.HasPrefix(n.Body, strings.Repeat("🗑", 100)) || !strings.HasSuffix(n.Body, "…") {
		t.Errorf("a long text is %d bytes, %q", len(p.text), n.Body)
	}
	if topic := p.header.Get("Topic"); len(topic) != 32 || strings.Contains(topic, "wash") {
		t.Errorf("Topic = %q, want 32 characters that say nothing", topic)
	}
	if p.header.Get("Urgency") != "high" || p.header.Get("TTL") != "86400" || !strings.HasPrefix(p.header.Get("Authorization"), "vapid t=") {
		t.Errorf("headers = %v", p.header)
	}
	eventually(t, "it is noted that it arrived", func() bool { return !h.places(phone)[0].LastAt.IsZero() })
	if got := h.places(laptop); got[0].Here || !h.places(phone)[0].Here || strings.Contains(mustJSON(t, got), "secret") {
		t.Errorf("the places are %+v", got)
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestSubscriptionThatIsGone(t *testing.T) {
	for _, status := range []int{http.StatusNotFound, http.StatusGone} {
		b := newBrowser(t)
		b.answers(func(int) (int, string) { return status, "" })
		h := open(t, b.host())
		h.meets(phone)
		h.does(phone, "notifications.register", b.subscription(), nil)
		h.sends(phone, notifications.SendParams{Title: "hello"})
		eventually(t, "it is dropped", func() bool { return len(h.places(phone)) == 0 })
	}
}

// A service that has no time is asked again, and says why meanwhile.
func TestPushServiceThatIsBusy(t *testing.T) {
	b := newBrowser(t)
	b.answers(func(n int) (int, string) {
		if n == 1 {
			return http.StatusTooManyRequests, "1"
		}
		return http.StatusCreated, ""
	})
	h := open(t, b.host())
	h.meets(phone)
	h.does(phone, "notifications.register", b.subscription(), nil)
	h.sends(phone, notifications.SendParams{Title: "hello"})
	eventually(t, "its trouble is said", func() bool { return h.places(phone)[0].Problem == "it answered 429" })
	eventually(t, "it arrives", func() bool { return len(b.arrived()) == 2 && h.places(phone)[0].Problem == "" })
	if a, b := b.arrived()[0].text, b.arrived()[1].text; a != b {
		t.Errorf("asked again with %q, before with %q", b, a)
	}
}

// One that hangs or fails holds nobody else up.
func TestBrokenPushServiceHoldsNobodyUp(t *testing.T) {
	hang := make(chan struct{})
	hangs := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	defer hangs.Close()
	defer close(hang)
	breaks := newBrowser(t)
	breaks.answers(func(int) (int, string) { return http.StatusInternalServerError, "" })
	b := newBrowser(t)
	h := open(t, b.host(), breaks.host(), strings.TrimPrefix(hangs.URL, "http://"))
	h.meets(phone)
	h.does(phone, "notifications.register", notifications.RegisterParams{Kind: notifications.Webhook, URL: hangs.URL}, nil)
	h.does(phone, "notifications.register", breaks.subscription(), nil)
	h.does(phone, "notifications.register", b.subscription(), nil)
	for range 10 {
		h.sends(phone, notifications.SendParams{Title: "hello"})
	}
	eventually(t, "all arrive where it works", func() bool { return len(b.arrived()) == 10 })
	if n := len(breaks.arrived()); n > 2 {
		t.Errorf("a service that answers 500 was asked %d times at once", n)
	}
}

func TestQuietHoursAndLoudness(t *testing.T) {
	b := newBrowser(t)
	h := open(t, b.host())
	h.meets(phone)
	h.does(phone, "notifications.register", b.subscription(), nil)
	now := time.Now().UTC()
	quiet := &notifications.Quiet{From: now.Add(-time.Hour).Format("15:04"), To: now.Add(time.Hour).Format("15:04"), Zone: "UTC"}
	h.does(phone, "notifications.preferences.update", notifications.UpdateParams{Quiet: quiet}, nil)
	h.sends(phone, notifications.SendParams{Title: "can wait"})
	h.sends(phone, notifications.SendParams{Title: "can't", Urgency: notifications.High})
	eventually(t, "the urgent one arrives", func() bool { return len(b.arrived()) == 1 })
	if got := b.arrived()[0].text; !strings.Contains(got, "can't") {
		t.Errorf("pushed in quiet hours: %s", got)
	}
	if got := h.inbox(phone); got.Unread != 2 {
		t.Errorf("the inbox has %v, want both", titles(got))
	}

	// What is too much is in the inbox alone.
	h.does(phone, "notifications.preferences.update", notifications.UpdateParams{}, nil)
	for range 40 {
		h.sends(phone, notifications.SendParams{Title: "again"})
	}
	h.sends(phone, notifications.SendParams{Title: "the last", Urgency: notifications.High})
	eventually(t, "the last arrives", func() bool {
		got := b.arrived()
		return strings.Contains(got[len(got)-1].text, "the last")
	})
	if n := len(b.arrived()); n > 25 {
		t.Errorf("%d pushes for 40 notices at once, want the burst of 20", n)
	}
}

// Pushes go to a device that is still its owner's, with the rights it has now.
func TestNothingIsPushedToWhoeverGotTheDevice(t *testing.T) {
	b := newBrowser(t)
	h := open(t, b.host())
	h.meets(laptop, phone)
	h.does(phone, "notifications.register", b.subscription(), nil)
	h.knows(on("9", "Eve", "phone", phone.Device.Addr, "*:*"))
	var r notifications.TestResult
	h.does(laptop, "notifications.test", struct{}{}, &r)
	if len(r.Deliveries) != 1 || r.Deliveries[0].OK || r.Deliveries[0].Problem == "" || len(b.arrived()) != 0 {
		t.Errorf("a device that is another's: %+v, %d pushes", r, len(b.arrived()))
	}
	h.knows(phone)
	h.does(laptop, "notifications.test", struct{}{}, &r)
	if !r.Deliveries[0].OK || len(b.arrived()) != 1 {
		t.Errorf("back with its owner: %+v", r)
	}
}

func TestSinks(t *testing.T) {
	type request struct {
		path, token string
		body        map[string]any
	}
	got := make(chan request, 4)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var body map[string]any
		_ = json.NewDecoder(r.Body).Decode(&body) // what is missing shows below
		got <- request{r.URL.Path, r.Header.Get("Authorization"), body}
	}))
	defer srv.Close()
	h := open(t, strings.TrimPrefix(srv.URL, "http://"))
	h.meets(laptop)
	h.does(laptop, "notifications.register", notifications.RegisterParams{Kind: notifications.Ntfy, URL: srv.URL + "/deep/alerts", Token: "tk_1"}, nil)
	h.does(laptop, "notifications.register", notifications.RegisterParams{Kind: notifications.Webhook, URL: srv.URL + "/hook"}, nil)
	h.sends(laptop, notifications.SendParams{Title: "Tür offen", Body: "seit zehn Minuten", Urgency: notifications.High, Path: "/machines"})
	byPath := map[string]request{}
	for range 2 {
		r := <-got
		byPath[r.path] = r
	}
	n := byPath["/deep/"]
	if n.token != "Bearer tk_1" || n.body["topic"] != "alerts" || n.body["title"] != "Olivia: Tür offen" || n.body["priority"] != 4.0 || n.body["click"] != home+"/machines" {
		t.Errorf("ntfy got %+v", n)
	}
	w := byPath["/hook"]
	if w.token != "" || w.body["title"] != "Tür offen" || w.body["from"] != "Olivia" || w.body["url"] != home+"/machines" {
		t.Errorf("the webhook got %+v", w)
	}
}

func TestRegisterRefusesWhatLeadsInside(t *testing.T) {
	b := newBrowser(t)
	h := open(t)
	h.meets(laptop)
	for address, reason := range map[string]wire.Reason{
		"https://127.0.0.1/x": wire.Forbidden, "https://localhost/x": wire.Forbidden, "https://[::1]/x": wire.Forbidden,
		"https://100.100.100.100/x": wire.Forbidden, "https://169.254.169.254/latest": wire.Forbidden,
		"http://ntfy.sh/x": wire.InvalidParams, "ftp://ntfy.sh/x": wire.InvalidParams, "https://a:b@ntfy.sh/x": wire.InvalidParams,
		"ntfy.sh/x": wire.InvalidParams, "https://": wire.InvalidParams, "file:///etc/passwd": wire.InvalidParams,
	} {
		h.refuses(laptop, "notifications.register", notifications.RegisterParams{Kind: notifications.Webhook, URL: address}, reason)
	}
	p := b.subscription()
	p.URL = "https://push.example/x"
	for _, bad := range []string{"", "AAAA", strings.Repeat("A", 87), p.Auth} {
		p.P256dh = bad
		h.refuses(laptop, "notifications.register", p, wire.InvalidParams)
	}
	if got := h.places(laptop); len(got) != 0 {
		t.Errorf("registered all the same: %+v", got)
	}
	for i := range 21 {
		p := notifications.RegisterParams{Kind: notifications.Webhook, URL: "https://push.example/" + strings.Repeat("x", i+1)}
		if i < 20 {
			h.does(laptop, "notifications.register", p, nil)
			h.does(laptop, "notifications.register", p, nil) // renewed
			continue
		}
		h.refuses(laptop, "notifications.register", p, wire.Busy)
	}
	h.does(tablet, "notifications.unregister", notifications.UnregisterParams{ID: h.places(laptop)[0].ID}, nil)
	if n := len(h.places(laptop)); n != 20 {
		t.Errorf("Max took one of Olivia's %d places away", n)
	}
	h.does(laptop, "notifications.unregister", notifications.UnregisterParams{ID: h.places(laptop)[0].ID}, nil)
	if n := len(h.places(laptop)); n != 19 {
		t.Errorf("%d places after one was taken away, want 19", n)
	}
}
