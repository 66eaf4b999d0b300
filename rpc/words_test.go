package rpc_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
)

// Whoever sent JSON that was wrong was told of types of Go.
func TestWrongJSONIsExplained(t *testing.T) {
	type params struct {
		Node string   `json:"node"`
		Cols int      `json:"cols"`
		Args []string `json:"args"`
	}
	r, err := rpc.NewRegistry(rpc.Options{}, rpc.Call("paper.read", "paper:read", func(context.Context, tsidentity.Caller, params) (wire.Nothing, error) {
		return wire.Nothing{}, nil
	}), rpc.Call("paper.burn", "paper:read", func(context.Context, tsidentity.Caller, wire.Nothing) (wire.Nothing, error) {
		return wire.Nothing{}, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	call := func(method, params string) string {
		return `{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":` + params + `}`
	}
	for body, want := range map[string]string{
		call("paper.read", `{"nod":"x"}`):             `params: there is no member "nod"; there are: node, cols, args`,
		call("paper.burn", `{"nod":"x"}`):             `params: there is no member "nod"; it takes none`,
		call("paper.read", `{"node":1}`):              `params: "node" is a number, want text`,
		call("paper.read", `{"cols":"x"}`):            `params: "cols" is text, want a whole number`,
		call("paper.read", `{"cols":1e99}`):           `params: "cols" is a number that does not fit, want a whole number`,
		call("paper.read", `{"args":{}}`):             `params: "args" is an object, want a list`,
		call("paper.read", `{"node":"x","node":"y"}`): `"node" stands there twice`,
		`garbage`:                    `not a JSON-RPC 2.0 call: that is not JSON, from byte 0 on`,
		`{"jsonrpc":"2.0"`:           `not a JSON-RPC 2.0 call: that is not JSON`,
		`{"jsonrpc":"2.0","more":1}`: `not a JSON-RPC 2.0 call: there is no member "more"; there are: jsonrpc, id, method`,
	} {
		w := httptest.NewRecorder()
		r.ServePost(w, httptest.NewRequest(http.MethodPost, "/rpc", strings.NewReader(body)), member("ada", "*:*"))
		got := strings.ReplaceAll(w.Body.String(), `\"`, `"`)
		if !strings.Contains(got, want) || strings.Contains(got, "json:") || strings.Contains(got, "jsontext") || strings.Contains(got, "rpc_test") {
			t.Errorf("%s is answered with %s, want %s", body, got, want)
		}
	}
}
