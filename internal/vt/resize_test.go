package vt

import (
	"fmt"
	"strings"
	"testing"
)

// TestResize compares with xterm.js after storms of sizes in random streams.
func TestResize(t *testing.T) {
	x := startXterm(t)
	for seed := range uint64(seeds()) {
		b := newBabbler(seed, 30, 8)
		v := New(b.cols, b.rows, 400)
		id := x.newTerm(b.cols, b.rows, 400)
		var log []string
		for step := range 12 {
			text := b.shellText()
			_, _ = v.Write([]byte(text))
			x.write(id, []byte(text))
			cols, rows := 2+b.IntN(60), 1+b.IntN(14)
			before := dump(v, 400)
			v.Resize(cols, rows)
			x.resize(id, cols, rows)
			log = append(log, fmt.Sprintf("%q then %dx%d", text, cols, rows))
			if d := differ(x.dump(id, 390), dump(v, 390)); d != "" {
				if halves(v) { // which xterm.js makes, and counts as it likes
					break
				}
				t.Fatalf("seed %d step %d: after %s:\n%s\nbefore:\n%s", seed, step, log[len(log)-1], d, before)
			}
		}
		x.forget(id)
	}
}

// shellText is what shells write: lines, some long, some coloured, no control
// of the screen. It has no combining marks, for xterm.js mixes them up when it
// reflows: a character can come out with the marks of another one.
func (b *babbler) shellText() string {
	var s strings.Builder
	for range b.IntN(12) {
		switch b.IntN(6) {
		case 0:
			s.WriteString(b.sgr())
		case 1:
			s.WriteString(strings.Repeat(b.pick("word ", "漢字", "x", "日"), b.IntN(40)))
		case 2:
			s.WriteString("\r\n")
		default:
			s.WriteString(b.pick("the quick brown fox", "日本語", " ", "─│┌┐", "é", "🙂", "0123456789", "") + b.pick("\r\n", "\n", " ", "\r\n"))
		}
	}
	return s.String()
}

// halves says whether there is half a wide character in the main screen or its
// history.
func halves(t *Terminal) bool {
	for _, l := range t.history.tail(t.history.n) {
		if r := t.decodeRow(l, MaxCols); brokenRow(t, &r) {
			return true
		}
	}
	for y := range t.main.rows {
		if brokenRow(t, t.main.row(y)) {
			return true
		}
	}
	return false
}
