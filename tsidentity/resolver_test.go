package tsidentity

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tailscale.com/client/local"
	"tailscale.com/client/tailscale/apitype"
	"tailscale.com/ipn/ipnstate"
	"tailscale.com/tailcfg"
	"tailscale.com/types/views"
)

const (
	olivia, max_, vera = tailcfg.UserID(101), tailcfg.UserID(102), tailcfg.UserID(103)
	tagged             = tailcfg.UserID(999) // the profile that tagged devices share
)

// fakeTailnet answers as the real one does, with the same types.
type fakeTailnet struct {
	mu     sync.Mutex
	peers  map[string]*apitype.WhoIsResponse
	self   ipnstate.PeerStatus
	asked  int
	broken error
	hold   chan struct{} // if set, WhoIs waits for it
}

func (f *fakeTailnet) WhoIs(ctx context.Context, addr string) (*apitype.WhoIsResponse, error) {
	f.mu.Lock()
	f.asked++
	who, hold, broken := f.peers[addr], f.hold, f.broken
	f.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if broken != nil {
		return nil, broken
	}
	if who == nil {
		return nil, local.ErrPeerNotFound
	}
	return who, nil
}

func (f *fakeTailnet) StatusWithoutPeers(context.Context) (*ipnstate.Status, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	self := f.self
	return &ipnstate.Status{Self: &self}, nil
}

func (f *fakeTailnet) set(addr string, who *apitype.WhoIsResponse) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.peers[addr] = who
}

func (f *fakeTailnet) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked
}

// peer describes a person's device; edits make it something else.
func peer(id tailcfg.UserID, login string, grants []string, edits ...func(*tailcfg.Node)) *apitype.WhoIsResponse {
	n := &tailcfg.Node{
		StableID: tailcfg.StableNodeID("n" + login),
		Name:     "laptop.box.ts.net.",
		User:     id,
		Hostinfo: (&tailcfg.Hostinfo{OS: "linux"}).View(),
	}
	for _, e := range edits {
		e(n)
	}
	caps := tailcfg.PeerCapMap{}
	if grants != nil {
		caps[GrantCap] = raws(grants...)
	}
	return &apitype.WhoIsResponse{
		Node:        n,
		UserProfile: &tailcfg.UserProfile{ID: id, LoginName: login, DisplayName: strings.ToUpper(login)},
		CapMap:      caps,
	}
}

func withTags(tags ...string) func(*tailcfg.Node) {
	return func(n *tailcfg.Node) { n.Tags = tags }
}

func hostinfo(h tailcfg.Hostinfo) func(*tailcfg.Node) {
	return func(n *tailcfg.Node) { n.Hostinfo = h.View() }
}

func newFake(tags ...string) *fakeTailnet {
	f := &fakeTailnet{peers: map[string]*apitype.WhoIsResponse{}}
	f.self = ipnstate.PeerStatus{ID: "nGateway", UserID: olivia}
	if len(tags) > 0 {
		v := views.SliceOf(tags)
		f.self.Tags, f.self.UserID = &v, tagged
	}
	return f
}

// resolveAnew is Resolve by a resolver that remembers nobody.
func resolveAnew(t *testing.T, r *Resolver, addr string) (Caller, error) {
	t.Helper()
	r.peers.mu.Lock()
	clear(r.peers.entries)
	r.peers.mu.Unlock()
	return r.Resolve(t.Context(), addr)
}

func mustResolve(t *testing.T, r *Resolver, addr string) Caller {
	t.Helper()
	who, err := resolveAnew(t, r, addr)
	if err != nil {
		t.Fatalf("Resolve(%s): %v", addr, err)
	}
	return who
}

