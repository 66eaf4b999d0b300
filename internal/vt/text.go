package vt

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lines tells which lines the main screen and its history have: the number of
// the first, and of the one behind the last. Lines are numbered from the first
// one the terminal ever had; those of the screen are the last ones. A change of
// the number of columns renumbers them.
func (t *Terminal) Lines() (first, end int64) {
	return t.history.first, t.history.end() + int64(t.rows)
}

// A Line is one line of text.
type Line struct {
	Number  int64
	Text    string // up to the last character that was printed
	Wrapped bool   // continues the line before
}

// Text gives the text of at most n lines of the main screen and its history,
// from that number on.
func (t *Terminal) Text(from int64, n int) []Line {
	first, end := t.Lines()
	from = max(from, first)
	n = int(min(int64(max(n, 0)), max(end-from, 0)))
	out := make([]Line, 0, n)
	t.eachLine(from, func(l Line) bool {
		if len(out) == n {
			return false
		}
		out = append(out, l)
		return true
	})
	return out
}

// Screen gives the text of the rows that are shown.
func (t *Terminal) Screen() []string {
	out := make([]string, t.rows)
	for y := range out {
		out[y] = t.rowText(t.s.row(y))
	}
	return out
}

// eachLine calls yield with the lines from that number on until it returns
// false.
func (t *Terminal) eachLine(from int64, yield func(Line) bool) {
	more := true
	if i := from - t.history.first; i < int64(t.history.n) {
		t.history.each(int(i), func(i int, line []byte) bool {
			_, wrapped, _ := lineInfo(line)
			more = yield(Line{t.history.first + int64(i), encodedText(line), wrapped})
			return more
		})
	}
	for y := max(0, int(from-t.history.end())); more && y < t.rows; y++ {
		r := t.main.row(y)
		more = yield(Line{t.history.end() + int64(y), t.rowText(r), r.wrapped})
	}
}

func (t *Terminal) rowText(r *row) string {
	b := make([]byte, 0, len(r.cells))
	end := 0
	for _, c := range r.cells[:min(len(r.cells), t.cols)] {
		switch {
		case c.isTail():
			continue
		case c.content() == 0:
			b = append(b, ' ')
			continue
		case c&clusterBit != 0:
			b = append(b, t.clusters[c&runeMask]...)
		default:
			b = utf8.AppendRune(b, rune(c&runeMask))
		}
		end = len(b)
	}
	return string(b[:end])
}

// encodedText is the text of a line of history.
func encodedText(line []byte) string {
	_, _, rest := lineInfo(line)
	b := make([]byte, 0, len(rest))
	l := lineReader{rest: rest}
	end := 0
	for {
		p, ok := l.next()
		if !ok {
			return string(b[:end])
		}
		switch {
		case p.text != nil:
			b = append(b, p.text...)
		case p.content.isTail():
			continue
		case p.content.content() == 0:
			b = append(b, ' ')
			continue
		default:
			b = utf8.AppendRune(b, rune(p.content&runeMask))
		}
		end = len(b)
	}
}

// A Query says what to look for.
type Query struct {
	Text      string
	MatchCase bool
	Most      int   // matches, 0: 1000
	Before    int64 // only lines before this one, 0: all
}

// A Match is where a text was found. It can go over the end of a line that
// wraps.
type Match struct {
	Line int64
	Col  int    // in characters of Line, not in columns
	Text string // the logical line it is in, at most about a kilobyte around it
}

const matchText = 1 << 10

// Find gives where a text stands in history and on the main screen, the last
// one first.
func (t *Terminal) Find(q Query) []Match {
	if q.Text == "" {
		return nil
	}
	if q.Most <= 0 {
		q.Most = 1000
	}
	if !q.MatchCase {
		q.Text = lower(q.Text)
	}
	var all []Match
	var logical []Line
	flush := func() {
		all = q.in(logical, all)
		if len(all) > 4*q.Most {
			all = append(all[:0], all[len(all)-q.Most:]...)
		}
		logical = logical[:0]
	}
	t.eachLine(t.history.first, func(l Line) bool {
		if !l.Wrapped {
			flush()
		}
		if q.Before > 0 && l.Number >= q.Before {
			return false
		}
		logical = append(logical, l)
		return true
	})
	flush()
	if n := len(all) - q.Most; n > 0 {
		all = all[n:]
	}
	for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
		all[i], all[j] = all[j], all[i]
	}
	return all
}

// in appends the matches in a logical line.
func (q *Query) in(lines []Line, to []Match) []Match {
	if len(lines) == 0 {
		return to
	}
	text := lines[0].Text
	if len(lines) > 1 {
		var b strings.Builder
		for _, l := range lines {
			b.WriteString(l.Text)
		}
		text = b.String()
	}
	where := text
	if !q.MatchCase {
		where = lower(text)
	}
	line, lineStart := 0, 0 // of where, in bytes
	for at := 0; ; {
		i := strings.Index(where[at:], q.Text)
		if i < 0 {
			return to
		}
		at += i
		for line < len(lines)-1 && at >= lineStart+q.size(lines[line].Text) {
			lineStart += q.size(lines[line].Text)
			line++
		}
		to = append(to, Match{
			Line: lines[line].Number,
			Col:  utf8.RuneCountInString(where[lineStart:at]),
			Text: around(text, at),
		})
		at += len(q.Text)
	}
}

// size is how many bytes s takes where it is looked for.
func (q *Query) size(s string) int {
	if q.MatchCase {
		return len(s)
	}
	return len(lower(s))
}

// around is at most about a kilobyte of s, from before at on.
func around(s string, at int) string {
	if len(s) <= matchText {
		return s
	}
	lo := min(max(0, at-matchText/4), len(s))
	hi := min(len(s), lo+matchText)
	for lo > 0 && lo < len(s) && !utf8.RuneStart(s[lo]) {
		lo--
	}
	for hi < len(s) && !utf8.RuneStart(s[hi]) {
		hi++
	}
	return strings.Clone(s[lo:hi])
}

// lower is s in lower case, character by character.
func lower(s string) string { return strings.Map(unicode.ToLower, s) }
