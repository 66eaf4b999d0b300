package vt

import (
	"net/url"
	"strconv"
	"strings"
)

// Facts are what a session tells about itself.
type Facts struct {
	Title, Icon string
	Folder      string // where the shell is, as told by OSC 7; "" if it was not
	FolderHost  string // the machine that Folder is on, as told with it
	Bells       uint64 // how often the bell rang
	Commands    uint64 // how many commands ended, as told by OSC 133
	Running     bool   // a command is
	Exit        int    // status of the last command that ended, -1: unknown
	Lost        uint64 // events that were dropped because nobody fetched them
}

// Facts is what is known now.
func (t *Terminal) Facts() Facts {
	f := t.facts.known
	f.Title, f.Icon, f.Bells = t.title, t.icon, t.facts.bells
	return f
}

// An Event is something a program asks to be done once.
type Event struct {
	Kind  EventKind
	Title string // of a notification, or the selections of a clipboard
	Text  string // of a notification or a command, or base64 for the clipboard
	Exit  int    // of a command, -1: unknown
	Line  int64  // on which the command's prompt is, 0: unknown
}

// EventKind is what an Event is about.
type EventKind uint8

// Kinds of events. Text of notifications and clipboards is whatever the program
// chose: show it as text, and ask before it reaches a clipboard.
const (
	Notification    EventKind = iota + 1 // OSC 9 and 777
	Clipboard                            // OSC 52; reading it is not supported
	CommandFinished                      // OSC 133 D
	CommandStarted                       // OSC 133 C
)

// Events gives what happened since it was called last, at most the first 64.
func (t *Terminal) Events() []Event {
	e := t.facts.events
	t.facts.events = nil
	return e
}

type facts struct {
	known  Facts
	bells  uint64
	events []Event
	marks  []Mark
}

func (f *facts) event(e Event) {
	if len(f.events) >= maxEvents {
		f.known.Lost++
		return
	}
	f.events = append(f.events, e)
}

// folder is OSC 7: a file URL.
func (t *Terminal) folder(data string) {
	u, err := url.Parse(data)
	if err != nil || u.Scheme != "file" || !strings.HasPrefix(u.Path, "/") || !printableText(u.Path) {
		return
	}
	t.facts.known.Folder, t.facts.known.FolderHost = cut(u.Path), cut(u.Host)
}

// printableText says whether s is free of control characters.
func printableText(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 })
}

// notify is OSC 777.
func (t *Terminal) notify(data string) {
	if rest, ok := strings.CutPrefix(data, "notify;"); ok {
		title, text, _ := strings.Cut(rest, ";")
		t.facts.event(Event{Kind: Notification, Title: cut(title), Text: cut(text)})
	}
}

// clipboard is OSC 52. A question what is on the clipboard is never answered.
func (t *Terminal) clipboard(data string) {
	selection, text, ok := strings.Cut(data, ";")
	if !ok || text == "?" || len(text) > MaxClipboard || len(selection) > 16 {
		return
	}
	t.facts.event(Event{Kind: Clipboard, Title: selection, Text: text})
}

// A Mark is where a part of a command begins, told by the shell with OSC 133.
type Mark struct {
	Kind MarkKind
	Line int64 // absolute: counted from the first line the terminal ever had
	Col  int
	Exit int // status, of CommandEnd; -1: unknown
}

// MarkKind is what begins at a Mark.
type MarkKind uint8

// Kinds of marks, in the order of a command.
const (
	Prompt MarkKind = iota + 1
	CommandStart
	OutputStart
	CommandEnd
)

// Marks gives the marks of the lines that are kept, in the order they came.
func (t *Terminal) Marks() []Mark { return append([]Mark(nil), t.facts.marks...) }

// mark is OSC 133.
func (t *Terminal) mark(data string) {
	if data == "" || t.s == &t.alt {
		return
	}
	f := &t.facts
	m := Mark{Line: t.history.end() + int64(t.s.y), Col: min(t.s.x, t.cols), Exit: -1}
	switch data[0] {
	case 'A':
		m.Kind = Prompt
		f.redrawn(m.Line)
		f.known.Running = false
	case 'B':
		m.Kind = CommandStart
	case 'C':
		m.Kind = OutputStart
		if !f.known.Running {
			f.event(Event{Kind: CommandStarted, Text: cut(t.typedBefore(m)), Exit: -1, Line: f.promptLine()})
		}
		f.known.Running = true
	case 'D':
		m.Kind = CommandEnd
		_, status, _ := strings.Cut(data, ";")
		status, _, _ = strings.Cut(status, ";")
		if n, err := strconv.Atoi(status); err == nil && n >= 0 && n <= 255 {
			m.Exit = n
		}
		if f.known.Running {
			f.known.Commands++
			f.known.Exit = m.Exit
			f.event(Event{Kind: CommandFinished, Exit: m.Exit, Line: f.promptLine()})
		}
		f.known.Running = false
	default:
		return
	}
	f.forget(t.history.first)
	if len(f.marks) >= maxMarks {
		f.marks = append(f.marks[:0], f.marks[maxMarks/4:]...)
	}
	f.marks = append(f.marks, m)
}

// redrawn drops the marks of a prompt on that line or below, which is drawn anew.
func (f *facts) redrawn(line int64) {
	n := len(f.marks)
	for n > 0 && f.marks[n-1].Kind <= CommandStart && f.marks[n-1].Line >= line {
		n--
	}
	f.marks = f.marks[:n]
}

// promptLine is the line of the last prompt, 0 if there is none.
func (f *facts) promptLine() int64 {
	for i := len(f.marks) - 1; i >= 0; i-- {
		if f.marks[i].Kind == Prompt {
			return f.marks[i].Line
		}
	}
	return 0
}

// forget drops the marks of lines before first. They are in order, except where
// a program moved the cursor up.
func (f *facts) forget(first int64) {
	n := 0
	for n < len(f.marks) && f.marks[n].Line < first {
		n++
	}
	f.marks = append(f.marks[:0], f.marks[n:]...)
}

// dropMarks drops the marks on that line.
func (f *facts) dropMarks(line int64) {
	from := len(f.marks)
	for from > 0 && f.marks[from-1].Line >= line {
		from--
	}
	kept := f.marks[:from]
	for _, m := range f.marks[from:] {
		if m.Line != line {
			kept = append(kept, m)
		}
	}
	f.marks = kept
}
