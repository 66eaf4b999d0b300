package notifications

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"homie/tsidentity"
	"homie/wire"
)

// Topic is what a notice is about; people choose by topic what reaches them.
type Topic string

// The topics.
const (
	Pairing  Topic = "pairing"  // somebody asks to be let in
	Machines Topic = "machines" // a machine went away, or is back
	Jobs     Topic = "jobs"     // a job is done, or failed
	Messages Topic = "messages" // from a person or a program of the house
	Tests    Topic = "tests"    // asked for by whoever gets it; always told
)

// Urgency is how soon a phone should show something (RFC 8030, 5.3). What is
// urgent is pushed in quiet hours, too.
type Urgency string

// The urgencies.
const (
	Low    Urgency = "low"
	Normal Urgency = "normal"
	High   Urgency = "high"
)

// Bounds of a notice.
const (
	maxTitle = 120  // runes
	maxBody  = 1000 // runes
	maxPath  = 512  // bytes
	maxTag   = 64   // bytes
	maxTo    = 50   // people
)

// Notice is something to be told.
type Notice struct {
	Topic   Topic
	Title   string
	Body    string
	Path    string // of the page it is about, "" for none
	Urgency Urgency
	// Tag names what it is about: of several with one tag, unread, the latest is
	// shown. "" for none.
	Tag  string
	From string // who says so, "" for Homie itself
	// For says who may hear of it, by what they may do at this moment.
	For func(tsidentity.Caller) bool
}

// NoteID names a note in an inbox. Later notes have greater ids.
type NoteID string

// Note is what a person was told.
type Note struct {
	ID      NoteID    `json:"id"`
	At      time.Time `json:"at"`
	Topic   Topic     `json:"topic"`
	Title   string    `json:"title"`
	Body    string    `json:"body"`
	Path    string    `json:"path"` // page of the app, "" for none
	Urgency Urgency   `json:"urgency"`
	From    string    `json:"from"` // who says so, "" for Homie itself
	Read    bool      `json:"read"`
	Tag     string    `json:"tag"`
	// Times is how often it was told, the latest at At.
	Times int `json:"times"`
}

// Changed is that an inbox is not as it was.
type Changed struct {
	// Note is what came in; null if notes were read, or choices changed.
	Note   *Note `json:"note"`
	Unread int   `json:"unread"`

	owner string
}

func view(who tsidentity.Caller, c Changed) (Changed, bool) { return c, c.owner == ownerOf(who) }

// ListParams ask for a page of the inbox, the latest first.
type ListParams struct {
	Before NoteID `json:"before,omitzero"` // absent: from the latest
	Limit  int    `json:"limit,omitzero"`  // absent: 50
}

const (
	usualPage = 50
	maxPage   = 200
)

// Validate checks bounds.
func (p ListParams) Validate() error {
	if p.Limit < 0 || p.Limit > maxPage {
		return fmt.Errorf("limit is from 1 to %d", maxPage)
	}
	return nil
}

// List is a page of the caller's inbox.
type List struct {
	Notes  []Note `json:"notes"`
	Unread int    `json:"unread"` // in the whole inbox
	More   bool   `json:"more"`   // there are older ones
}

// ReadParams say what was read.
type ReadParams struct {
	IDs []NoteID `json:"ids,omitzero"`
	All bool     `json:"all,omitzero"`
}

// Validate checks bounds.
func (p ReadParams) Validate() error {
	if len(p.IDs) > maxPage {
		return fmt.Errorf("at most %d ids at once", maxPage)
	}
	if p.All == (len(p.IDs) > 0) {
		return errors.New("say either ids, or all")
	}
	return nil
}

// Unread is how much of an inbox was not read.
type Unread struct {
	Unread int `json:"unread"`
}

// SendParams tell people something.
type SendParams struct {
	// To are logins, or ids of people; "everyone" is all that use Homie. Empty:
	// the caller.
	To      []string `json:"to,omitzero"`
	Title   string   `json:"title"`
	Body    string   `json:"body,omitzero"`
	Path    string   `json:"path,omitzero"`    // page of the app, such as "/machines"
	Urgency Urgency  `json:"urgency,omitzero"` // absent: normal
	Tag     string   `json:"tag,omitzero"`     // replaces an unread one with this tag
}

// Everyone is who uses Homie, as a receiver.
const Everyone = "everyone"

// Validate checks shape and bounds.
func (p SendParams) Validate() error {
	if strings.TrimSpace(p.Title) == "" {
		return errors.New("title is missing; it is what people see first")
	}
	if len(p.To) > maxTo {
		return fmt.Errorf("at most %d people at once; %q is all of them", maxTo, Everyone)
	}
	if p.Urgency != "" && p.Urgency != Low && p.Urgency != Normal && p.Urgency != High {
		return fmt.Errorf("urgency is %s, %s or %s", Low, Normal, High)
	}
	if p.Path != "" && (len(p.Path) > maxPath || !strings.HasPrefix(p.Path, "/") || strings.HasPrefix(p.Path, "//") || strings.ContainsFunc(p.Path, notInPath)) {
		return errors.New(`path is a page of the app, such as "/machines"`)
	}
	if len(p.Tag) > maxTag {
		return fmt.Errorf("tag is at most %d bytes", maxTag)
	}
	return errors.Join(checkText("title", p.Title, maxTitle, false), checkText("body", p.Body, maxBody, true))
}

