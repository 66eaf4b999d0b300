package measure

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// script is a terminal that prints what it is told, and keeps what is typed.
type script struct {
	typed  bytes.Buffer
	prints [][]byte
}

func (s *script) Type(p []byte) error {
	s.typed.Write(p)
	return nil
}

func (s *script) Read() ([]byte, error) {
	if len(s.prints) == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	p := s.prints[0]
	s.prints = s.prints[1:]
	return p, nil
}

func prints(texts ...string) *script {
	s := new(script)
	for _, t := range texts {
		s.prints = append(s.prints, []byte(t))
	}
	return s
}

func TestBulkWantsEveryByte(t *testing.T) {
	want := Expect([]byte("one\ntwo\n"))
	for _, c := range []struct {
		name, fault string
		printed     []string
	}{
		{"all of it", "", []string{"one\r", "\ntwo\r\n"}},
		{"another byte", "checksum", []string{"one\r\n", "twO\r\n"}},
		{"too much", "has 11 bytes", []string{"one\r\ntwo\r\n!"}},
		{"too little", "after 5 of 10 bytes", []string{"one\r\n"}},
	} {
		s := prints(c.printed...)
		_, err := Bulk(s, want)
		if (err != nil) != (c.fault != "") || (err != nil && !strings.Contains(err.Error(), c.fault)) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.fault)
		}
		if got := s.typed.String(); got != "\n" {
			t.Errorf("%s: typed %q, want a return", c.name, got)
		}
	}
}

func TestEchoCountsAfterTheWarmOnes(t *testing.T) {
	took, err := Echo(prints("x", "x", "x", "x", "x"), 2, 3)
	if err != nil || len(took) != 3 {
		t.Errorf("Echo = %v, %v, want three times", took, err)
	}
	if _, err := Echo(prints("xx"), 0, 1); err == nil {
		t.Error("an echo of two bytes for one passes")
	}
	if _, err := Echo(prints("x"), 0, 2); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("after the end: %v, want that error", err)
	}
}

func TestAwaitReady(t *testing.T) {
	for _, texts := range [][]string{{"ready\n"}, {"ready\r\n"}, {"re", "ady\r", "\n"}} {
		if err := AwaitReady(prints(texts...)); err != nil {
			t.Errorf("%q: %v", texts, err)
		}
	}
	if err := AwaitReady(prints("sh: stty: not found\n")); err == nil || !strings.Contains(err.Error(), "not found") {
		t.Errorf("a program that fails: %v, want what it said", err)
	}
}
