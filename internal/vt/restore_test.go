package vt

import (
	"bytes"
	"strings"
	"testing"
)

// TestRestore encodes and restores in the middle of random streams.
func TestRestore(t *testing.T) {
	for seed := range uint64(seeds()) {
		b := newBabbler(seed, 20+int(seed%5)*20, 6+int(seed%3)*10)
		v := New(b.cols, b.rows, 50)
		_, _ = v.Write(b.stream(100))
		if seed%2 == 0 {
			v.Resize(2+b.IntN(100), 1+b.IntN(30))
			_, _ = v.Write(b.stream(20))
		}
		same(t, v, b)
	}
}

func same(t *testing.T, v *Terminal, b *babbler) {
	t.Helper()
	r, err := Restore(v.Encode())
	if err != nil {
		t.Fatalf("Restore(Encode()) = %v", err)
	}
	if d := differ(dump(v, v.history.n), dump(r, r.history.n)); d != "" {
		t.Fatalf("restored:\n%s", d)
	}
	if got, want := r.Encode(), v.Encode(); !bytes.Equal(got, want) {
		t.Fatalf("restored encodes to %d bytes, not the same %d", len(got), len(want))
	}
	if got, want := r.Snapshot(0), v.Snapshot(0); !bytes.Equal(got.Data, want.Data) {
		t.Fatalf("restored gives snapshot\n%q, want\n%q", got.Data, want.Data)
	}
	if b == nil {
		return
	}
	more := b.stream(30)
	_, _ = v.Write(more)
	_, _ = r.Write(more)
	if d := differ(dump(v, v.history.n), dump(r, r.history.n)); d != "" {
		t.Fatalf("restored, after %q:\n%s", more, d)
	}
}

func FuzzWrite(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(newBabbler(seed, 30, 8).stream(20), uint16(seed*700))
	}
	f.Fuzz(func(t *testing.T, stream []byte, size uint16) {
		v := New(int(size%97), int(size%23), 30)
		v.Answer(&Answering{Kitty: true})
		half := len(stream) / 2
		_, _ = v.Write(stream[:half])
		v.Resize(int(size%61), int(size%17))
		_, _ = v.Write(stream[half:])
		if s := v.Snapshot(4096); len(s.Data) > MaxSnapshot {
			t.Fatalf("snapshot of %d bytes", len(s.Data))
		}
		same(t, v, nil)
		v.Find(Query{Text: "a"})
		for _, c := range v.Commands() {
			v.Output(c)
		}
		v.History(0, 100)
		if a := v.TakeAnswers(); len(a) > 2*maxAnswers {
			t.Fatalf("%d bytes of answers", len(a))
		}
	})
}

func FuzzRestore(f *testing.F) {
	for seed := range uint64(20) {
		v := New(20, 5, 20)
		_, _ = v.Write(newBabbler(seed, 20, 5).stream(40))
		f.Add(v.Encode())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := Restore(b)
		if err != nil {
			return
		}
		_, _ = v.Write([]byte("more\x1b[2J\r\n"))
		v.Snapshot(0)
		v.Resize(7, 3)
		v.Snapshot(0)
		if _, err := Restore(v.Encode()); err != nil {
			t.Fatalf("what was restored does not restore again: %v", err)
		}
	})
}

// TestLongLine writes a line of 64 MB, which may not take memory for more than
// the lines kept.
func TestLongLine(t *testing.T) {
	v := New(120, 40, 1000)
	part := []byte(strings.Repeat("0123456789abcde ", 4096))
	for range 1024 {
		_, _ = v.Write(part)
	}
	if n := len(v.Encode()); n > 300_000 {
		t.Errorf("state of a line of 64 MB takes %d bytes", n)
	}
	if s := v.Snapshot(0); len(s.Data) > DefaultBudget {
		t.Errorf("snapshot of it takes %d", len(s.Data))
	}
	v.Resize(80, 24)
	if got := v.history.n; got != 1000 {
		t.Errorf("%d lines kept, want 1000", got)
	}
}

// TestHostile feeds what programs could try to have typed for them.
func TestHostile(t *testing.T) {
	v := New(80, 24, 10)
	v.Answer(&Answering{})
	_, _ = v.Write([]byte("\x1b]0;rm -rf /\r\x07\x1b[21t\x1b[20t\x05\x1b]52;c;?\x07\x1bP+q544e\x1b\\\x1bP$qrm -rf\x1b\\\x1b[>q\x1b]4;1;?\x07\x1b[=c"))
	got := string(v.TakeAnswers())
	if want := "\x1bP0$r\x1b\\\x1b]4;1;rgb:cccc/0000/0000\x1b\\"; got != want {
		t.Errorf("answers %q, want %q", got, want)
	}
	for range 100_000 {
		_, _ = v.Write([]byte("\x1b[6n\x1b]2;x\x07\x1b]9;note\x07\x1b]8;;http://x\x07\x1b]133;A\x07\x1b[>1u"))
	}
	if n := len(v.TakeAnswers()); n > 2*maxAnswers {
		t.Errorf("%d bytes of answers", n)
	}
	if n := len(v.Events()); n > maxEvents {
		t.Errorf("%d events", n)
	}
	if n := len(v.Encode()); n > 2<<20 {
		t.Errorf("state takes %d bytes", n)
	}
}
