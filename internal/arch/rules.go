package arch

import "context"

// Rule is a named check of a tree.
type Rule struct {
	Name  string
	Check func(context.Context, *Tree) ([]Violation, error)
}

// Rules is all of them. Each has a folder of its name in testdata.
func Rules() []Rule {
	return []Rule{
		{"imports", imports},
		{"foreign", foreign},
		{"linked", linked},
		{"pins", pins},
		{"docs", docs},
		{"size", size},
		{"inits", inits},
		{"methods", methods},
		{"toplevel", topLevel},
		{"skips", skips},
		{"traces", traces},
	}
}

// edge says what the packages that match From may import of this module.
//
// In patterns, * is one path element, a trailing /... is the package and all
// below it, and {self} is the first two elements of the importing package.
type edge struct {
	from  string
	allow []string
	tests []string // what its tests may import as well
}

// common is what services and capabilities are built on.
var common = []string{"wire/...", "rpc", "store", "tsidentity/...", "{self}/...", "internal/..."}

// edges is the law of direction. The first match counts; a package that matches
// nothing is a violation, so that a new folder comes with a thought.
var edges = []edge{
	{from: "wire"},
	{from: "wire/*", allow: []string{"wire"}},
	{from: "store"},
	{from: "store/storetest", allow: []string{"store"}},
	{from: "tsidentity/...", allow: []string{"tsidentity/..."}},
	{from: "rpc", allow: []string{"wire", "tsidentity"}},

	// What services share, for one rule to decide; neither is a service.
	{from: "gateway/access", allow: []string{"wire/...", "tsidentity"}},
	{from: "gateway/frontdoor", allow: []string{"wire", "rpc", "tsidentity", "internal/..."}},

	{from: "gateway", allow: []string{"gateway/...", "webui", "wire/...", "rpc", "store", "tsidentity/...", "internal/..."}, tests: []string{"node"}},
	{from: "gateway/...", allow: append([]string{"gateway/access"}, common...)},
	{from: "node", allow: []string{"node/...", "wire/...", "rpc", "store", "tsidentity/...", "internal/..."}},
	{from: "node/...", allow: common},
	{from: "webui", allow: []string{"internal/..."}},

	{from: "internal/gen", allow: []string{"gateway/...", "wire/...", "rpc", "tsidentity"}},
	{from: "internal/homietest/...", allow: []string{"..."}}, // the household of the tests
	{from: "internal/...", allow: []string{"internal/..."}},

	{from: "cmd/homie-box/...", allow: []string{"internal/...", "wire/...", "{self}/..."}},
	{from: "cmd/...", allow: []string{"..."}},
	{from: "bench/...", allow: []string{"..."}},
}

// testsMayAlso import these, wherever they are.
var testsMayAlso = []string{"internal/...", "store/storetest", "{self}/..."}

// forTests are the packages that only tests import.
var forTests = []string{"store/storetest", "internal/homietest/...", "internal/tailbox/tailboxtest"}

// keeper says that only packages which match may import a path, of this module
// or another one.
type keeper struct {
	path  string
	may   []string
	tests bool // tests may as well
}

var keepers = []keeper{
	{"go.etcd.io/bbolt/...", []string{"store"}, false},
	{"github.com/charmbracelet/log/...", []string{"cmd/..."}, false},
	{"github.com/gorilla/websocket", []string{"rpc", "gateway", "node", "bench/...", "cmd/...", "internal/homietest"}, true},
	{"github.com/creack/pty", []string{"node/pty/...", "bench/..."}, true},
	{"tailscale.com/tstest/...", []string{"internal/tailbox/..."}, false},
	{"testing", forTests, true},
	{"homie/internal/tailbox/...", []string{"internal/tailbox/...", "cmd/homie-box/...", "bench/...", "internal/homietest/..."}, true},
	{"homie/internal/homietest/...", []string{"internal/homietest/..."}, true},
	{"homie/internal/arch", nil, false},
}

// standardOnly lists packages that import nothing but the standard library and
// what edges allow.
var standardOnly = []string{"wire/..."}

// topFolders are the folders at the root. Files at the root are free.
var topFolders = []string{
	"cmd", "gateway", "node", "tsidentity", "rpc", "wire", "store", "webui", "internal", "docs",
	"bench", "tools", ".ci",
}

// notLinked are the packages that the product's binary must not contain: the
// stand-ins of the tests would be a second way in.
var (
	product   = "cmd/homie"
	notLinked = []string{"homie/internal/tailbox/...", "tailscale.com/tstest/...", "testing"}
)

// pinned are modules of which another version breaks the build or the tests in
// ways that are slow to find. See docs/decisions.
var pinned = map[string]string{
	"tailscale.com":                "v1.102.5",
	"github.com/gorilla/websocket": "v1.5.4-0.20250319132907-e064f32e3674",
	"github.com/charmbracelet/log": "v1.0.0",
}

// Bounds on what a reader has to keep in mind, in lines.
const (
	maxFile     = 600
	maxFunction = 70
)

// homes are the folders in which the methods of a prefix may be declared, where
// these are not gateway/<prefix> and wire/<prefix>.
var homes = map[string][]string{
	"rpc":  {"rpc"},
	"node": {"gateway/nodes", "wire/nodes"}, // node/ is the daemon
}
