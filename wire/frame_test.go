package wire_test

import (
	"bytes"
	"encoding/hex"
	"math"
	"strings"
	"testing"

	"homie/wire"
)

// The layout is frozen: clients in other languages read it.
func TestFrameLayout(t *testing.T) {
	for _, tt := range []struct {
		frame wire.Frame
		want  string
	}{
		{wire.Frame{Kind: wire.Data, Stream: 0x01020304, Offset: 0x05060708090a0b0c, Payload: []byte("hi")}, "01000000 01020304 05060708090a0b0c 6869"},
		{wire.Frame{Kind: wire.Credit, FromOpener: true, Stream: 7, Offset: 1 << 20}, "02010000 00000007 0000000000100000"},
		{wire.Frame{Kind: wire.End, FromOpener: true, Stream: math.MaxUint32}, "03010000 ffffffff 0000000000000000"},
		{wire.Frame{Kind: wire.State, Stream: 1, Offset: 9, Payload: []byte("hi")}, "04000000 00000001 0000000000000009 6869"},
		{wire.Frame{Kind: wire.Note, Stream: 1, Offset: 9, Payload: []byte("{}")}, "05000000 00000001 0000000000000009 7b7d"},
		{wire.Frame{Kind: wire.State, FromOpener: true, Last: true, Stream: 1, Offset: 9}, "04030000 00000001 0000000000000009"},
	} {
		got := hex.EncodeToString(tt.frame.Append(nil))
		if want := strings.ReplaceAll(tt.want, " ", ""); got != want {
			t.Errorf("%+v is encoded as %s, want %s", tt.frame, got, want)
		}
	}
}

func TestParseFrameRefuses(t *testing.T) {
	header := wire.Frame{Kind: wire.Data, Stream: 1}.Append(nil)
	with := func(at int, v byte) []byte {
		b := bytes.Clone(header)
		b[at] = v
		return b
	}
	for what, b := range map[string][]byte{
		"nothing":                 nil,
		"a cut header":            header[:wire.HeaderSize-1],
		"kind 0":                  with(0, 0),
		"an unknown kind":         with(0, 6),
		"a reserved flag":         with(1, 4),
		"data as the last piece":  with(1, 2),
		"a reserved byte":         with(2, 1),
		"the other reserved byte": with(3, 1),
		"a payload too long":      append(bytes.Clone(header), make([]byte, wire.MaxFrame+1)...),
		"a note too long":         wire.Frame{Kind: wire.Note, Payload: make([]byte, wire.MaxNote+1)}.Append(nil),
		"credit with a payload":   wire.Frame{Kind: wire.Credit, Payload: []byte("x")}.Append(nil),
		"data past the last byte": wire.Frame{Kind: wire.Data, Offset: math.MaxUint64, Payload: []byte("x")}.Append(nil),
	} {
		if f, err := wire.ParseFrame(b); err == nil {
			t.Errorf("%s is parsed as %+v, want an error", what, f)
		}
	}
	whole := wire.Frame{Kind: wire.Data, Stream: 1, Payload: make([]byte, wire.MaxFrame)}.Append(nil)
	if f, err := wire.ParseFrame(whole); err != nil || len(f.Payload) != wire.MaxFrame {
		t.Errorf("a full frame is refused: %v", err)
	}
}

// FuzzFrame wants of every frame that is accepted that it means one thing: it
// is encoded as it came.
func FuzzFrame(f *testing.F) {
	for _, s := range []wire.Frame{
		{Kind: wire.Data, Stream: 1, Payload: []byte("hello")},
		{Kind: wire.Data, FromOpener: true, Stream: math.MaxUint32, Offset: math.MaxUint64 - 1, Payload: []byte("x")},
		{Kind: wire.Credit, Stream: 2, Offset: 1 << 40},
		{Kind: wire.State, Last: true, Stream: 2, Offset: 1 << 40, Payload: []byte("\x1b[2J")},
		{Kind: wire.End, Stream: 3, Payload: []byte(`{"code":-32002}`)},
	} {
		f.Add(s.Append(nil))
	}
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := wire.ParseFrame(b)
		if err != nil {
			return
		}
		if again := got.Append(nil); !bytes.Equal(again, b) {
			t.Errorf("% x is parsed as %+v, which is encoded as % x", b, got, again)
		}
		if len(got.Payload) > wire.MaxFrame {
			t.Errorf("a payload of %d bytes got through", len(got.Payload))
		}
		if got.Kind == wire.Data && got.Offset+uint64(len(got.Payload)) < got.Offset {
			t.Errorf("%+v runs past the end of the numbers", got)
		}
	})
}
