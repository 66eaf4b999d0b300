package policyfile

import (
	"net/netip"
	"slices"
	"strings"
)

// The addresses that devices of a tailnet have.
var tailnetRanges = []netip.Prefix{netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("fd7a:115c:a1e0::/48")}

// coversAddress judges a selector of addresses. Without an address to compare
// with, it may be any of the tailnet's. One from behind a subnet router is
// nobody to Homie.
func (f *File) coversAddress(s string, p party) match {
	l := lookup{file: f, left: maxEntries}
	var found bool
	if len(p.addrs) > 0 {
		found = slices.ContainsFunc(p.addrs, func(a netip.Addr) bool { return l.contains(s, a) })
	} else {
		found = slices.ContainsFunc(tailnetRanges, func(r netip.Prefix) bool { return l.overlaps(s, spanOf(r)) })
	}
	switch {
	case l.left <= 0:
		return hangsOn("%s, a set with more than %d entries, covers %s", s, maxEntries, p.what)
	case found && len(p.addrs) == 0:
		return hangsOn("%s has an address of %s (%s)", p.what, s, p.askIP)
	}
	return sure(found)
}

// maxEntries bounds the entries of sets that one question looks at, since sets
// are made of sets.
const maxEntries = 10_000

// lookup looks through addresses, ranges of them, hosts' names, and sets.
type lookup struct {
	file *File
	left int // entries that it may still look at
}

// contains reports whether a is in s. Entries of a set are added and removed in
// their order.
func (l *lookup) contains(s string, a netip.Addr) bool {
	in := false
	sp, entries := l.open(s)
	if entries == nil {
		return sp.has(a)
	}
	for _, e := range entries {
		inner, out := entry(e)
		if l.left > 0 && l.contains(inner, a) {
			in = !out
		}
	}
	return in
}

// overlaps reports whether an address of all may be in s. What a set removes is
// left out of account, which makes the answer too wide and never too narrow.
func (l *lookup) overlaps(s string, all span) bool {
	sp, entries := l.open(s)
	if entries == nil {
		return sp.first.IsValid() && sp.first.Compare(all.last) <= 0 && all.first.Compare(sp.last) <= 0
	}
	return slices.ContainsFunc(entries, func(e string) bool {
		inner, out := entry(e)
		return !out && l.left > 0 && l.overlaps(inner, all)
	})
}

// open returns the entries of a set, or else the addresses that s is.
func (l *lookup) open(s string) (span, []string) {
	l.left--
	if to, ok := l.file.hosts[s]; ok {
		s = to
	}
	if set, ok := l.file.ipsets[s]; ok {
		return span{}, set
	}
	sp, _ := parseSpan(s)
	return sp, nil
}

// entry reads an entry of a set.
func entry(e string) (inner string, out bool) {
	e, out = strings.CutPrefix(strings.TrimSpace(e), "remove ")
	if !out {
		e = strings.TrimPrefix(e, "add ")
	}
	return strings.TrimPrefix(strings.TrimSpace(e), "host:"), out
}

// span is a run of addresses of one family, both ends included. The zero span
// has none.
type span struct{ first, last netip.Addr }

func (s span) has(a netip.Addr) bool {
	return s.first.BitLen() == a.BitLen() && s.first.Compare(a) <= 0 && a.Compare(s.last) <= 0
}

func isAddress(s string) bool {
	_, ok := parseSpan(s)
	return ok
}

func parseSpan(s string) (span, bool) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return span{a, a}, true
	}
	if p, err := netip.ParsePrefix(s); err == nil {
		return spanOf(p), true
	}
	first, last, ok := strings.Cut(s, "-")
	if !ok {
		return span{}, false
	}
	a, err1 := netip.ParseAddr(first)
	b, err2 := netip.ParseAddr(last)
	if err1 != nil || err2 != nil || a.BitLen() != b.BitLen() || b.Less(a) || a.Zone()+b.Zone() != "" {
		return span{}, false
	}
	return span{a, b}, true
}

// spanOf is the first and the last address of p.
func spanOf(p netip.Prefix) span {
	p = p.Masked()
	last := p.Addr().AsSlice()
	for bit := p.Bits(); bit < len(last)*8; bit++ {
		last[bit/8] |= 1 << (7 - bit%8)
	}
	end, _ := netip.AddrFromSlice(last) // always of the length of an address
	return span{p.Addr(), end}
}
