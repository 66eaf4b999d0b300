package holder

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// played is a recording as a reader of asciicast v3 understands it.
type played struct {
	head   castHead
	text   []byte // all output
	events []playedEvent
}

type playedEvent struct {
	after float64 // seconds since the event before
	code  string
	data  string
	at    int // bytes of output before it
}

// play reads a recording, strictly: what asciicast v3 asks of a file is wanted
// of it. Only a last line without an end may be anything.
func play(t testing.TB, file []byte) played {
	t.Helper()
	var p played
	lines := bytes.Split(file, []byte("\n"))
	for i, line := range lines[:len(lines)-1] {
		if !utf8.Valid(line) {
			t.Fatalf("line %d is not UTF-8: %q", i+1, line)
		}
		if i == 0 {
			if err := json.Unmarshal(line, &p.head); err != nil || p.head.Version != 3 || p.head.Term.Cols < 1 || p.head.Term.Rows < 1 {
				t.Fatalf("the head %s is %+v, %v", line, p.head, err)
			}
			continue
		}
		if line[0] == '#' {
			continue
		}
		var raw []json.RawMessage
		var e playedEvent
		if err := json.Unmarshal(line, &raw); err != nil || len(raw) != 3 ||
			json.Unmarshal(raw[0], &e.after) != nil || json.Unmarshal(raw[1], &e.code) != nil || json.Unmarshal(raw[2], &e.data) != nil {
			t.Fatalf("line %d is no event: %.200s", i+1, line)
		}
		if e.after < 0 {
			t.Errorf("line %d goes back in time", i+1)
		}
		e.at = len(p.text)
		switch e.code {
		case "o":
			p.text = append(p.text, e.data...)
		case "r":
			cols, rows, ok := strings.Cut(e.data, "x")
			if _, err := strconv.Atoi(cols + rows); err != nil || !ok {
				t.Errorf("line %d has the size %q", i+1, e.data)
			}
		case "m", "x":
		default:
			t.Errorf("line %d has the event %q", i+1, e.code)
		}
		p.events = append(p.events, e)
	}
	return p
}

func (p played) of(code string) (list []playedEvent) {
	for _, e := range p.events {
		if e.code == code {
			list = append(list, e)
		}
	}
	return list
}

// What is written as JSON reads as what it was; what is no UTF-8 as U+FFFD.
func FuzzAppendText(f *testing.F) {
	f.Add([]byte("plain \x1b[31m\"quoted\\\" \x00\x7f é 漢 😀\r\n\t"))
	f.Add([]byte{0xff, 'a', 0xe2, 0x82, 0xc0, 0x80})
	f.Fuzz(func(t *testing.T, p []byte) {
		var got string
		b := appendText(nil, p)
		if err := json.Unmarshal(b, &got); err != nil || !utf8.Valid(b) {
			t.Fatalf("%q is written as %q: %v", p, b, err)
		}
		if want := string([]rune(string(p))); got != want {
			t.Errorf("%q reads as %q", want, got)
		}
	})
}

func TestUnfinished(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "a": 0, "é": 0, "é"[:1]: 1, "a漢"[:2]: 1, "a漢"[:3]: 2, "漢": 0, "😀"[:1]: 1, "😀"[:2]: 2, "😀"[:3]: 3, "😀": 0,
		"\xff": 0, "\x80\x80\x80\x80": 0, "\xe2\xff": 0, "a\xc3": 1,
	} {
		if got := unfinished([]byte(text)); got != want {
			t.Errorf("unfinished(%q) = %d, want %d", text, got, want)
		}
	}
}

// The end of a command is found wherever the output is cut.
func TestCommandEnds(t *testing.T) {
	var text, want string
	for _, piece := range []struct{ text, status string }{
		{"ls\x1b]133;C\x07a\x1b[31m\x1b]133;D;0\x07", "0"},
		{"$ \x1b\x1b]133;D;130\x1b\\", "130"},
		{"x\x1b]133;D\x07", ""},
		{"\x1b]133;D;not a number at all, and long\x07\x1b]133;D;7;aid=3\x07", "7"},
	} {
		text += piece.text
		want += piece.status + "@" + strconv.Itoa(len(text)) + " "
	}
	want = strings.TrimSpace(want)
	for cut := range len(text) + 1 {
		var e ends
		var got []string
		at := 0
		for _, piece := range []string{text[:cut], text[cut:]} {
			for piece != "" {
				n, status, found := e.next([]byte(piece))
				at += n
				piece = piece[n:]
				if found {
					got = append(got, status+"@"+strconv.Itoa(at))
				}
			}
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("cut at %d: %s, want %s", cut, got, want)
		}
	}
}

func TestSeconds(t *testing.T) {
	for us, want := range map[int64]string{0: "0.000000", 1: "0.000001", 1_500_000: "1.500000", 3_600_000_020: "3600.000020"} {
		if got := string(appendSeconds(nil, us)); got != want {
			t.Errorf("%d microseconds are %s s, want %s", us, got, want)
		}
	}
}

// Old recordings go, and the oldest ones if there are too many; what is being
// written stays.
func TestLibraryTidies(t *testing.T) {
	l := newLibrary(t.TempDir(), recordPolicy{keep: 24 * time.Hour, quota: 1000}, slog.New(slog.DiscardHandler))
	now := time.Now()
	make := func(name string, age time.Duration, size int) {
		t.Helper()
		root, err := l.root()
		if err != nil {
			t.Fatal(err)
		}
		defer shut(root)
		if err := root.WriteFile(name, bytes.Repeat([]byte("x"), size), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := root.Chtimes(name, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	make("aaaa-20260101T000000Z.cast", 48*time.Hour, 10)
	make("bbbb-20260102T000000Z.cast", 3*time.Hour, 600)
	make("cccc-20260103T000000Z.cast", 2*time.Hour, 300)
	make("dddd-20260104T000000Z.cast", time.Hour, 300)
	make("notes.txt", 48*time.Hour, 10)
	l.live["bbbb-20260102T000000Z"], l.grants["bbbb-20260102T000000Z"] = &recorder{}, 600
	if !l.tidy(now) {
		t.Error("the recordings are over their bounds")
	}
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name()[:4])
	}
	if got := strings.Join(left, " "); got != "bbbb dddd note" {
		t.Errorf("left are %s, want the one that is written, the newest, and what is not ours", got)
	}
	l.grants["bbbb-20260102T000000Z"] = 2000
	if l.tidy(now) {
		t.Error("there is room where there is none")
	}
}
