package gateway_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"text/tabwriter"

	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// statesLegend stands above the matrix of grants.
const statesLegend = `# What a grant changes: who may do what while the policy file gives everybody the
# same grant. Each cell has a letter for each caller who is let through, by a real call
# from a real device. Rewritten by: go test ./gateway -run TestGrantStates -update
#
#   o owner (Olivia)    g guest (Gus)     k kiosk, tagged        s shared in (Fred)
#   m member (Max)      v visitor (Vera)  t tagged, no kiosk     u unknown to the tailnet
#
#   none     no grant but that of the network
#   wrong    {"allow": ["weather:read"]}: a right, and not the one that is needed
#   right    {"role": "owner", "as": [the account]}
#   beside   {"role": "guest"} beside malformed values that would each make an owner
#   revoked  none again, on the connections that were open with the right one
`

// grantees are the callers, each by the source that a grant names for it.
var grantees = []struct{ letter, kind, src string }{
	{"o", "owner", "group:owners"},
	{"m", "member", tailbox.Max},
	{"g", "guest", homietest.Gus},
	{"v", "visitor", tailbox.Vera},
	{"k", "kiosk", "tag:kiosk"},
	{"t", "tagged", "tag:printer"},
	{"s", "shared", "autogroup:shared"},
	{"u", "unknown", homietest.Ghost},
}

// grantState is a column: the values that everybody is granted.
type grantState struct {
	name   string
	values []string
}

func grantStates(account string) []grantState {
	return []grantState{
		{"none", nil},
		{"wrong", []string{`{"allow": ["weather:read"]}`}},
		{"right", []string{fmt.Sprintf(`{"role": "owner", "as": [%q]}`, account)}},
		{"beside", []string{`"owner"`, `{"role": "owner", "nodes": null}`, `{"rol": "owner"}`, `{"role": "guest"}`, `{"allow": "*:*"}`, `{"role": "owner", "x": 1}`, `[]`}},
		{"revoked", nil},
	}
}

// TestGrantStates writes down what grants change, and what they do not: an unknown
// device has nothing whatever is granted, and what was given is gone from open
// connections when the grant is.
func TestGrantStates(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	h.StartNode(tailbox.NodeDen, sharing)
	p := &permissions{House: h, t: t}
	p.owner = &caller{kind: "local"}
	p.owner.http, p.owner.base, p.owner.conn, p.owner.dial = p.local()
	online(t, p.owner.conn, "den")
	p.prepare()
	for _, g := range grantees {
		c := &caller{kind: g.kind, http: h.Client(devices[g.kind]), base: h.Address(), dial: p.dialer(devices[g.kind])}
		if g.kind != "shared" && g.kind != "unknown" {
			c.conn, _ = h.Connect(devices[g.kind])
		}
		p.callers = append(p.callers, c)
	}
	var rows []string
	cells := map[string][]string{}
	states := grantStates(h.Account)
	for _, state := range states {
		p.grant(state)
		p.matrix = matrix{}
		p.methods()
		p.subscribing()
		p.routes()
		rows = p.rows
		for _, row := range rows {
			var letters strings.Builder
			for _, g := range grantees {
				if strings.HasPrefix(p.cells[row][g.kind], "yes") {
					letters.WriteString(g.letter)
				}
			}
			cells[row] = append(cells[row], letters.String())
		}
		p.wantRefusals(state)
	}
	for row, c := range cells {
		if c[0] != c[len(states)-1] {
			t.Errorf("%s: %q may before there was a grant, and %q after it was taken away", row, c[0], c[len(states)-1])
		}
	}
	golden(t, "grantstates.golden", statesTable(states, rows, cells))
}

