// Package policyfile judges a tailnet policy file offline: may this caller use
// that capability at Homie's gateway, and which grant says so?
//
//	text ── Parse ──> File ── Test(Query) ──> Answer: yes, no, cannot tell
//
// There is no tailnet to ask, so that an answer has three values. What only
// Tailscale knows (who is an admin of the tailnet, whether a device meets a
// posture, a login of another tailnet) is "cannot tell", with what it hangs on;
// it is never "yes". Rights only ever add up, which makes that sound: a grant
// that may or may not apply cannot take away what another one gives.
//
// Values are judged by the code that judges them in the gateway. What Tailscale
// would refuse, such as a group that is not defined, matches nobody here and is
// a warning: Homie is not the judge of the rest of the file.
//
// policyfile knows nothing of pairings, which can name the one account that a
// machine's own node runs as, nor of who HOMIE_OWNER is.
package policyfile

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/tailscale/hujson"
	"tailscale.com/tailcfg"

	"homie/tsidentity"
)

// Bounds on a file. Tailscale's own are in the same range.
const (
	maxBytes = 1 << 20
	maxDepth = 64
)

// File is a policy file that could be read.
type File struct {
	groups   map[string][]string
	owners   map[string][]string // of tags
	hosts    map[string]string
	ipsets   map[string][]string
	posture  bool // of all rules that have none of their own
	grants   []grant
	acls     []acl
	warnings []Problem

	lines []int          // offsets at which lines end
	at    map[string]int // where a group, tag or set is defined
}

// grant is one entry of "grants".
type grant struct {
	rule
	ip     []string
	values []value // of Homie's two capabilities
}

// rule is what grants and acls have in common.
type rule struct {
	line     int
	src, dst []string
	posture  []string
	via      []string
}

// acl is one entry of "acls", which opens ports and nothing else.
type acl struct {
	rule
	proto string
}

// value is one value of an app capability, with where it stands.
type value struct {
	line int
	name tailcfg.PeerCapability
	text string
	good tsidentity.Value
	bad  error // why it is skipped
}

// Problem is something wrong with a line of the file.
type Problem struct {
	Line int    `json:"line"`
	Text string `json:"text"`
}

// String is the problem for people.
func (p Problem) String() string { return fmt.Sprintf("line %d: %s", p.Line, p.Text) }

// Parse reads a policy file: HuJSON, that is JSON with comments and trailing
// commas. It fails if the file has not the shape that Tailscale wants.
func Parse(text []byte) (*File, error) {
	if len(text) > maxBytes {
		return nil, fmt.Errorf("it is longer than %d bytes", maxBytes)
	}
	if deeper(text, maxDepth) {
		return nil, fmt.Errorf("it is nested deeper than %d levels", maxDepth)
	}
	root, err := hujson.Parse(text)
	if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "hujson: "))
	}
	f := &File{
		groups: map[string][]string{}, owners: map[string][]string{},
		hosts: map[string]string{}, ipsets: map[string][]string{}, at: map[string]int{},
	}
	for i, b := range text {
		if b == '\n' {
			f.lines = append(f.lines, i)
		}
	}
	if err := f.read(root); err != nil {
		return nil, err
	}
	f.check()
	return f, nil
}

// deeper reports whether text is nested deeper than most. Brackets in texts and
// comments count too, which no real file has that many of.
func deeper(text []byte, most int) bool {
	depth := 0
	for _, b := range text {
		switch b {
		case '{', '[':
			depth++
		case '}', ']':
			depth = max(0, depth-1)
		}
		if depth > most {
			return true
		}
	}
	return false
}

// line is the number of the line on which v begins.
func (f *File) line(v hujson.Value) int {
	return sort.SearchInts(f.lines, v.StartOffset) + 1
}

// check notes what Tailscale would refuse, and what a grant hardly means.
func (f *File) check() {
	for _, name := range sortedKeys(f.groups) {
		for _, member := range f.groups[name] {
			if strings.HasPrefix(member, "group:") {
				f.warn(f.at[name], "%s has %s in it, and groups do not nest: Tailscale refuses that", name, member)
			}
		}
	}
	for _, g := range f.grants {
		if len(g.ip) == 0 && len(g.values) == 0 {
			continue // another application's
		}
		f.checkSelectors(g.rule)
		if len(g.values) > 0 && slices.Contains(g.src, "*") {
			f.warn(g.line, `"src": ["*"] is everybody who can reach the gateway, users of other tailnets included; name groups, logins or autogroup:member`)
		}
	}
	for _, a := range f.acls {
		f.checkSelectors(a.rule)
	}
}

func (f *File) checkSelectors(r rule) {
	for _, s := range slices.Concat(r.src, r.dst) {
		kind, _, _ := strings.Cut(s, ":")
		switch {
		case kind == "group" && f.groups[s] == nil && !strings.Contains(s, "@"):
			f.warn(r.line, "%s is not defined under \"groups\": Tailscale refuses that", s)
		case kind == "tag" && f.owners[s] == nil:
			f.warn(r.line, "%s is not defined under \"tagOwners\": Tailscale refuses that", s)
		case kind == "ipset" && f.ipsets[s] == nil:
			f.warn(r.line, "%s is not defined under \"ipsets\": Tailscale refuses that", s)
		case f.shape(s) == shapeNone:
			f.warn(r.line, "%q is nobody that Tailscale knows of", s)
		}
	}
}

func (f *File) warn(line int, format string, args ...any) {
	p := Problem{line, fmt.Sprintf(format, args...)}
	if !slices.Contains(f.warnings, p) {
		f.warnings = append(f.warnings, p)
	}
}

// Problems are the values of Homie's capabilities that Homie skips, and why.
func (f *File) Problems() []Problem {
	out := []Problem{}
	for i, g := range f.grants {
		for _, v := range g.values {
			if v.bad != nil {
				out = append(out, Problem{v.line, fmt.Sprintf("a value of %s in grant %d is skipped: %v", v.name, i+1, v.bad)})
			}
		}
	}
	return out
}
