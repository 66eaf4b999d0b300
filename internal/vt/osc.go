package vt

import (
	"strings"
	"unicode/utf8"
)

// osc is where in an operating system command the parser is.
type osc struct {
	in     oscPart
	number int // -1 before the first digit
}

type oscPart uint8

const (
	oscNone oscPart = iota
	oscNumber
	oscText
	oscBad
)

func (o *osc) start() { o.in, o.number = oscNumber, -1 }

// maxNumber is larger than that of any command.
const maxNumber = 1_000_000

// limit is how much text of the command is kept.
func (o *osc) limit() int {
	switch o.number {
	case 0, 1, 2, 4, 7, 8, 9, 10, 11, 12, 104, 110, 111, 112, 133, 777:
		return maxString
	case 52:
		return MaxClipboard + 16
	}
	return 0
}

// keeps says whether more of the text is of interest.
func (o *osc) keeps(text []byte) bool {
	return o.in == oscNumber || o.in == oscText && len(text) <= o.limit()
}

// oscPut takes one code point of a command.
func (s *parser) oscPut(r rune) {
	o := &s.osc
	switch {
	case o.in == oscText:
		s.put(r, o.limit())
	case o.in != oscNumber:
	case r == ';':
		o.in = oscText
	case r < '0' || r > '9':
		o.in = oscBad
	default:
		o.number = min(max(o.number, 0)*10+int(r-'0'), maxNumber)
	}
}

// oscEnd does what the command says, if it came to its end.
func (t *Terminal) oscEnd(ok bool) {
	o := t.parser.osc
	t.parser.osc.in = oscNone
	text := t.parser.text
	if !ok || o.in != oscText && o.in != oscNumber || len(text) > o.limit() {
		return
	}
	data := string(text)
	switch o.number {
	case 0:
		t.title, t.icon = cut(data), cut(data)
	case 1:
		t.icon = cut(data)
	case 2:
		t.title = cut(data)
	case 4:
		t.indexedColors(data)
	case 8:
		t.hyperlink(data)
	case 10, 11, 12:
		t.specialColors(foregroundColor+o.number-10, data)
	case 104:
		t.restoreColors(data)
	case 110, 111, 112:
		delete(t.palette, foregroundColor+o.number-110)
	case 7:
		t.folder(data)
	case 9:
		if number, _, ok := strings.Cut(data, ";"); !ok || strings.Trim(number, "0123456789") != "" {
			t.facts.event(Event{Kind: Notification, Text: cut(data)})
		}
	case 52:
		t.clipboard(data)
	case 133:
		t.mark(data)
	case 777:
		t.notify(data)
	}
}

// cut is s without what is more than is kept of a title.
func cut(s string) string {
	if len(s) <= maxTitle {
		return s
	}
	n := maxTitle
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.Clone(s[:n])
}

// dcsStatus is DECRQSS, the one device string that is looked at.
const dcsStatus = '$'<<8 | 'q'

func (t *Terminal) dcsEnd(ok bool) {
	s := &t.parser
	if ok && s.dcs == dcsStatus && len(s.text) <= maxString {
		t.answerStatus(string(s.text))
	}
	s.dcs = 0
}
