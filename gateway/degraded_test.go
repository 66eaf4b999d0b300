package gateway_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"homie/gateway"
	"homie/rpc"
	"homie/store"
	"homie/store/storetest"
	"homie/tsidentity"
	"homie/wire"
)

// A migration that failed was in the log alone. An owner hears of it, in words
// and without what is inside; nobody else does.
func TestOwnerHearsOfAFailedMigration(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    store.Options
		role tsidentity.Role
		want bool
	}{
		{"an owner", broken, tsidentity.RoleOwner, true},
		{"a member", broken, tsidentity.RoleMember, false},
		{"an owner of a home that is well", store.Options{}, tsidentity.RoleOwner, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			who := describe(t, storetest.OpenAt(t, filepath.Join(t.TempDir(), "homie.db"), tt.o), tt.role)
			if got := len(who.Warnings) == 1; got != tt.want || who.Warnings == nil {
				t.Errorf("warnings %q, want one: %v", who.Warnings, tt.want)
			}
			if s := strings.Join(who.Warnings, ""); tt.want && (!strings.Contains(s, "restart the gateway") || strings.Contains(s, "secret")) {
				t.Errorf("the warning %q does not say what to do, or says what is inside", s)
			}
		})
	}
}

// broken leaves a store at an older schema.
var broken = store.Options{Migrations: []store.Migration{{Version: 1, Name: "to fail", Apply: func(*store.Tx) error {
	return errors.New("secret")
}}}}

// describe asks a gateway over db who a caller with the role is.
func describe(t *testing.T, db *store.Store, role tsidentity.Role) wire.Whoami {
	t.Helper()
	entries, err := gateway.Offline(db)
	if err != nil {
		t.Fatal(err)
	}
	r, err := rpc.NewRegistry(rpc.Options{}, entries...)
	if err != nil {
		t.Fatal(err)
	}
	caller := tsidentity.Caller{Class: tsidentity.ClassPerson, Rights: tsidentity.Rights{Values: []tsidentity.Value{{Role: role}}}}
	body := strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"identity.whoami"}`)
	w := httptest.NewRecorder()
	r.ServePost(w, httptest.NewRequest(http.MethodPost, wire.Path, body), caller)
	var answer wire.Message
	decode(t, w.Body.Bytes(), &answer)
	if answer.Error != nil {
		t.Fatal(answer.Error)
	}
	var who wire.Whoami
	decode(t, answer.Result, &who)
	return who
}
