package vt

import "strings"

// A Command is one that the shell ran, as its marks tell.
type Command struct {
	Line    int64 // of its prompt
	Text    string
	Output  int64 // line on which its output begins, -1: none so far
	End     int64 // line behind its output, or that of its end; -1: running
	Exit    int   // status, -1: unknown
	Running bool

	from, to place // of the output
}

// A place is a column on a line.
type place struct {
	line int64
	col  int
}

// Commands gives the commands whose prompts are kept, the first one first. The
// last is the one being typed, if there is a prompt.
func (t *Terminal) Commands() []Command {
	var out []Command
	var start place
	var c *Command
	for _, m := range t.facts.marks {
		at := place{m.Line, m.Col}
		if m.Kind == Prompt || c == nil {
			if m.Kind == CommandEnd {
				continue // of one whose prompt is gone
			}
			out = append(out, Command{Line: m.Line, Output: -1, End: -1, Exit: -1})
			c = &out[len(out)-1]
			start = at
		}
		switch m.Kind {
		case Prompt:
		case CommandStart:
			start = at
		case OutputStart:
			c.Text = t.typed(start, at)
			c.Output, c.from, c.Running = m.Line, at, true
		case CommandEnd:
			if c.Running {
				c.to, c.End, c.Exit, c.Running = at, m.Line, m.Exit, false
			}
		}
	}
	return out
}

// typedBefore is what was typed at the prompt before m, "" if there is none.
func (t *Terminal) typedBefore(m Mark) string {
	marks := t.facts.marks
	if len(marks) == 0 || marks[len(marks)-1].Kind > CommandStart {
		return ""
	}
	last := marks[len(marks)-1]
	if m.Line-last.Line > maxTyped || m.Line < last.Line {
		return ""
	}
	return t.typed(place{last.Line, last.Col}, place{m.Line, m.Col})
}

// maxTyped bounds how many lines are looked at for what was typed.
const maxTyped = 50

// typed is what was typed between two places, without a prompt at the right.
func (t *Terminal) typed(from, to place) string {
	text := t.between(from, to)
	first, rest, more := strings.Cut(text, "\n")
	rows := t.Text(from.line, 1)
	if len(rows) == 1 && textWidth(rows[0].Text) >= t.cols-1 {
		if i := strings.LastIndex(first, rightGap); i > 0 {
			first = strings.TrimRight(first[:i], " ")
		}
	}
	if more {
		first += "\n" + rest
	}
	return strings.TrimSpace(first)
}

// rightGap is what is at least between what was typed and a prompt at the right,
// which goes up to the last column or the one before.
const rightGap = "    "

func textWidth(s string) int {
	n := 0
	for _, r := range s {
		n += width(r)
	}
	return n
}

// Output gives the output of a command, up to the end of the screen if it is
// still running.
func (t *Terminal) Output(c Command) string {
	if c.Output < 0 {
		return ""
	}
	if c.Running {
		_, end := t.Lines()
		return strings.TrimRight(t.between(c.from, place{end, 0}), "\n")
	}
	return t.between(c.from, c.to)
}

// between is the text from one place up to another. Lines that wrap are one.
func (t *Terminal) between(from, to place) string {
	var b strings.Builder
	first := true
	t.eachLine(max(from.line, t.history.first), func(l Line) bool {
		if l.Number > to.line || l.Number == to.line && to.col == 0 && !l.Wrapped {
			if l.Number == to.line && !first {
				b.WriteByte('\n')
			}
			return false
		}
		if !first && !l.Wrapped {
			b.WriteByte('\n')
		}
		first = false
		text := l.Text
		if l.Number == to.line {
			text = cutColumns(text, 0, to.col)
		}
		if l.Number == from.line {
			text = cutColumns(text, from.col, MaxCols)
		}
		b.WriteString(text)
		return true
	})
	return b.String()
}

// cutColumns is the part of s in the columns from lo up to hi.
func cutColumns(s string, lo, hi int) string {
	col, from, to := 0, len(s), len(s)
	for i, r := range s {
		w := width(r)
		if col >= lo && from == len(s) && (w > 0 || i == 0) {
			from = i
		}
		if col >= hi && w > 0 {
			to = i
			break
		}
		col += w
	}
	if from >= to {
		return ""
	}
	return s[from:to]
}

// History paints at most n lines from that number on, for a view of older
// lines beside the terminal: text with SGR and OSC 8 sequences alone. Lines end
// with a carriage return and line feed, those that wrap go on without.
func (t *Terminal) History(from int64, n int) []byte {
	first := t.history.first
	from = max(from, first)
	n = min(n, int(max(0, t.history.end()-from)))
	p := &painter{pen: pen{t: t}, cols: MaxCols + 1}
	i := int(from - first)
	t.history.each(i, func(at int, line []byte) bool {
		if at-i >= n {
			return false
		}
		_, wrapped, _ := lineInfo(line)
		if at > i && !wrapped {
			p.set(style{})
			p.buf = append(p.buf, "\r\n"...)
		}
		p.flat(line)
		return true
	})
	p.set(style{})
	return p.buf
}

// flat writes the text of an encoded line, blanks as spaces.
func (p *painter) flat(line []byte) {
	_, _, rest := lineInfo(line)
	l := lineReader{rest: rest}
	for {
		c, ok := l.next()
		if !ok {
			return
		}
		s := c.style
		if !s.consistent() {
			s.ext, s.link = 0, 0
			s.fg &^= underline
			s.bg &^= extended
		}
		p.set(s)
		switch {
		case c.text != nil:
			p.buf = append(p.buf, c.text...)
		case c.content.isTail():
		case c.content.content() == 0:
			p.buf = append(p.buf, ' ')
		default:
			p.buf = append(p.buf, string(rune(c.content&runeMask))...)
		}
	}
}