func TestClasses(t *testing.T) {
	owner := []string{`{"role":"owner"}`}
	f := newFake("tag:homie")
	for addr, who := range map[string]*apitype.WhoIsResponse{
		"100.64.0.1":  peer(max_, "max", []string{`{"role":"member"}`}),
		"100.64.0.2":  peer(vera, "vera", nil),
		"100.64.0.3":  peer(tagged, "tagged-devices", []string{`{"role":"kiosk"}`}, withTags("tag:z", "tag:kiosk")),
		"100.64.0.4":  peer(tagged, "tagged-devices", nil, withTags("tag:kiosk")),
		"100.64.0.5":  peer(555, "stranger", nil, hostinfo(tailcfg.Hostinfo{ShareeNode: true})),
		"100.64.0.6":  peer(555, "stranger", []string{`{"role":"guest"}`}, hostinfo(tailcfg.Hostinfo{ShareeNode: true})),
		"100.64.0.7":  peer(555, "stranger", owner, func(n *tailcfg.Node) { n.Sharer = 7 }),
		"100.64.0.8":  peer(max_, "unsigned", owner, func(n *tailcfg.Node) { n.UnsignedPeerAPIOnly = true }),
		"100.64.0.9":  peer(max_, "expired", owner, func(n *tailcfg.Node) { n.Expired = true }),
		"100.64.0.10": peer(max_, "mullvad", owner, func(n *tailcfg.Node) { n.IsWireGuardOnly = true }),
		"100.64.0.11": peer(tagged, "gateway", owner, withTags("tag:homie"), func(n *tailcfg.Node) { n.StableID = "nGateway" }),
		"100.64.0.12": peer(olivia, "node-untagged", []string{`{"role":"owner","autoApprove":["terminal"]}`}),
		"100.64.0.13": peer(tagged, "node-tagged", []string{`{"autoApprove":["terminal"]}`, `{"role":"owner"}`}, withTags("tag:homie-node")),
		"100.64.0.14": peer(0, "nobody", owner),
		"100.64.0.15": {},
	} {
		f.set(addr, who)
	}
	nodes := func(id string) bool { return strings.HasPrefix(id, "nnode-") }
	r := NewResolver(ResolverConfig{Tailnet: f, IsNode: nodes})
	for _, tc := range []struct {
		addr  string
		class Class
		can   []string // of the capabilities below
		key   string
	}{
		{"100.64.0.1", ClassPerson, []string{CapSelf, CapUse, CapRegister, "presence:read"}, "person:102/nmax"},
		{"100.64.0.2", ClassPerson, []string{CapSelf}, "person:103/nvera"},
		{"100.64.0.3", ClassTagged, []string{CapSelf, CapUse, CapRegister, "presence:read"}, "tagged:ntagged-devices"},
		{"100.64.0.4", ClassTagged, []string{CapSelf, CapRegister}, "tagged:ntagged-devices"},
		{"100.64.0.5", ClassShared, nil, "shared:555/nstranger"},
		{"100.64.0.6", ClassShared, []string{CapSelf, CapUse, "presence:read"}, "shared:555/nstranger"},
		{"100.64.0.7", ClassShared, []string{CapSelf, CapUse, "presence:read", "pairing:write", "terminal:write"}, "shared:555/nstranger"},
		{"100.64.0.8", ClassUnknown, nil, "unknown:100.64.0.8"},
		{"100.64.0.9", ClassUnknown, nil, "unknown:100.64.0.9"},
		{"100.64.0.10", ClassUnknown, nil, "unknown:100.64.0.10"},
		{"100.64.0.11", ClassSelf, nil, "self:nGateway"},
		{"100.64.0.12", ClassNode, []string{CapSelf, CapUse, CapRegister, CapHeartbeat}, "node:nnode-untagged"},
		{"100.64.0.13", ClassNode, []string{CapSelf, CapUse, CapRegister, CapHeartbeat}, "node:nnode-tagged"},
		{"100.64.0.14", ClassUnknown, nil, "unknown:100.64.0.14"},
		{"100.64.0.15", ClassUnknown, nil, "unknown:100.64.0.15"},
		{"100.64.0.99", ClassUnknown, nil, "unknown:100.64.0.99"}, // a subnet router's client
		{"127.0.0.1:80", ClassUnknown, nil, "unknown:"},
		{"[::1]:80", ClassUnknown, nil, "unknown:"},
		{"@", ClassUnknown, nil, "unknown:"},
		{"", ClassUnknown, nil, "unknown:"},
	} {
		who := mustResolve(t, r, tc.addr)
		if who.Class != tc.class || who.Key() != tc.key {
			t.Errorf("%s: class %s, key %s; want %s, %s", tc.addr, who.Class, who.Key(), tc.class, tc.key)
		}
		for _, c := range []string{CapSelf, CapUse, CapRegister, CapHeartbeat, CapPairing, "presence:read", "pairing:write", "terminal:write"} {
			want := false
			for _, w := range tc.can {
				want = want || w == c
			}
			if got := who.Can(c); got != want {
				t.Errorf("%s (%s): Can(%s) = %v, want %v", tc.addr, who.Class, c, got, want)
			}
		}
		if person := who.Person.ID != ""; person != (tc.class == ClassPerson || tc.class == ClassShared) {
			t.Errorf("%s: a %s has person %+v", tc.addr, who.Class, who.Person)
		}
	}
	if got := mustResolve(t, r, "100.64.0.12").AutoApprove(); got != nil {
		t.Errorf("an untagged node is auto-approved for %q by its owner's grant", got)
	}
	if got := mustResolve(t, r, "100.64.0.13").AutoApprove(); len(got) != 1 || got[0] != "terminal" {
		t.Errorf("a tagged node is auto-approved for %q, want terminal", got)
	}
}

