package terminal

import "time"

// Attention is what happened in a session that people may want to know who do
// not look at it.
type Attention struct {
	// Bells is how often the bell rang.
	Bells uint64 `json:"bells"`
	// Command is what runs, as far as the shell tells; null for nothing.
	Command *Command `json:"command"`
	// Last is the command that ended last, null for none.
	Last *Command `json:"last"`
	// Notices is how often a program asked for a notification (OSC 9, 777), and
	// Notice the text of the last one: whatever the program chose.
	Notices uint64 `json:"notices"`
	Notice  string `json:"notice,omitzero"`
}

// Command is one that a shell ran, as its marks tell (OSC 133).
type Command struct {
	Text      string     `json:"text"` // as typed, "" if that is not known
	StartedAt time.Time  `json:"startedAt"`
	EndedAt   *time.Time `json:"endedAt"` // null while running
	Exit      *int       `json:"exit"`    // null while running, or if the shell did not say
}

// Plain is text as it may be passed on, of at most so many bytes.
func Plain(text string, most int) string { return plain(text, most) }

// MaxAttention bounds the bytes of a command's text, and of a notice.
const MaxAttention = 200

// shown is a as it may be passed on.
func (a Attention) shown() Attention {
	a.Command, a.Last = a.Command.shown(), a.Last.shown()
	a.Notice = plain(a.Notice, MaxAttention)
	return a
}

func (c *Command) shown() *Command {
	if c == nil {
		return nil
	}
	out := *c
	out.Text = plain(out.Text, MaxAttention)
	return &out
}
