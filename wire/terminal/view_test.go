package terminal_test

import (
	"encoding/json"
	"strings"
	"testing"

	"homie/wire/terminal"
)

func TestViewerNotes(t *testing.T) {
	for note, ok := range map[string]bool{
		`{}`:                                    true,
		`{"cols":80,"rows":24,"visible":false}`: true,
		`{"visible":true,"something":"of the new"}`: true,
		`{"cols":80}`:               false,
		`{"cols":100000,"rows":24}`: false,
		`{"cols":"80","rows":"24"}`: false,
		`{"cols":80,"rows":24`:      false,
		`[]`:                        false,
		`{"cols":-1,"rows":1}`:      false,
		`{"visible":"yes"}`:         false,
	} {
		if n, err := terminal.ParseViewerNote([]byte(note)); (err == nil) != ok {
			t.Errorf("%s is read as %+v, %v", note, n, err)
		}
	}
}

// FuzzViewerNote wants of a note that is accepted that it keeps its bounds and
// reads the same when it is sent on.
func FuzzViewerNote(f *testing.F) {
	f.Add([]byte(`{"cols":80,"rows":24,"visible":true}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := terminal.ParseViewerNote(b)
		if err != nil {
			return
		}
		if n.Cols < 0 || n.Cols > terminal.MaxCols || n.Rows < 0 || n.Rows > terminal.MaxRows {
			t.Errorf("%q has the size %d×%d", b, n.Cols, n.Rows)
		}
		again, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := terminal.ParseViewerNote(again); err != nil || got.Cols != n.Cols || got.Rows != n.Rows {
			t.Errorf("%q, sent on as %q, is %+v, %v", b, again, got, err)
		}
	})
}

func TestAttachParams(t *testing.T) {
	for _, p := range []terminal.AttachParams{
		{Viewer: strings.Repeat("x", terminal.MaxName+1)},
		{History: -1},
		{History: terminal.MaxHistory + 1},
		{Cols: 80},
		{Cols: 80, Rows: terminal.MaxRows + 1},
	} {
		if p.Validate() == nil {
			t.Errorf("%+v is valid", p)
		}
	}
	if err := (terminal.AttachParams{Viewer: "v", History: 5, Cols: 80, Rows: 24}).Validate(); err != nil {
		t.Error(err)
	}
}

// What a machine says of who is there, and of its programs, is bounded too.
func TestShownPeople(t *testing.T) {
	s := terminal.Session{Title: "top \u202e" + strings.Repeat("x", 1000)}
	for range 100 {
		s.People = append(s.People, terminal.Viewer{Name: "Olivia\x1b[31m"})
	}
	got := s.Shown()
	if len(got.People) != 64 || got.People[0].Name != "Olivia[31m" {
		t.Errorf("%d people, the first %q", len(got.People), got.People[0].Name)
	}
	if len(got.Title) > 256 || strings.ContainsRune(got.Title, '\u202e') {
		t.Errorf("title %q", got.Title)
	}
}
