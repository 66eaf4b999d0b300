package terminal_test

import (
	"fmt"
	"strings"
	"testing"

	"homie/wire/terminal"
)

func TestEnv(t *testing.T) {
	many := map[string]string{}
	for i := range terminal.MaxEnv + 1 {
		many[fmt.Sprint("V", i)] = ""
	}
	for _, bad := range []map[string]string{
		{"": "x"},
		{"1A": "x"},
		{"A B": "x"},
		{"A=B": "x"},
		{"Ä": "x"},
		{"A\n": "x"},
		{"HOMIE_NODE": "den"},
		{"A": "x\x00y"},
		{"A": strings.Repeat("x", terminal.MaxEnvSize)},
		many,
	} {
		if terminal.CheckEnv(bad) == nil {
			t.Errorf("%.60q is accepted", fmt.Sprint(bad))
		}
	}
	if err := terminal.CheckEnv(map[string]string{"_a1": "", "PATH": "/x:/y", "TEXT": "two\nlines = one"}); err != nil {
		t.Error(err)
	}
}

func TestLabels(t *testing.T) {
	long, hidden, fine := strings.Repeat("x", terminal.MaxName+1), "a\u202eb", "Büro, Süd"
	for _, bad := range []terminal.UpdateParams{{Name: &long}, {Group: &long}, {Name: &hidden}, {Group: &hidden}} {
		if bad.Validate() == nil {
			t.Errorf("%+v is valid", bad)
		}
	}
	if err := (terminal.UpdateParams{Name: &fine, Group: &fine}).Validate(); err != nil {
		t.Error(err)
	}
	if (terminal.StartParams{Cols: 80, Rows: 24, Icon: "skull"}).Validate() == nil {
		t.Error("an icon that is none is accepted")
	}
}

func TestShownMultiplexer(t *testing.T) {
	m := terminal.Multiplexer{Kind: "tmux", Name: "a\x1b[2J\u202eb", Windows: -1, Command: []string{"tmux", "attach-session", "-t", "=a\u202eb"}}.Shown()
	if m.Name != "a[2Jb" || m.Windows != 0 || m.Command[3] != "=a\u202eb" {
		t.Errorf("shown as %q, %q", m.Name, m.Command)
	}
	if m := (terminal.Multiplexer{Command: []string{strings.Repeat("x", terminal.MaxText+1)}}).Shown(); len(m.Command) != 0 {
		t.Error("a command over the bounds is passed on")
	}
}
