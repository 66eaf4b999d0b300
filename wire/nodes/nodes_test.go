package nodes_test

import (
	"strings"
	"testing"

	"homie/wire/nodes"
)

// A machine that asked to be let in could call its account "root" in a way that
// an owner read as something else.
func TestRegisterParamsShowWhatTheySay(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		ok   bool
	}{
		"an account":          {"olivia", true},
		"one of Windows":      {`DEN\Ölivia 2`, true},
		"turned around":       {"root\u202e(aidem)", false},
		"an isolate":          {"\u2066root\u2069", false},
		"no width":            {"ro\u200bot", false},
		"a line break":        {"media\nroot", false},
		"a terminal sequence": {"\x1b[8mroot", false},
		"eight-bit CSI":       {"\u009b8mroot", false},
		"not UTF-8":           {"ro\xffot", false},
		"too long":            {strings.Repeat("x", 129), false},
	} {
		for _, p := range []nodes.RegisterParams{{Account: tt.text}, {OS: tt.text}, {Capabilities: []string{"terminal", tt.text}}} {
			if err := p.Validate(); (err == nil) != tt.ok {
				t.Errorf("%s: Validate(%+v) = %v, want ok: %v", name, p, err, tt.ok)
			}
		}
	}
}
