package policyfile

import (
	"fmt"
	"slices"
	"strings"

	"homie/tsidentity"
)

// Verdict is an answer in one word.
type Verdict string

// The verdicts.
const (
	Yes        Verdict = "yes"
	No         Verdict = "no"
	CannotTell Verdict = "cannot tell" // only Tailscale knows
)

// Answer is what a policy file says to a Query, and why.
type Answer struct {
	Verdict Verdict `json:"verdict"`
	Why     string  `json:"why"` // in a sentence
	// Grants are the values that give the right; if the answer is no, those
	// that are for the caller and give something else.
	Grants []Reason `json:"grants"`
	// Hangs is what the answer hangs on if it is "cannot tell", in words after
	// "whether".
	Hangs []string `json:"hangs"`
	// Elsewhere are values that would give the right, and are not for the caller.
	Elsewhere []Reason `json:"elsewhere"`
	// Accounts are the OS accounts that the capability may be used as on the
	// machine asked about.
	Accounts []string `json:"accounts"`
	// Assumed is what was taken for granted.
	Assumed []string `json:"assumed"`
	// Problems are the values that Homie skips, Warnings what else looks wrong.
	Problems []Problem `json:"problems"`
	Warnings []Problem `json:"warnings"`
}

// Reason is one grant value with where it stands.
type Reason struct {
	Line  int      `json:"line"`  // 0 for what no grant says
	Grant int      `json:"grant"` // counted from 1 in the file
	Src   []string `json:"src"`
	Value string   `json:"value"` // JSON
	If    string   `json:"if,omitzero"`
}

// counted is a value that counts for the caller, or may.
type counted struct {
	tsidentity.Value
	is     match
	reason Reason
}

// Test answers a question, which must be valid.
func (f *File) Test(q Query) Answer {
	caller, gateway := q.caller(f), q.gateway(f)
	values, others := f.collect(q, caller, gateway)
	sure, possible := rightsOf(values, yes), rightsOf(values, maybe)
	right := match{}
	switch {
	case q.allowed(sure):
		right = match{is: yes}
	case q.allowed(possible):
		right = match{maybe, "a grant that may not apply does"}
	}
	network := f.reaches(caller, gateway)
	a := Answer{
		Verdict: verdict(min(right.is, network.is)),
		Grants:  []Reason{}, Hangs: []string{}, Elsewhere: []Reason{}, Accounts: []string{},
		Problems: f.Problems(), Warnings: append([]Problem{}, f.warnings...), Assumed: f.assumed(q),
	}
	if q.Machine != "" {
		a.Accounts = append(a.Accounts, q.who(sure).Accounts(q.Capability, q.machine())...)
	}
	for _, v := range values {
		if right.is == no || (v.is.is >= right.is && q.gives(v.Value)) {
			a.Grants = append(a.Grants, v.reason)
		}
		if a.Verdict == CannotTell && right.is == maybe && v.is.is == maybe && q.gives(v.Value) {
			a.Hangs = append(a.Hangs, v.is.why)
		}
	}
	if a.Verdict == CannotTell && network.is == maybe {
		a.Hangs = append(a.Hangs, network.why)
	}
	slices.Sort(a.Hangs)
	a.Hangs = slices.Compact(a.Hangs)
	if right.is == no {
		a.Elsewhere = append(a.Elsewhere, others...)
	}
	a.Why = q.why(a.Verdict, right, network, a)
	return a
}

func verdict(t truth) Verdict { return []Verdict{No, CannotTell, Yes}[t] }

// maxRead is how many values of one capability the gateway reads.
const maxRead = 64

// collect returns the values that count for the caller, or may, in the order in
// which Tailscale hands them over, and those that would give the right to
// somebody else.
func (f *File) collect(q Query, caller, gateway party) (values []counted, others []Reason) {
	if o := q.Gateway.Owner; o != "" && strings.EqualFold(o, q.Login) && len(q.Tags) == 0 && !q.Shared {
		values = append(values, counted{
			Value: tsidentity.Value{Role: tsidentity.RoleOwner}, is: match{is: yes},
			reason: Reason{Src: []string{q.Login}, Value: "the gateway's device is theirs, which makes them owner without a grant"},
		})
	}
	sure, most := 0, 0 // how many values come before, for certain and at most
	for i, g := range f.grants {
		applies := both(f.applies(g.rule, caller, gateway), match{is: yes})
		for _, v := range g.values {
			if v.name != tsidentity.GrantCap {
				continue
			}
			reason := Reason{Line: v.line, Grant: i + 1, Src: g.src, Value: v.text}
			is := within(applies, sure, most)
			switch applies.is {
			case yes:
				sure, most = sure+1, most+1
			case maybe:
				most++
			case no:
			}
			switch {
			case v.bad != nil:
			case is.is == no:
				if q.allowed(tsidentity.Rights{Values: []tsidentity.Value{v.good}}) {
					others = append(others, reason)
				}
			default:
				reason.If = is.why
				values = append(values, q.byTags(counted{v.good, is, reason})...)
			}
		}
	}
	return values, others
}

// within is whether a value that comes after others is still read.
func within(applies match, sure, most int) match {
	switch {
	case sure >= maxRead:
		return match{}
	case most >= maxRead:
		return both(applies, hangsOn("it is among the first %d values for the caller", maxRead))
	}
	return applies
}

