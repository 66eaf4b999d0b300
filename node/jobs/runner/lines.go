package runner

import (
	"bytes"
	"strconv"
	"strings"

	"homie/wire/jobs"
)

// maxLine is how much of a line is looked at, in bytes.
const maxLine = 2 << 10

// progressMark begins a line in which a program says how far it is:
// "::progress 40 copying photos".
var progressMark = []byte("::progress ")

// lines looks at a program's output for its last line and its progress.
type lines struct {
	rest []byte // of a line that has not ended

	percent *int
	doing   string
	last    string
}

// add takes the next bytes.
func (l *lines) add(p []byte) {
	end := bytes.LastIndexAny(p, "\r\n")
	if end < 0 {
		l.keep(p)
		return
	}
	first := bytes.IndexAny(p, "\r\n")
	l.keep(p[:first])
	l.line(l.rest)
	l.rest = l.rest[:0]
	if first < end {
		l.block(p[first+1 : end])
	}
	l.keep(p[end+1:])
}

func (l *lines) keep(p []byte) { l.rest = append(l.rest, p[:min(len(p), maxLine-len(l.rest))]...) }

// block takes whole lines, of which there may be very many: only the last one
// and the last progress count.
func (l *lines) block(p []byte) {
	if at := bytes.LastIndex(p, progressMark); at >= 0 {
		line := p[at:]
		if end := bytes.IndexAny(line, "\r\n"); end >= 0 {
			line = line[:end]
		}
		if at == 0 || p[at-1] == '\n' || p[at-1] == '\r' {
			l.line(line)
		}
	}
	for len(p) > 0 {
		start := bytes.LastIndexAny(p, "\r\n") + 1
		line := p[start:]
		if l.line(line[:min(len(line), maxLine)]) {
			return
		}
		p = p[:max(start-1, 0)]
	}
}

// line takes one line, and reports whether it says something.
func (l *lines) line(p []byte) bool {
	if text, ok := bytes.CutPrefix(p, progressMark); ok {
		number, doing, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
		n, err := strconv.Atoi(strings.TrimSuffix(number, "%"))
		if err == nil && n >= 0 && n <= 100 {
			l.percent, l.doing = &n, jobs.Plain(strings.TrimSpace(doing))
			return false
		}
	}
	text := strings.TrimSpace(jobs.Plain(withoutColours(string(p))))
	if text == "" {
		return false
	}
	l.last = text
	return true
}

// end is the end of the output.
func (l *lines) end() {
	l.line(l.rest)
	l.rest = l.rest[:0]
}

// withoutColours is a line without the escape sequences that colour it.
func withoutColours(s string) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(s, "\x1b[")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		end := strings.IndexFunc(after, func(r rune) bool { return r >= '@' && r <= '~' })
		if end < 0 {
			return out.String()
		}
		s = after[end+1:]
	}
}
