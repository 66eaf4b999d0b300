package policyfile

import (
	"net/netip"
	"testing"
)

// FuzzTest holds that no file breaks the reader, and that an answer is never
// more certain than what is known: whatever an open question turns out to be,
// yes stays yes and no stays no.
func FuzzTest(f *testing.F) {
	for _, who := range []string{alice, kid, cousin, "tag:kiosk"} {
		f.Add(house, who, "terminal:write", "nas")
	}
	f.Add(`{"grants":[{"src":["*"],"dst":["*"],"ip":["*"],"app":{"homie.internal/cap/homie":[{"role":"owner","nodes":["tag:a"]}]}}]}`, alice, "audit:read", "a")
	f.Add(`{"ipsets":{"ipset:a":["ipset:a","ipset:a"]},"acls":[{"action":"accept","src":["ipset:a"],"dst":["*:*"]}]}`, kid, "rpc:use", "")
	f.Fuzz(func(t *testing.T, text, who, can, on string) {
		file, err := Parse([]byte(text))
		if err != nil {
			return
		}
		open := query(who, can, on)
		if open.Validate() != nil || file.names(who) || reservedFor(open) {
			return
		}
		before := file.Test(open)
		for what, learn := range map[string]func(*Query){
			"a member":           member,
			"shared":             shared,
			"a machine's tags":   machineTags("tag:a", "tag:lab"),
			"no machine's tags":  machineTags(),
			"an address":         at("100.64.0.9"),
			"another address":    at("fd7a:115c:a1e0::5"),
			"a gateway's":        func(q *Query) { q.Gateway.Addrs = append(q.Gateway.Addrs, netip.MustParseAddr("100.64.0.1")) },
			"another gateway's":  func(q *Query) { q.Gateway.Addrs = append(q.Gateway.Addrs, netip.MustParseAddr("fd7a:115c:a1e0::9")) },
			"all of it together": func(q *Query) { member(q); at("100.64.0.9")(q); machineTags("tag:b")(q) },
		} {
			q := open
			learn(&q)
			if after := file.Test(q); before.Verdict != CannotTell && after.Verdict != before.Verdict {
				t.Errorf("%s, %s: %s, and with %s known %s", open.subject(), open.object(), before.Verdict, what, after.Verdict)
			}
		}
	})
}

// reservedFor reports whether the class alone may give the capability, which a
// user of another tailnet then has not.
func reservedFor(q Query) bool {
	q.Machine = ""
	return q.Capability == "node:register" || q.allowed(rightsOf(nil, yes))
}
