package main

import (
	"bytes"
	"encoding/json"
	"testing"
)

// The name of a terminal reached the terminal of whoever listed it with the
// eight-bit forms of escape sequences in it, and with text turned around.
func TestPrintedJSONShowsWhatItSays(t *testing.T) {
	const evil = "a\u009b2J\u202eb\u007f\U000e0041\x1b]0;x\x07 ü 家 \n"
	var out bytes.Buffer
	if err := printJSON(process{Out: &out}, json.RawMessage(`{"name":`+string(marshal(t, evil))+`}`)); err != nil {
		t.Fatal(err)
	}
	want := "{\n  \"name\": \"a\\u009b2J\\u202eb\\u007f\\udb40\\udc41\\u001b]0;x\\u0007 ü 家 \\n\"\n}\n"
	if out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
	var back struct{ Name string }
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back.Name != evil {
		t.Errorf("a program reads %q (%v), want %q", back.Name, err, evil)
	}
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