func TestADeviceBecomesANodeAtOnce(t *testing.T) {
	f := newFake("tag:homie")
	f.set("100.64.0.1", peer(olivia, "olivia", []string{`{"role":"owner"}`}))
	isNode := false
	r := NewResolver(ResolverConfig{Tailnet: f, IsNode: func(string) bool { return isNode }})
	if who, _ := r.Resolve(t.Context(), "100.64.0.1"); !who.Can("pairing:write") {
		t.Fatal("the owner is not owner")
	}
	isNode = true // what it asked for, within the life of the cached answer
	who, _ := r.Resolve(t.Context(), "100.64.0.1:5")
	if who.Class != ClassNode || who.Can("pairing:write") || who.Rights.Can("pairing:write") || who.Visitor() {
		t.Errorf("after asking to be a node: %+v", who)
	}
	if who.Device.Owner != "olivia" {
		t.Errorf("owner for display = %q, want olivia", who.Device.Owner)
	}
}

func TestTheOwnerOfAnUntaggedGatewayIsOwner(t *testing.T) {
	f := newFake()
	f.set("100.64.0.1", peer(olivia, "olivia", []string{`{"role":"member"}`, `{"roel":"x"}`}))
	f.set("100.64.0.2", peer(max_, "max", nil))
	f.set("100.64.0.3", peer(olivia, "shared", nil, hostinfo(tailcfg.Hostinfo{ShareeNode: true})))
	f.set("100.64.0.4", peer(olivia, "tagged", nil, withTags("tag:x")))
	synctest.Test(t, func(t *testing.T) {
		r := NewResolver(ResolverConfig{Tailnet: f})
		resolve := func(addr string) Caller {
			time.Sleep(2 * maxAge) // in the test's own time: nothing is remembered
			who, err := r.Resolve(t.Context(), addr)
			if err != nil {
				t.Fatal(err)
			}
			return who
		}
		if who := resolve("100.64.0.1"); !who.Can("pairing:write") || len(who.Rights.Values) != 2 || len(who.Rights.Problems) != 1 {
			t.Errorf("the owner holds %+v", who.Rights)
		}
		for _, addr := range []string{"100.64.0.2", "100.64.0.3", "100.64.0.4"} {
			if resolve(addr).Can("pairing:write") {
				t.Errorf("%s is owner", addr)
			}
		}
		// Taking every grant away does not end it, tagging the gateway does.
		f.set("100.64.0.1", peer(olivia, "olivia", nil))
		if !resolve("100.64.0.1").Can("pairing:write") {
			t.Error("without grants the owner is owner no more")
		}
		tags := views.SliceOf([]string{"tag:homie"})
		f.mu.Lock()
		f.self.Tags = &tags
		f.mu.Unlock()
		if resolve("100.64.0.1").Can("pairing:write") {
			t.Error("the gateway is tagged and its former user still owner")
		}
	})
}

type memoryPin struct {
	Pinned
	err error
}

func (p *memoryPin) Load() (Pinned, error) { return p.Pinned, p.err }
func (p *memoryPin) Store(n Pinned) error {
	if p.err == nil {
		p.Pinned = n
	}
	return p.err
}

func TestTheConfiguredOwnerIsPinnedAtFirstSight(t *testing.T) {
	f := newFake("tag:homie")
	pin := &memoryPin{}
	start := func() *Resolver {
		return NewResolver(ResolverConfig{Tailnet: f, Owner: "Olivia@example.com", Pin: pin})
	}
	f.set("100.64.0.1", peer(olivia, "olivia@example.com", nil))
	f.set("100.64.0.2", peer(max_, "max@example.com", nil))
	f.set("100.64.0.3", peer(tagged, "olivia@example.com", nil, withTags("tag:x")))
	r := start()
	owns := func(addr string) bool { t.Helper(); return mustResolve(t, r, addr).Can("pairing:write") }
	if owns("100.64.0.2") || owns("100.64.0.3") || pin.Person != "" {
		t.Fatalf("somebody else became owner, pin %+v", pin.Pinned)
	}
	if !owns("100.64.0.1") || pin.Person != "101" {
		t.Fatalf("the owner is not owner, pin %+v", pin.Pinned)
	}
	// Renamed, and the old login given to somebody else; over a restart too.
	f.set("100.64.0.1", peer(olivia, "liv@example.com", nil))
	f.set("100.64.0.2", peer(vera, "olivia@example.com", nil))
	for range 2 {
		if !owns("100.64.0.1") || owns("100.64.0.2") {
			t.Error("the ownership moved with the login")
		}
		r = start()
	}
	// Another configured name is another owner.
	f.set("100.64.0.4", peer(max_, "max@example.com", nil))
	r = NewResolver(ResolverConfig{Tailnet: f, Owner: "max@example.com", Pin: pin})
	if !owns("100.64.0.4") || owns("100.64.0.1") {
		t.Error("a changed configuration has no effect")
	}
	// No name configured any more: nobody is.
	r = NewResolver(ResolverConfig{Tailnet: f, Pin: pin})
	if owns("100.64.0.4") {
		t.Error("the pin outlives the configuration")
	}
}

