package arch

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// root is the repository's, seen from here.
const root = "../.."

// The repository keeps all rules.
func TestRepository(t *testing.T) {
	tree, err := Load(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.Go) < 50 {
		t.Fatalf("Load(%q) finds %d Go files, want the repository's", root, len(tree.Go))
	}
	for _, r := range Rules() {
		t.Run(r.Name, func(t *testing.T) {
			got, err := r.Check(t.Context(), tree)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range sortViolations(got) {
				t.Error(v)
			}
		})
	}
}

// Each rule finds in the tree that breaks it what is wrong there, and nothing
// else.
func TestRulesCanFail(t *testing.T) {
	for _, r := range Rules() {
		t.Run(r.Name, func(t *testing.T) {
			tree, err := Load(filepath.Join("testdata", r.Name))
			if err != nil {
				t.Fatal(err)
			}
			found, err := r.Check(t.Context(), tree)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range sortViolations(found) {
				got = append(got, v.String())
			}
			if len(broken[r.Name]) == 0 {
				t.Error("no violation is expected of this rule")
			}
			if diff := cmp.Diff(broken[r.Name], got); diff != "" {
				t.Errorf("violations differ (-want +got):\n%s", diff)
			}
		})
	}
	fixtures, err := os.ReadDir("testdata")
	if err != nil || len(fixtures) != len(Rules()) {
		t.Errorf("%d folders in testdata, %v, want one a rule", len(fixtures), err)
	}
}

// broken is what each rule finds in its folder of testdata.
var broken = map[string][]string{
	"imports": {
		"cmd/homie-box/b.go:4: cmd/homie-box must not import gateway",
		"garage/g.go: no rule says what package garage may import",
		"gateway/gateway.go:5: gateway must not import node",
		"gateway/rooms/markdown/m.go:5: gateway/rooms/markdown must not import gateway/roomservice",
		"gateway/rooms/r.go:6: gateway/rooms must not import gateway/audit",
		"gateway/rooms/r.go:9: gateway/rooms must not import node/pty",
		"internal/ring/r.go:3: internal/ring must not import gateway",
		"node/node.go:4: node must not import gateway/rooms",
		"node/pty/p.go:3: node/pty must not import node/system",
		"rpc/r.go:4: rpc must not import store",
		"rpc/r.go:7: rpc must not import wire/terminal",
		"store/s.go:3: store must not import wire",
		"store/s_test.go:4: store must not import gateway",
		"tsidentity/up/u.go:4: tsidentity/up must not import rpc",
		"wire/terminal/t.go:5: wire/terminal must not import wire/nodes",
	},
	"foreign": {
		"cmd/homie/m.go:5: homie/internal/tailbox/acme is kept to internal/tailbox/..., cmd/homie-box/..., bench/..., internal/homietest/...",
		"gateway/rooms/r.go:4: github.com/charmbracelet/log is kept to cmd/...",
		"gateway/rooms/r.go:5: go.etcd.io/bbolt is kept to store",
		"gateway/rooms/r.go:6: homie/internal/tailbox is kept to internal/tailbox/..., cmd/homie-box/..., bench/..., internal/homietest/...",
		"gateway/rooms/r.go:7: tailscale.com/tstest/integration/testcontrol is kept to internal/tailbox/...",
		"gateway/rooms/r_test.go:7: go.etcd.io/bbolt is kept to store",
		"store/s.go:6: testing is kept to store/storetest, internal/homietest/..., internal/tailbox/tailboxtest",
		"wire/w.go:5: wire imports the standard library only, not github.com/go-json-experiment/json",
	},
	"linked": {
		"cmd/homie: links homie/internal/tailbox",
		"cmd/homie: links testing",
	},
	"pins": {
		"go.mod: github.com/gorilla/websocket is at v1.5.3, pinned is v1.5.4-0.20250319132907-e064f32e3674",
		"go.mod: tailscale.com is at v1.98.0, pinned is v1.102.5",
	},
	"docs": {
		"silent: package without a doc comment",
	},
	"size": {
		"func.go:74: function long has 71 lines, the limit is 70",
		"long.go: 601 lines, the limit is 600",
		"web/long.tsx: 601 lines, the limit is 600",
	},
	"inits": {
		"i.go:7: init function; do it where it can fail and be seen",
	},
	"methods": {
		"gateway/lobby/l.go:10: rpc.hello stands outside of rpc",
		"gateway/lobby/l.go:7: rooms.changed is declared outside of gateway/rooms and wire/rooms",
		`gateway/rooms/r.go:10: "rooms.Send" is not a literal method name`,
		`gateway/rooms/r.go:11: "late" is not a literal method name`,
		"gateway/rooms/r.go:12: rooms.changed stands at gateway/lobby/l.go:7 too",
		"gateway/rooms/r.go:13: lounge.listen is declared outside of gateway/lounge and wire/lounge",
		"gateway/rooms/r.go:17: rooms.send stands at gateway/rooms/r.go:9 too",
		"wire/nodes/n.go:7: rooms.pinged is declared outside of gateway/rooms and wire/rooms",
	},
	"toplevel": {
		"pkg: is not one of the folders at the root",
	},
	"skips": {
		"s_test.go:5: test skipped without a reason",
		"s_test.go:7: test skipped without a reason",
	},
	"traces": {
		`.npmrc:2: "registry.npmjs" tells of one machine`,
		`notes.md:1: "/root/h" tells of one machine`,
	},
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, path, self string
		want                bool
	}{
		{"wire", "wire", "", true},
		{"wire", "wire/nodes", "", false},
		{"wire/*", "wire/nodes", "", true},
		{"wire/*", "wire", "", false},
		{"wire/*", "wire/nodes/x", "", false},
		{"wire/...", "wire", "", true},
		{"wire/...", "wire/nodes/x", "", true},
		{"wire/...", "wires", "", false},
		{"...", "anything", "", true},
		{"{self}/...", "gateway/rooms/x", "gateway/rooms", true},
		{"{self}/...", "gateway/rooms", "gateway/rooms/x/y", true},
		{"{self}/...", "gateway/roomservice", "gateway/rooms", false},
		{"{self}/...", "store/x", "store", true},
	} {
		if got := match(c.pattern, c.path, c.self); got != c.want {
			t.Errorf("match(%q, %q, %q) = %v, want %v", c.pattern, c.path, c.self, got, c.want)
		}
	}
}