// applies is whether a rule is about the caller and the gateway.
func (f *File) applies(r rule, caller, gateway party) match {
	src := anyOf(r.src, func(s string) match { return f.covers(s, caller) })
	dst := anyOf(r.dst, func(s string) match { return f.destination(s, caller, gateway) })
	m := both(src, dst)
	if len(r.posture) > 0 || f.posture {
		m = both(m, hangsOn("the device meets the posture that line %d asks for", r.line))
	}
	if len(r.via) > 0 {
		m = both(m, hangsOn("the way leads through %s", strings.Join(r.via, ", ")))
	}
	return m
}

// destination is covers for the gateway, where "self" means the caller's own
// devices, the tagged ones excepted.
func (f *File) destination(s string, caller, gateway party) match {
	if s == "autogroup:self" {
		return sure(len(gateway.tags) == 0 && len(caller.tags) == 0 && !caller.shared &&
			gateway.login != "" && strings.EqualFold(gateway.login, caller.login))
	}
	return f.covers(s, gateway)
}

// byTags adds what a value may reach by a tag of the machine, if those are not
// known.
func (q Query) byTags(v counted) []counted {
	i := slices.IndexFunc(v.Nodes, func(n string) bool { return strings.HasPrefix(n, "tag:") })
	if q.Machine == "" || q.MachineTags != nil || i < 0 || q.reaches(v.Value) {
		return []counted{v}
	}
	perhaps := v
	perhaps.Nodes = nil
	perhaps.is = both(v.is, hangsOn("the device of %s has one of the tags in %s (--on-tags says so)", q.Machine, v.reason.Value))
	perhaps.reason.If = perhaps.is.why
	return []counted{perhaps}
}

// reaches reports whether a value is about the machine.
func (q Query) reaches(v tsidentity.Value) bool {
	probe := tsidentity.Value{Role: tsidentity.RoleOwner, Nodes: v.Nodes}
	return tsidentity.Rights{Values: []tsidentity.Value{probe}}.CanOn(tsidentity.CapUse, q.machine())
}

// gives reports whether a value has a part in the right that is asked for.
func (q Query) gives(v tsidentity.Value) bool {
	alone := q
	alone.Account = ""
	return alone.allowed(tsidentity.Rights{Values: []tsidentity.Value{v}}) && !alone.allowed(tsidentity.Rights{}) ||
		(q.Account != "" && slices.Contains(v.As, q.Account) && q.reaches(v))
}

func rightsOf(values []counted, least truth) tsidentity.Rights {
	var r tsidentity.Rights
	for _, v := range values {
		if v.is.is >= least {
			r.Values = append(r.Values, v.Value)
		}
	}
	return r
}

// reaches is whether anything opens the gateway's port to the caller: an app
// capability alone opens none.
func (f *File) reaches(caller, gateway party) match {
	var best match
	better := func(m match) {
		if m.is > best.is {
			best = m
		}
	}
	for _, g := range f.grants {
		if slices.ContainsFunc(g.ip, opensPort) {
			better(f.applies(g.rule, caller, gateway))
		}
	}
	for _, a := range f.acls {
		if !isTCP(a.proto) {
			continue
		}
		open := a.rule
		open.dst = nil
		for _, d := range a.dst {
			if to, ports := splitPorts(d); hasPort(ports) {
				open.dst = append(open.dst, to)
			}
		}
		better(f.applies(open, caller, gateway))
	}
	return best
}

// assumed is what the answer takes for granted, in words.
func (f *File) assumed(q Query) []string {
	out := []string{}
	switch {
	case len(q.Tags) > 0 && q.Login != "":
		out = append(out, fmt.Sprintf("a device with tags is nobody's, so that what %s may do does not count on it", q.Login))
	case len(q.Tags) == 0 && !q.Member && !q.Shared && f.names(q.Login):
		out = append(out, fmt.Sprintf("%s, whom the file names, is a user of this tailnet", q.Login))
	case q.Shared:
		out = append(out, "the gateway's device is shared with them")
	}
	if len(q.Gateway.Tags) > 0 {
		out = append(out, "the gateway's device has "+strings.Join(q.Gateway.Tags, ", "))
	}
	return out
}

// why is the answer in a sentence.
func (q Query) why(v Verdict, right, network match, a Answer) string {
	who, what := q.subject(), q.object()
	switch {
	case v == Yes && len(a.Grants) == 0:
		return fmt.Sprintf("%s may use %s: so may everybody whom the tailnet knows.", who, what)
	case v == Yes:
		return fmt.Sprintf("%s may use %s.", who, what)
	case v == CannotTell:
		return fmt.Sprintf("Whether %s may use %s, only Tailscale knows.", who, what)
	case right.is != no:
		return fmt.Sprintf("A grant would give %s to %s, but nothing opens the gateway to them: \"ip\": [\"tcp:443\"] is missing in a grant for them.", what, who)
	case network.is == no && len(a.Grants) == 0:
		return fmt.Sprintf("%s may not use %s: no grant is for them, and nothing opens the gateway to them.", who, what)
	case len(a.Grants) == 0:
		return fmt.Sprintf("%s may not use %s: no grant is for them.", who, what)
	}
	return fmt.Sprintf("%s may not use %s: what their grants give does not cover it.", who, what)
}