func TestAPinThatCannotBeStoredMakesNoOwner(t *testing.T) {
	f := newFake("tag:homie")
	f.set("100.64.0.1", peer(olivia, "olivia@example.com", nil))
	pin := &memoryPin{err: errors.New("disk full")}
	r := NewResolver(ResolverConfig{Tailnet: f, Owner: "olivia@example.com", Pin: pin})
	if who, err := resolveAnew(t, r, "100.64.0.1"); err == nil || who.Can(CapSelf) {
		t.Errorf("got %+v, %v; want an error and nothing else", who, err)
	}
}

func TestAnswersAgeAndAreSharedWhileTheyAreYoung(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("tag:homie")
		f.set("100.64.0.1", peer(max_, "max", []string{`{"role":"member"}`}))
		f.hold = make(chan struct{})
		r := NewResolver(ResolverConfig{Tailnet: f})
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if who, err := r.Resolve(t.Context(), "100.64.0.1:1234"); err != nil || !who.Can("presence:read") {
					t.Errorf("Resolve = %+v, %v", who, err)
				}
			})
		}
		synctest.Wait()
		close(f.hold)
		wg.Wait()
		if n := f.count(); n != 1 {
			t.Errorf("a hundred requests at once asked %d times", n)
		}
		// The grant is taken away: nobody may believe in it for longer than a second.
		f.set("100.64.0.1", peer(max_, "max", nil))
		taken := time.Now()
		for {
			who, err := r.Resolve(t.Context(), "100.64.0.1")
			if err != nil {
				t.Fatal(err)
			}
			if !who.Can("presence:read") {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if d := time.Since(taken); d > time.Second {
			t.Errorf("a right that was taken away lasted %v", d)
		}
	})
}

func TestACanceledRequestDoesNotFailTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("tag:homie")
		f.set("100.64.0.1", peer(max_, "max", nil))
		f.hold = make(chan struct{})
		r := NewResolver(ResolverConfig{Tailnet: f})
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { r.Resolve(ctx, "100.64.0.1") })
		synctest.Wait()
		wg.Go(func() {
			if _, err := r.Resolve(t.Context(), "100.64.0.1"); err != nil {
				t.Errorf("the second request: %v", err)
			}
		})
		synctest.Wait()
		cancel()
		synctest.Wait()
		close(f.hold)
		wg.Wait()
	})
}

func TestATailnetThatCannotBeAskedServesNobodyAndIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake("tag:homie")
		f.set("100.64.0.1", peer(max_, "max", []string{`{"role":"member"}`}))
		f.broken = errors.New("backend is down")
		r := NewResolver(ResolverConfig{Tailnet: f})
		if who, err := r.Resolve(t.Context(), "100.64.0.1"); err == nil || who.Class != "" || who.Can(CapSelf) {
			t.Errorf("Resolve = %+v, %v; want an error", who, err)
		}
		f.broken = nil
		if who, err := r.Resolve(t.Context(), "100.64.0.1"); err != nil || !who.Can("presence:read") {
			t.Errorf("the error was remembered: %v", err)
		}
		// A tailnet that hangs is given up.
		f.hold = make(chan struct{})
		start := time.Now()
		if _, err := resolveAnew(t, r, "100.64.0.1"); err == nil || time.Since(start) > 2*lookupTime {
			t.Errorf("a hanging lookup gave %v after %v", err, time.Since(start))
		}
	})
}

