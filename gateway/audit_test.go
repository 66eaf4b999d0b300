package gateway_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homie/gateway/audit"
	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/rpc"
	"homie/wire"
)

// audited returns the audit log in short, newest first.
func audited(t *testing.T, owner *rpc.Conn) []string {
	t.Helper()
	var page audit.Entries
	if err := owner.Call(t.Context(), "audit.list", nil, &page); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range page.Entries {
		out = append(out, fmt.Sprintf("%s on %s: %s %s %s", e.Person, e.Device, e.Method, e.Target, e.Decision))
	}
	return out
}

// A member who attached to a terminal a hundred times a second pushed everybody
// else's entries out of the audit log.
func TestRepetitionsAreCountedInTheAuditLog(t *testing.T) {
	h := homietest.New(t)
	h.StartNode(tailbox.NodeDen, sharing)
	max, _ := h.Connect(tailbox.MaxTablet)
	online(t, max, "den")
	s := start(t, max, "den")
	for range 20 {
		attached(t, max, s).Close(nil)
	}
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	attached(t, owner, s).Close(nil)
	var page audit.Entries
	if err := owner.Call(t.Context(), "audit.list", nil, &page); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range page.Entries {
		got = append(got, fmt.Sprintf("%s: %s, %d more", e.Person, e.Method, e.Again))
		if (e.Again > 0) != (e.LastAt != nil && !e.LastAt.Before(e.At)) {
			t.Errorf("%d more, the last at %v, the first at %v", e.Again, e.LastAt, e.At)
		}
	}
	want := []string{
		"Olivia: terminal.session.attach, 0 more",
		"Max: terminal.session.attach, 19 more",
		"Max: terminal.session.start, 0 more",
	}
	if diff := cmp.Diff(want, got[:min(3, len(got))]); diff != "" {
		t.Errorf("the audit log (-want +got):\n%s", diff)
	}
}

// The audit log had no word of which terminal was used.
func TestAuditNamesTheTerminal(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	h.StartNode(tailbox.NodeDen, sharing)
	max, _ := h.Connect(tailbox.MaxTablet)
	online(t, max, "den")
	s := start(t, max, "den")
	attached(t, max, s).Close(nil)
	long := `{"node":"` + strings.Repeat("x", wire.MaxMessage/2) + `"}`
	wantReason(t, "an endless name", max.Call(t.Context(), "terminal.session.list", rawJSON(long), nil), wire.InvalidParams)
	mia, _ := h.Connect(homietest.MiaPhone)
	mia.Call(t.Context(), "terminal.session.kill", map[string]any{"node": "den", "session": s.ID}, nil)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	got := audited(t, owner)
	want := []string{
		"Mia on mia-phone: terminal.session.kill  denied",
		"Max on max-tablet: terminal.session.attach den/" + string(s.ID) + " allowed",
		"Max on max-tablet: terminal.session.start den allowed",
	}
	for i, w := range want {
		if i >= len(got) || got[i] != w {
			t.Fatalf("the audit log is %q, want %q", got, want)
		}
	}
}