func notInPath(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f }

// checkText refuses what could show as something else than it is.
func checkText(what, text string, most int, lines bool) error {
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > most {
		return fmt.Errorf("%s is at most %d characters of UTF-8", what, most)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) && (!lines || r != '\n') }) {
		return fmt.Errorf("%s has characters that do not show", what)
	}
	return nil
}

// Target names the receivers for the audit log.
func (p SendParams) Target() string { return strings.Join(p.To, ", ") }

// Sent is to how many people something was told.
type Sent struct {
	People int `json:"people"`
}

// Kind is how something is pushed.
type Kind string

// The kinds.
const (
	WebPush Kind = "webpush" // to a browser or an installed app (RFC 8030, 8291)
	Ntfy    Kind = "ntfy"    // to a topic of an ntfy server
	Webhook Kind = "webhook" // as JSON to any server
)

// RegistrationID names a place that is pushed to.
type RegistrationID string

// RegisterParams name a place to push to.
type RegisterParams struct {
	Kind Kind   `json:"kind"`
	URL  string `json:"url"` // of the push service, ntfy topic or server
	// P256dh and Auth are the keys of a browser's subscription, in base64url.
	P256dh string `json:"p256dh,omitzero"`
	Auth   string `json:"auth,omitzero"`
	// Token is sent to an ntfy server or webhook as "Authorization: Bearer".
	Token string `json:"token,omitzero"`
	Name  string `json:"name,omitzero"` // absent: the device's
}

const (
	maxURL   = 2048 // bytes
	maxToken = 512  // bytes
	maxName  = 60   // runes
)

// Validate checks shape and bounds.
func (p RegisterParams) Validate() error {
	switch p.Kind {
	case WebPush:
		if err := checkKeys(p.P256dh, p.Auth); err != nil {
			return err
		}
	case Ntfy, Webhook:
		if p.P256dh != "" || p.Auth != "" {
			return errors.New("p256dh and auth are a browser's")
		}
	default:
		return fmt.Errorf("kind is %s, %s or %s", WebPush, Ntfy, Webhook)
	}
	if len(p.URL) > maxURL {
		return fmt.Errorf("url is at most %d bytes", maxURL)
	}
	if len(p.Token) > maxToken || strings.ContainsFunc(p.Token, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return errors.New("token is one word of plain characters")
	}
	return checkText("name", p.Name, maxName, false)
}

// UnregisterParams name a place.
type UnregisterParams struct {
	ID RegistrationID `json:"id"`
}

// Target names it for the audit log.
func (p UnregisterParams) Target() string { return string(p.ID) }

// Registration is a place that is pushed to. Its address and keys stay in the
// gateway.
type Registration struct {
	ID     RegistrationID `json:"id"`
	Kind   Kind           `json:"kind"`
	Name   string         `json:"name"`
	Device wire.DeviceID  `json:"device"` // that registered it
	Host   string         `json:"host"`   // of its address
	Here   bool           `json:"here"`   // this device registered it
	At     time.Time      `json:"at"`
	LastAt time.Time      `json:"lastAt"` // something arrived there, to the hour; zero if never
	// Problem is why nothing arrives there, in words; "" if it does.
	Problem string `json:"problem"`
}

// Choice is how somebody hears of a topic.
type Choice string

// The choices.
const (
	Off   Choice = "off"
	Inbox Choice = "inbox"
	Push  Choice = "push" // and in the inbox
)

// TopicChoice is a topic with what was chosen.
type TopicChoice struct {
	Topic  Topic  `json:"topic"`
	Label  string `json:"label"`
	About  string `json:"about"`
	Choice Choice `json:"choice"`
}

// Quiet are hours of the day in which only what is urgent is pushed.
type Quiet struct {
	From string `json:"from"` // "22:00"
	To   string `json:"to"`   // "07:00", of the next day if that is before From
	Zone string `json:"zone"` // "Europe/Berlin"
}

// Preferences are what a person chose, and where they are told.
type Preferences struct {
	Topics []TopicChoice `json:"topics"`
	Quiet  *Quiet        `json:"quiet"` // null: none
	// PushKey is what a browser subscribes with (RFC 8292), in base64url.
	PushKey       string         `json:"pushKey"`
	Registrations []Registration `json:"registrations"`
}

// UpdateParams replace what a person chose.
type UpdateParams struct {
	Topics map[Topic]Choice `json:"topics"` // of those left out, the usual
	Quiet  *Quiet           `json:"quiet"`  // null: none
}

// Validate checks that there are such things.
func (p UpdateParams) Validate() error {
	for t, c := range p.Topics {
		if _, ok := usual(t); !ok {
			return fmt.Errorf("there is no topic %q", t)
		}
		if c != Off && c != Inbox && c != Push {
			return fmt.Errorf("a choice is %s, %s or %s", Off, Inbox, Push)
		}
	}
	if p.Quiet != nil {
		return p.Quiet.check()
	}
	return nil
}

// TestResult is what became of a test, place by place.
type TestResult struct {
	Deliveries []Delivery `json:"deliveries"`
}

// Delivery is what became of one push.
type Delivery struct {
	ID      RegistrationID `json:"id"`
	Name    string         `json:"name"`
	OK      bool           `json:"ok"`
	Problem string         `json:"problem"` // in words, "" if it arrived
}