func TestTheCacheIsBounded(t *testing.T) {
	c := cache[int]{look: func(context.Context, string) (int, error) { return 1, nil }}
	for i := range 3 * maxCached {
		if _, err := c.get(t.Context(), string(rune(i+0x4e00))); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(c.entries); n > maxCached {
		t.Errorf("%d entries, want at most %d", n, maxCached)
	}
}

func TestProblemsAreLoggedOncePerChange(t *testing.T) {
	var buf strings.Builder
	f := newFake("tag:homie")
	f.set("100.64.0.1", peer(max_, "max", []string{`{"roel":"member"}`}))
	r := NewResolver(ResolverConfig{Tailnet: f, Log: slog.New(slog.NewTextHandler(&buf, nil))})
	for range 3 {
		mustResolve(t, r, "100.64.0.1")
	}
	f.set("100.64.0.1", peer(max_, "max", []string{`{"role":"membre"}`}))
	mustResolve(t, r, "100.64.0.1")
	if n := strings.Count(buf.String(), "grant values are skipped"); n != 2 {
		t.Errorf("logged %d times, want 2:\n%s", n, buf.String())
	}
}

func TestNamesAreCleaned(t *testing.T) {
	for in, want := range map[string]string{
		"Olivia":                      "Olivia",
		"  Zoë  Ng ":                  "Zoë  Ng",
		"a\r\nb\x00c\x1b[31m":         "abc[31m",
		"ad\u202emin\u200b\u2066":     "admin",
		"\xff\xfe":                    "",
		strings.Repeat("x", 100_000):  strings.Repeat("x", maxShown),
		"\u2028line\u2029 \u00a0nbsp": "line nbsp",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%.40q) = %q, want %q", in, got, want)
		}
	}
}

func TestGateways(t *testing.T) {
	f := newFake()
	f.set("100.64.0.1", peer(tagged, "gw", nil, withTags("tag:homie")))
	f.set("100.64.0.2", peer(tagged, "other", nil, withTags("tag:homie")))
	f.set("100.64.0.3", peer(tagged, "foreign", nil, hostinfo(tailcfg.Hostinfo{ShareeNode: true})))
	pinned := ""
	g := NewGateways(f, func() string { return pinned }, func() []string { return []string{"jobs", "terminal"} })
	who, err := g.Resolve(t.Context(), "100.64.0.1:443")
	if err != nil || who.Class != ClassGateway || !who.Can("terminal:write") || !who.Can(CapPairing) || who.Can("screen:read") || who.Can(CapHeartbeat) {
		t.Errorf("the gateway: %+v, %v", who, err)
	}
	pinned = who.Device.ID
	if _, err := g.Resolve(t.Context(), "100.64.0.1:443"); err != nil {
		t.Errorf("the paired gateway: %v", err)
	}
	for _, addr := range []string{"100.64.0.2:443", "127.0.0.1:443", "nonsense"} {
		if _, err := g.Resolve(t.Context(), addr); !errors.Is(err, ErrOtherGateway) {
			t.Errorf("%s: error %v, want ErrOtherGateway", addr, err)
		}
	}
	pinned = ""
	if _, err := g.Resolve(t.Context(), "100.64.0.3:443"); !errors.Is(err, ErrOtherGateway) {
		t.Errorf("a shared-in device: error %v, want ErrOtherGateway", err)
	}
	bound := peer(tagged, "gw", nil, withTags("tag:homie"))
	bound.CapMap[BoundCap] = raws(`{"allow":["jobs"]}`)
	f.set("100.64.0.4", bound)
	if who, err := g.Resolve(t.Context(), "100.64.0.4:443"); err != nil || who.Can("terminal:write") || !who.Can("jobs:run") || !who.Can(CapPairing) {
		t.Errorf("the bounded gateway: %+v, %v", who.Rights, err)
	}
}

func TestCallersByHandHaveTheirClassDecide(t *testing.T) {
	rights := Rights{Values: []Value{{Role: RoleOwner, As: []string{"root"}}}}
	for _, class := range []Class{"", ClassUnknown, ClassSelf, ClassNode, "admin"} {
		who := Caller{Class: class, Rights: rights}
		m := Machine{Name: "nas"}
		if who.Can("terminal:write") || who.CanOn("terminal:write", m) || who.MayRunAs("terminal:write", m, "root") || who.Accounts("terminal:write", m) != nil {
			t.Errorf("a %q with an owner's rights may use them", class)
		}
	}
	if me := Local(1000); !me.Can("pairing:write") || me.Key() != "local:1000" || me.Name() != "local:1000" || me.Accounts("terminal:write", Machine{Name: "nas"}) != nil {
		t.Errorf("the local caller: %+v", me)
	}
}
