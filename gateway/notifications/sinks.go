package notifications

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// ntfyMessage is what ntfy takes as JSON at the root of a server.
type ntfyMessage struct {
	Topic    string `json:"topic"`
	Title    string `json:"title"`
	Message  string `json:"message"`
	Priority int    `json:"priority"`
	Click    string `json:"click,omitzero"`
}

// postNtfy sends to the topic that is the last part of the address.
func (s *Service) postNtfy(ctx context.Context, p push) (*http.Response, error) {
	u, err := url.Parse(p.place.URL)
	if err != nil {
		return nil, err
	}
	at := strings.LastIndex(strings.TrimRight(u.Path, "/"), "/")
	if at < 0 {
		return nil, fmt.Errorf("the address of an ntfy topic ends with its name")
	}
	topic := strings.Trim(u.Path[at:], "/")
	u.Path, u.RawPath = u.Path[:at+1], ""
	priority := map[Urgency]int{Low: 2, Normal: 3, High: 4}[p.note.Urgency]
	title := p.note.Title
	if p.note.From != "" {
		title = p.note.From + ": " + title
	}
	return s.postJSON(ctx, u.String(), p.place.Token, ntfyMessage{
		Topic: topic, Title: title, Message: p.note.Body, Priority: priority, Click: s.link(p.note),
	})
}

// hook is what a webhook gets.
type hook struct {
	ID      NoteID    `json:"id"`
	At      time.Time `json:"at"`
	Topic   Topic     `json:"topic"`
	Title   string    `json:"title"`
	Body    string    `json:"body"`
	From    string    `json:"from"`
	Urgency Urgency   `json:"urgency"`
	URL     string    `json:"url"`
}

func (s *Service) postWebhook(ctx context.Context, p push) (*http.Response, error) {
	n := p.note
	return s.postJSON(ctx, p.place.URL, p.place.Token, hook{
		ID: n.ID, At: n.At, Topic: n.Topic, Title: n.Title, Body: n.Body, From: n.From, Urgency: n.Urgency, URL: s.link(n),
	})
}

func (s *Service) postJSON(ctx context.Context, to, token string, v any) (*http.Response, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "homie")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return s.client.Do(req)
}
