package wire_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"homie/wire"
)

// Codes are frozen: this table grows at its end and never changes.
func TestCodesAreFrozen(t *testing.T) {
	frozen := []struct {
		reason wire.Reason
		code   int
	}{
		{"parse_error", -32700},
		{"invalid_request", -32600},
		{"unknown_method", -32601},
		{"invalid_params", -32602},
		{"internal", -32603},
		{"unauthenticated", -32001},
		{"forbidden", -32002},
		{"not_found", -32003},
		{"conflict", -32004},
		{"rate_limited", -32005},
		{"payload_too_large", -32006},
		{"unavailable", -32007},
		{"timeout", -32008},
		{"busy", -32009},
		{"unsupported", -32010},
		{"version_mismatch", -32011},
		{"hello_required", -32012},
		{"canceled", -32013},
		{"protocol_violation", -32014},
		{"confirmation_required", -32015},
	}
	for _, f := range frozen {
		if got := f.reason.Code(); got != f.code {
			t.Errorf("the code of %s is %d, want %d", f.reason, got, f.code)
		}
	}
	if n := len(wire.Reasons()); n != len(frozen) {
		t.Errorf("there are %d reasons, and %d codes are frozen: add the others to this table", n, len(frozen))
	}
	if got := wire.Reason("made up").Code(); got != wire.Internal.Code() {
		t.Errorf("the code of an unknown reason is %d, want that of internal", got)
	}
}

func TestErrorCrossesTheWire(t *testing.T) {
	secret := errors.New("open /var/lib/homie: secret")
	e := wire.Errorf(wire.RateLimited, "too many").Because(secret).After(1500 * time.Millisecond).
		Missing(wire.Needs{Capability: "a:b", Node: "den"})
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "secret") {
		t.Errorf("the cause leaves the process: %s", b)
	}
	if !errors.Is(e, secret) || wire.ReasonOf(fmt.Errorf("calling: %w", e)) != wire.RateLimited {
		t.Error("an error loses its cause or its reason on the way to the log")
	}
	var back wire.Error
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if back.Code != e.Code || back.Message != "too many" || back.Data.RetryAfterMs != 1500 || !back.Data.Retryable || *back.Data.Needs != *e.Data.Needs {
		t.Errorf("it comes back as %+v, want %+v", back, e)
	}
	if wire.ReasonOf(nil) != "" || wire.ReasonOf(secret) != wire.Internal {
		t.Error("no error has a reason, or an error of nobody's has another than internal")
	}
}
