package vt

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// shell writes what a shell with marks does for some commands.
func shell(v *Terminal, commands ...[2]string) {
	for _, c := range commands {
		_, _ = fmt.Fprintf(v, "\x1b]133;A\x07$ \x1b]133;B\x07%s\r\n\x1b]133;C\x07%s\x1b]133;D;%d\x07", c[0], strings.ReplaceAll(c[1], "\n", "\r\n"), len(c[1])%3)
	}
}

func TestCommands(t *testing.T) {
	v := New(20, 5, 100)
	long := strings.Repeat("0123456789", 7) + "\nend\n"
	shell(v, [2]string{"echo hi", "hi\n"}, [2]string{"cat long", long}, [2]string{"true", ""}, [2]string{"printf x", "x"})
	_, _ = v.Write([]byte("\x1b]133;A\x07$ \x1b]133;B\x07sleep 9\r\n\x1b]133;C\x07going"))
	check := func(when string) {
		t.Helper()
		cs := v.Commands()
		var got []string
		for _, c := range cs {
			got = append(got, fmt.Sprintf("%s %q %d %v", c.Text, v.Output(c), c.Exit, c.Running))
		}
		want := []string{
			fmt.Sprintf("echo hi %q 0 false", "hi\n"), fmt.Sprintf("cat long %q %d false", long, len(long)%3),
			`true "" 0 false`, `printf x "x" 1 false`, `sleep 9 "going" -1 true`,
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: commands\n%s\nwant\n%s", when, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	check("at first")
	v.Resize(33, 5)
	check("wider")
	v.Resize(11, 4)
	check("narrower")
	f := v.Facts()
	if f.Commands != 4 || !f.Running {
		t.Errorf("facts %+v, want 4 commands and one running", f)
	}
	var events []string
	for _, e := range v.Events() {
		events = append(events, fmt.Sprint(e.Kind, e.Text, e.Exit))
	}
	if want := []string{"4echo hi-1", "30", "4cat long-1", fmt.Sprint(3, "", len(long)%3), "4true-1", "30", "4printf x-1", "31", "4sleep 9-1"}; !slices.Equal(events, want) {
		t.Errorf("events %q, want %q", events, want)
	}
	_, _ = v.Write([]byte("\x1b[H\x1b[2J\x1b[3J"))
	if c := v.Commands(); len(c) != 0 {
		t.Errorf("%d commands after clear, want none", len(c))
	}
}

// A prompt that is drawn anew is one, and what stands at the right of what was
// typed is no part of it.
func TestPromptsOfShells(t *testing.T) {
	v := New(30, 5, 100)
	prompt := "\x1b]133;A\x07$ \x1b]133;B\x07"
	_, _ = v.Write([]byte(prompt + "\r" + prompt + "ls    x\x1b[26Gright\r\n\x1b]133;C\x07out\r\n\x1b]133;D;0\x07" + prompt + "ls    x\r\n\x1b]133;C\x07\x1b]133;D;0\x07"))
	cs := v.Commands()
	if len(cs) != 2 || cs[0].Text != "ls    x" || cs[1].Text != "ls    x" {
		t.Errorf("commands %+v, want the same twice", cs)
	}
}

func TestFind(t *testing.T) {
	v := New(20, 4, 100)
	_, _ = v.Write([]byte("first Needle\r\nnothing\r\n" + strings.Repeat("x", 17) + "needle across\r\n日本 needle\r\n\r\n\r\n\r\nlast"))
	var got []string
	for _, m := range v.Find(Query{Text: "needle"}) {
		got = append(got, fmt.Sprintf("%d:%d", m.Line, m.Col))
	}
	if want := []string{"4:3", "2:17", "0:6"}; !slices.Equal(got, want) {
		t.Errorf("matches %v, want %v", got, want)
	}
	if m := v.Find(Query{Text: "Needle", MatchCase: true}); len(m) != 1 || m[0].Text != "first Needle" {
		t.Errorf("with case: %v", m)
	}
	if m := v.Find(Query{Text: "needle", Most: 1, Before: 4}); len(m) != 1 || m[0].Line != 2 {
		t.Errorf("the last before line 4: %v", m)
	}
	first, end := v.Lines()
	if first != 0 || end != 9 {
		t.Errorf("lines %d to %d, want 0 to 9", first, end)
	}
	lines := v.Text(2, 2)
	if len(lines) != 2 || lines[0].Text != strings.Repeat("x", 17)+"nee" || lines[1].Text != "dle across" || !lines[1].Wrapped {
		t.Errorf("lines %+v", lines)
	}
	if s := v.Screen(); s[3] != "last" {
		t.Errorf("screen %q", s)
	}
}

func TestFacts(t *testing.T) {
	v := New(80, 24, 10)
	_, _ = v.Write([]byte("\x1b]0;hello\x07\x1b]1;icon\x07\x1b]7;file://nas/srv/a%20b\x07\x07\x07\x1b]9;done\x07\x1b]9;4;1;50\x07\x1b]777;notify;title;text;more\x07\x1b]52;c;aGk=\x07\x1b]52;c;?\x07"))
	f := v.Facts()
	if f.Title != "hello" || f.Icon != "icon" || f.Folder != "/srv/a b" || f.FolderHost != "nas" || f.Bells != 2 {
		t.Errorf("facts %+v", f)
	}
	want := []Event{
		{Kind: Notification, Text: "done"}, {Kind: Notification, Title: "title", Text: "text;more"}, {Kind: Clipboard, Title: "c", Text: "aGk="},
	}
	if got := v.Events(); !slices.Equal(got, want) {
		t.Errorf("events %+v, want %+v", got, want)
	}
	_, _ = v.Write([]byte("\x1b]7;http://h/x\x07\x1b]7;file://h/%1b\x07"))
	if f := v.Facts(); f.Folder != "/srv/a b" {
		t.Errorf("folder %q", f.Folder)
	}
}

func TestHistory(t *testing.T) {
	v := New(10, 3, 100)
	_, _ = v.Write([]byte("\x1b[31mred\x1b[0m\r\n0123456789abc\r\n\x1b]8;;http://x\x07link\x1b]8;;\x07 \x1b[1;4:3mbold\r\n\x1b[m\r\n\r\n\r\n"))
	got := string(v.History(0, 4))
	want := "\x1b[31mred\x1b[39m\r\n0123456789abc\r\n\x1b]8;;http://x\x07link\x1b]8;;\x07 \x1b[1;4:3mbold\x1b[0m"
	if got != want {
		t.Errorf("History() = %q, want %q", got, want)
	}
}

// TestAnswers compares answers with those of xterm.js, in many states.
func TestAnswers(t *testing.T) {
	x := startXterm(t)
	queries := "\x1b[c\x1b[0c\x1b[1c\x1b[>c\x1b[=c\x1b[5n\x1b[6n\x1b[?6n\x1b[?25n\x1bP$qr\x1b\\\x1bP$qm\x1b\\\x1bP$q\"q\x1b\\\x1bP$q\"p\x1b\\\x1bP$q q\x1b\\\x1bP$qz\x1b\\\x1b[>q\x1b[21t\x1b[18t\x1b[?u"
	for _, n := range []int{1, 2, 3, 4, 6, 7, 8, 9, 12, 20, 25, 45, 47, 66, 67, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 1047, 1048, 1049, 2004, 2026, 5000} {
		queries += fmt.Sprintf("\x1b[%d$p\x1b[?%d$p", n, n)
	}
	for seed := range uint64(40) {
		b := newBabbler(seed, 30, 8)
		stream := append(b.stream(40), "\x18"...)
		v := New(b.cols, b.rows, 10)
		id := x.newTerm(b.cols, b.rows, 10)
		_, _ = v.Write(stream)
		x.write(id, stream)
		x.ask('A', id, "") // those to the stream itself
		v.Answer(&Answering{})
		_, _ = v.Write([]byte(queries))
		x.write(id, []byte(queries))
		if got, want := string(v.TakeAnswers()), x.ask('A', id, ""); got != want {
			t.Fatalf("seed %d: answers\n%q, want\n%q", seed, got, want)
		}
		x.forget(id)
	}
	v := New(80, 24, 0)
	_, _ = v.Write([]byte("\x1b[6n"))
	v.Answer(&Answering{Theme: Theme{Foreground: RGB{1, 2, 3}, Background: RGB{0xff, 0, 0x80}}, Kitty: true})
	_, _ = v.Write([]byte("\x1b]10;?\x07\x1b]11;?;?\x07\x1b]4;15;?;200;?\x07\x1b]4;15;#123456\x07\x1b]4;15;?\x07\x1b[>5u\x1b[?u"))
	want := "\x1b]10;rgb:0101/0202/0303\x1b\\\x1b]11;rgb:ffff/0000/8080\x1b\\\x1b]12;rgb:0000/0000/0000\x1b\\" +
		"\x1b]4;15;rgb:eeee/eeee/ecec\x1b\\\x1b]4;200;rgb:ffff/0000/d7d7\x1b\\\x1b]4;15;rgb:1212/3434/5656\x1b\\\x1b[?5u"
	if got := string(v.TakeAnswers()); got != want {
		t.Errorf("answers\n%q, want\n%q", got, want)
	}
}