// wantRefusals fails the test if a cell is about something else than rights. Whoever
// is refused at the door is asked to slow down after some time, too.
func (p *permissions) wantRefusals(state grantState) {
	for row, of := range p.cells {
		for kind, cell := range of {
			stranger := kind == "unknown" || (kind == "shared" && len(state.values) == 0)
			door := cell == "no:door" || cell == "no:"+string(wire.RateLimited)
			healthz := strings.HasPrefix(row, "http GET /healthz") && cell == "yes"
			if stranger && !door && !healthz && (kind == "unknown" || state.name == "none") {
				p.t.Errorf("%s: %s gets %s at %s", state.name, kind, cell, row)
			}
			if !stranger && strings.HasPrefix(cell, "no:") {
				p.t.Errorf("%s: %s gets %s at %s, which is about no right", state.name, kind, cell, row)
			}
		}
	}
}

// prepare starts the terminal that is tried, and its recording, as the owner whose
// grant the household begins with.
func (p *permissions) prepare() {
	owner, _ := p.Connect(tailbox.OliviaLaptop)
	local := p.owner.conn
	p.owner.conn = owner // who has an account there, which the local socket has not
	defer func() { p.owner.conn = local }()
	p.open(owner)
	s, err := rpc.Invoke(p.t.Context(), owner, terminal.Record, terminal.RecordParams{Node: "den", Session: p.session.ID})
	p.must(err)
	p.recording = s.Recording.ID
}

// grant gives everybody the values of a state, and waits until that counts for
// each: nobody but the unknown may be as before.
func (p *permissions) grant(state grantState) {
	p.t.Helper()
	var grants []tailbox.Grant
	for _, g := range grantees {
		grants = append(grants, homietest.Grant(g.src, state.values...))
	}
	p.must(p.SetPolicy(homietest.Policy(p.Policy(), grants...)))
	for _, c := range p.callers {
		homietest.Eventually(p.t, state.name+" counts for "+c.kind, func() error { return p.counts(c, state) })
		if c.kind == "shared" && c.conn == nil && len(state.values) > 0 {
			c.conn, _ = p.Connect(devices[c.kind])
		}
	}
}

// counts reports whether a caller has what a state gives.
func (p *permissions) counts(c *caller, state grantState) error {
	m, err := post(p.t.Context(), c.http, c.base, "identity.whoami", nil)
	if err != nil {
		return err
	}
	stranger := c.kind == "unknown" || (c.kind == "shared" && len(state.values) == 0)
	if stranger != (m.Error != nil) {
		return fmt.Errorf("whoami = %s, %v", m.Result, m.Error)
	}
	if stranger {
		return nil
	}
	var who wire.Whoami
	if err := json.Unmarshal(m.Result, &who); err != nil {
		return err
	}
	if got := fmt.Sprint(who.Roles, len(who.Capabilities) > 0, len(who.Problems)); got != state.want() {
		return errors.New(got)
	}
	return nil
}

// want is what whoami says in a state: the roles, whether there is any right, and
// how many values were skipped.
func (s grantState) want() string {
	switch s.name {
	case "wrong":
		return "[] true 0"
	case "right":
		return "[owner] true 0"
	case "beside":
		return fmt.Sprint("[guest] true ", len(s.values)-1)
	}
	return "[] false 0"
}

// subscribing tries each topic.
func (p *permissions) subscribing() {
	for _, topic := range offered(p.t).Topics() {
		for _, c := range p.callers {
			params := json.RawMessage(fmt.Sprintf(`{"topics":[{"topic":%q}]}`, topic.Name))
			p.set("event "+topic.Name, c, cell(c.call(p.t.Context(), "rpc.subscribe", params)))
		}
	}
}

// statesTable is the matrix as text.
func statesTable(states []grantState, rows []string, cells map[string][]string) string {
	var b strings.Builder
	b.WriteString(statesLegend + "\n")
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	last := ""
	for _, row := range rows {
		group, name, _ := strings.Cut(row, " ")
		if group != last {
			fmt.Fprint(w, group)
			for _, s := range states {
				fmt.Fprint(w, "\t"+s.name)
			}
			fmt.Fprintln(w)
			last = group
		}
		fmt.Fprint(w, name)
		for _, c := range cells[row] {
			if c == "" {
				c = "-"
			}
			fmt.Fprint(w, "\t"+c)
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	return b.String()
}
