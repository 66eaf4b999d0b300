package vt

import "fmt"

// Answering says how to answer the queries of programs. xterm.js's answers
// are given, no others; none of them holds anything that a program could have
// chosen the bytes of.
type Answering struct {
	Theme Theme
	Blink bool // the viewer's cursor blinks unless told otherwise
	Kitty bool // viewers speak the keyboard protocol of kitty
}

// answers are what programs are to be told.
type answers struct {
	how *Answering // nil: nothing, somebody else tells them
	out []byte
}

// Answer makes the terminal answer queries that it reads from now on; nil, as
// in the beginning, leaves that to the viewer who drives.
func (t *Terminal) Answer(how *Answering) { t.answers.how = how }

// TakeAnswers gives what has to be written to the program, and forgets it. No
// more than 4 KiB wait.
func (t *Terminal) TakeAnswers() []byte {
	out := t.answers.out
	t.answers.out = nil
	return out
}

func (a *answers) add(format string, args ...any) {
	if a.how == nil || len(a.out) > maxAnswers {
		return
	}
	a.out = fmt.Appendf(a.out, format, args...)
}

func primaryAttributes(t *Terminal, p *params) {
	if p.get(0) <= 0 {
		t.answers.add("\x1b[?1;2c")
	}
}

func secondaryAttributes(t *Terminal, p *params) {
	if p.get(0) <= 0 {
		t.answers.add("\x1b[>0;276;0c")
	}
}

func deviceStatus(t *Terminal, p *params) {
	switch p.get(0) {
	case 5:
		t.answers.add("\x1b[0n")
	case 6:
		t.answers.add("\x1b[%d;%dR", t.s.y+1, t.s.x+1)
	}
}

func privateStatus(t *Terminal, p *params) {
	if p.get(0) == 6 {
		t.answers.add("\x1b[?%d;%dR", t.s.y+1, t.s.x+1)
	}
}

func keyboardQuery(t *Terminal, _ *params) {
	if t.answers.how != nil && t.answers.how.Kitty {
		t.answers.add("\x1b[?%du", t.Modes().Kitty)
	}
}

// Values of a mode in the answer to DECRQM.
const (
	modeUnknown = iota
	modeSet
	modeReset
	modeAlways
	modeNever
)

func modeValue(on bool) int {
	if on {
		return modeSet
	}
	return modeReset
}

func ansiModeQuery(t *Terminal, p *params) {
	n, v := p.get(0), modeUnknown
	switch n {
	case 2:
		v = modeNever
	case 4:
		v = modeValue(t.modes.Insert)
	case 12:
		v = modeAlways
	case 20:
		v = modeValue(t.modes.NewLine)
	}
	t.answers.add("\x1b[%d;%d$y", n, v)
}

func privateModeQuery(t *Terminal, p *params) {
	t.answers.add("\x1b[?%d;%d$y", p.get(0), t.privateModeValue(p.v[0]))
}

func (t *Terminal) privateModeValue(n int32) int {
	m := &t.modes
	if f := m.flag(n); f != nil {
		return modeValue(*f)
	}
	switch n {
	case 6:
		return modeValue(m.Origin)
	case 8:
		return modeAlways
	case 9:
		return modeValue(m.Mouse == MouseX10)
	case 12:
		return modeValue(t.blinks())
	case 25:
		return modeValue(!m.HideCursor)
	case 67, 1005, 1015:
		return modeNever
	case 1000:
		return modeValue(m.Mouse == MouseVT)
	case 1002:
		return modeValue(m.Mouse == MouseDrag)
	case 1003:
		return modeValue(m.Mouse == MouseAny)
	case 1004:
		return modeValue(m.Focus)
	case 1006:
		return modeValue(m.Encoding == EncodingSGR)
	case 1016:
		return modeValue(m.Encoding == EncodingPixels)
	case 1048:
		return modeSet
	case 47, 1047, 1049:
		return modeValue(t.s == &t.alt)
	}
	return modeUnknown
}

func (t *Terminal) blinks() bool {
	if t.modes.Blink == Unset {
		return t.answers.how != nil && t.answers.how.Blink
	}
	return t.modes.Blink == On
}

// answerStatus is DECRQSS, as far as xterm.js has it.
func (t *Terminal) answerStatus(what string) {
	switch what {
	case `"q`:
		p := 0
		if t.attr.bg&protected != 0 {
			p = 1
		}
		t.answers.add("\x1bP1$r%d\"q\x1b\\", p)
	case `"p`:
		t.answers.add("\x1bP1$r61;1\"p\x1b\\")
	case "r":
		t.answers.add("\x1bP1$r%d;%dr\x1b\\", t.s.top+1, t.s.bottom+1)
	case "m":
		t.answers.add("\x1bP1$r0m\x1b\\")
	case " q":
		shape := 2
		if t.blinks() {
			shape = 1
		}
		t.answers.add("\x1bP1$r%d q\x1b\\", shape)
	default:
		t.answers.add("\x1bP0$r\x1b\\")
	}
}

// answerColor tells colour i, in answer to the command of that name.
func (t *Terminal) answerColor(i int, command string) {
	if t.answers.how == nil {
		return
	}
	c, ok := t.palette[i]
	if !ok {
		c = t.answers.how.Theme.color(i)
	}
	t.answers.add("\x1b]%s;rgb:%02x%02[2]x/%02[3]x%02[3]x/%02[4]x%02[4]x\x1b\\", command, c.R, c.G, c.B)
}
