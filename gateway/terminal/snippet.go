package terminal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"homie/store"
	"homie/tsidentity"
	"homie/wire"
	wireterminal "homie/wire/terminal"
)

var snippets = store.NewTable[string, Snippet]("terminal.snippets") // by owner and id, see shelf

// maxSnippet bounds the text of a quick command, in bytes.
const maxSnippet = 8 << 10

// SnippetID names a quick command.
type SnippetID string

// Snippet is a quick command: text that is typed into a terminal at a touch.
type Snippet struct {
	ID   SnippetID     `json:"id"`
	Name string        `json:"name"`
	Text string        `json:"text"`
	Run  bool          `json:"run"`  // Enter follows; otherwise it is only typed
	Node wire.NodeName `json:"node"` // "" for any machine

	// Shared ones are seen by all who may open terminals, others by the person
	// whose they are.
	Shared bool `json:"shared"`
	// Removed is set in the last event of one: it is not kept any more, or not
	// for whoever is told.
	Removed bool `json:"removed,omitzero"`

	owner string // "" if shared, see ownerOf
}

func (p *Snippet) id() string      { return string(p.ID) }
func (p *Snippet) setID(id string) { p.ID = SnippetID(id) }
func (p *Snippet) about() about    { return about{&p.owner, &p.Shared, &p.Removed} }
func (p *Snippet) order() string   { return p.Name }

// SnippetParams make a quick command.
type SnippetParams struct {
	Name string        `json:"name"`
	Text string        `json:"text"`
	Run  bool          `json:"run,omitzero"`
	Node wire.NodeName `json:"node,omitzero"` // absent: any machine
	// Shared makes it everybody's; that needs the capability sharing:write.
	Shared bool `json:"shared,omitzero"`
}

// Validate checks shape and bounds.
func (p SnippetParams) Validate() error {
	switch {
	case p.Name == "":
		return errors.New("name is missing; it is what people choose the quick command by")
	case strings.TrimSpace(p.Text) == "":
		return errors.New("text is missing; it is what is typed")
	case len(p.Text) > maxSnippet:
		return fmt.Errorf("text has %d bytes, the limit is %d", len(p.Text), maxSnippet)
	case strings.ContainsFunc(p.Text, unprintable):
		return errors.New("text has control characters in it; only tabs and line ends may be")
	}
	return wireterminal.CheckPlace(p.Name, p.Node, nil, "", "", nil, "")
}

// unprintable reports whether a character has no place in what is typed for
// somebody: it could end a paste, or hide what follows.
func unprintable(r rune) bool {
	return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r))
}

// Target names the quick command for the audit log.
func (p SnippetParams) Target() string { return p.Name }

func (p SnippetParams) snippet() Snippet {
	return Snippet{Name: p.Name, Text: p.Text, Run: p.Run, Node: p.Node, Shared: p.Shared}
}

// SnippetUpdateParams replace a quick command by another one under the same id.
type SnippetUpdateParams struct {
	ID      SnippetID     `json:"id"`
	Snippet SnippetParams `json:"snippet"`
}

// Validate checks shape and bounds.
func (p SnippetUpdateParams) Validate() error { return p.Snippet.Validate() }

// Target names it for the audit log.
func (p SnippetUpdateParams) Target() string { return p.Snippet.Target() }

// SnippetDeleteParams name a quick command.
type SnippetDeleteParams struct {
	ID SnippetID `json:"id"`
}

// Target names the quick command for the audit log.
func (p SnippetDeleteParams) Target() string { return string(p.ID) }

// Snippets is a list, by name.
type Snippets struct {
	Snippets []Snippet `json:"snippets"`
}

// listSnippets returns the caller's own quick commands and those that are
// shared.
func (s *Service) listSnippets(_ context.Context, who tsidentity.Caller, _ wire.Nothing) (Snippets, error) {
	all, err := s.snippets.list(who)
	return Snippets{Snippets: all}, err
}

// createSnippet keeps a quick command: for the caller, on all of their devices,
// or for everybody who may open terminals.
func (s *Service) createSnippet(_ context.Context, who tsidentity.Caller, p SnippetParams) (Snippet, error) {
	return s.snippets.create(who, p.snippet())
}

// updateSnippet replaces a quick command. Whoever is sharing it, or takes it
// back, needs the right to share.
func (s *Service) updateSnippet(_ context.Context, who tsidentity.Caller, p SnippetUpdateParams) (Snippet, error) {
	v := p.Snippet.snippet()
	v.ID = p.ID
	return s.snippets.update(who, v)
}

// deleteSnippet removes a quick command.
func (s *Service) deleteSnippet(_ context.Context, who tsidentity.Caller, p SnippetDeleteParams) (wire.Nothing, error) {
	return wire.Nothing{}, s.snippets.remove(who, string(p.ID))
}
