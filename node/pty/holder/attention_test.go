//go:build linux || darwin

package holder

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"homie/internal/vt"
	"homie/wire"
	"homie/wire/terminal"
)

// What happens while nobody looks is told, within bounds.
func TestAttention(t *testing.T) {
	var told atomic.Int64
	m := run(t, Config{Changed: func(terminal.Session) { told.Add(1) }})
	s := shell(t, m, `printf '\033]133;A\007$ \033]133;B\007make all\r\n\033]133;C\007'; sleep 0.5
		printf '\033]133;D;2\007\a\a\033]777;notify;Tests;\033]9;all \342\200\256 passed\007'
		printf '\033]133;A\007$ \033]133;B\007sleep 9\r\n\033]133;C\007'; read x`)
	for late := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		a := s.Info().Attention
		if a.Command != nil && a.Command.Text == "sleep 9" {
			break
		}
		if time.Now().After(late) {
			t.Fatalf("attention %+v", a)
		}
	}
	a := s.Info().Attention
	if a.Bells != 2 || a.Notices != 2 || a.Notice != "all  passed" {
		t.Errorf("attention %+v, want two bells and two notices", a)
	}
	if a.Last == nil || a.Last.Text != "make all" || a.Last.Exit == nil || *a.Last.Exit != 2 {
		t.Fatalf("the last command is %+v", a.Last)
	}
	if took := a.Last.EndedAt.Sub(a.Last.StartedAt); took < 100*time.Millisecond || took > patience {
		t.Errorf("it took %v", took)
	}
	// A flood of bells is told about once a second.
	flood := shell(t, m, `for i in $(seq 1 3000); do printf '\a'; done; sleep 1; exit`)
	before := told.Load()
	if info := end(t, flood); info.Attention.Bells != 3000 {
		t.Errorf("%d bells rang, want 3000", info.Attention.Bells)
	}
	if n := told.Load() - before; n > 12 {
		t.Errorf("it was told %d times", n)
	}
}

func TestMarkNotes(t *testing.T) {
	marks := []vt.Mark{
		{Kind: vt.Prompt, Line: 4},
		{Kind: vt.CommandEnd, Line: 5, Exit: 0},
		{Kind: vt.Prompt, Line: 10, Exit: -1},
		{Kind: vt.CommandStart, Line: 10, Col: 2, Exit: -1},
		{Kind: vt.OutputStart, Line: 11, Exit: -1},
		{Kind: vt.CommandEnd, Line: 14, Col: 3, Exit: 130},
		{Kind: vt.CommandEnd, Line: 15, Exit: -1},
	}
	if got := strings.Join(markNotes(marks, 5), "|"); got != "D0,0,0 A5,0 B5,2 C6,0 D9,3,130 D10,0" {
		t.Errorf("notes %q", got)
	}
	many := make([]vt.Mark, 4000)
	for i := range many {
		many[i] = vt.Mark{Kind: vt.CommandEnd, Line: int64(10_000 + i), Col: 1000, Exit: 255}
	}
	n := 0
	for _, note := range markNotes(many, 0) {
		if len(note) > 3500 {
			t.Errorf("a note of %d bytes", len(note))
		}
		n += len(strings.Fields(note))
	}
	if n != maxMarks {
		t.Errorf("%d marks are told, want the latest %d", n, maxMarks)
	}
}

// Who asks for all of history gets it, and who does not is told what is left.
func TestAllOfHistory(t *testing.T) {
	m := run(t, Config{})
	s := shell(t, m, `i=0; seq -f '%.0f a line of some hundred characters, as builds and logs and other programs print them all day long' 1 9000
		printf '\033]133;A\007\033]133;B\007last\n\033]133;C\007\033]133;D;0\007'; read x`)
	for late := time.Now().Add(patience); s.Info().Attention.Last == nil && time.Now().Before(late); time.Sleep(5 * time.Millisecond) {
	}
	look := func(history int) (*onlooker, note) {
		c := newOnlooker(0)
		ctx := t.Context()
		go func() { // it ends with the test
			p := terminal.AttachParams{History: history}
			a, err := s.Attach(ctx, p)
			if err != nil {
				t.Error(err)
				return
			}
			_ = s.Serve(ctx, c, wire.OnBehalf{Name: "somebody"}, p, a)
		}()
		n := c.told(t, "the size", func(n note) bool { return n.Cols > 0 })
		c.told(t, "the marks", func(n note) bool { return strings.HasPrefix(n.Marks, "A") && strings.HasSuffix(n.Marks, ",0,0") })
		return c, n
	}
	c, n := look(0)
	if n.Older < 5000 || strings.Contains(c.text(), "\n1 a line") {
		t.Errorf("%d lines are left out of %d bytes", n.Older, len(c.text()))
	}
	c, n = look(terminal.MaxHistory)
	if n.Older != 0 || !strings.Contains(c.text(), "1 a line of some") || !strings.Contains(c.text(), "\n9000 a line") {
		t.Errorf("%d lines are left out of %d bytes", n.Older, len(c.text()))
	}
}
