package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"homie/cmd/homie/internal/api"
	"homie/gateway/health"
	"homie/gateway/pairing"
	"homie/gateway/presence"
	"homie/wire"
)

const doctorHelp = `
Looks at what Homie keeps on this machine, at the gateway, at your rights there
and at the household's machines, and says of each thing that is not well what to
do next. It changes nothing.

What the gateway knows of itself (its certificate, its login) is told to owners
and to the account that it runs under. The exit code is 1 if anything has failed;
warnings alone leave it at 0.
` + targetHelp

// diagnosis is what 'homie doctor --json' prints.
type diagnosis struct {
	Checks []check `json:"checks"`
	Failed int     `json:"failed"`
	Warned int     `json:"warned"`
}

// check is one line of it.
type check struct {
	About string       `json:"about"` // this machine, gateway, you, or a machine's name
	Name  string       `json:"name"`
	State health.State `json:"state"`
	Text  string       `json:"text"`
	Next  string       `json:"next,omitzero"`
}

// What checks are about, beside machines.
const (
	aboutHere    = "this machine"
	aboutGateway = "gateway"
	aboutYou     = "you"
)

func doctorCommand(p process, f *flag.FlagSet) action {
	t := targetFlags(f)
	return func(ctx context.Context, _ []string) error {
		d := &diagnosis{Checks: []check{}}
		d.here(p, t.stateDir)
		d.household(ctx, p, t)
		if t.json {
			if err := printJSON(p, d); err != nil {
				return err
			}
		} else {
			d.print(p.Out)
		}
		if d.Failed > 0 {
			return exitStatusError(exitFailed) // each was said
		}
		return nil
	}
}

func (d *diagnosis) add(c check) {
	switch c.State {
	case health.Fail:
		d.Failed++
	case health.Warn:
		d.Warned++
	case health.OK:
	}
	d.Checks = append(d.Checks, c)
}

func (d *diagnosis) ok(about, name, format string, args ...any) {
	d.add(check{about, name, health.OK, fmt.Sprintf(format, args...), ""})
}

func (d *diagnosis) warn(about, name, text, next string) {
	d.add(check{about, name, health.Warn, text, next})
}

func (d *diagnosis) fail(about, name, text, next string) {
	d.add(check{about, name, health.Fail, text, next})
}

// household looks at what can be seen through the gateway.
func (d *diagnosis) household(ctx context.Context, p process, t *target) {
	err := t.connect(ctx, p, func(ctx context.Context, s *session) error {
		d.ok(aboutGateway, "reach", "The gateway answers.")
		d.versions(aboutGateway, s.hello.Server.Version)
		d.gateway(ctx, s)
		d.you(s.hello.Caller)
		d.machines(ctx, s)
		return nil
	})
	if err != nil {
		d.fail(aboutGateway, "reach", capital(err.Error())+".", "Start it with 'homie gateway' on its machine, or name another one with --url.")
	}
}

// versions compares the version of a part of Homie with this program's.
func (d *diagnosis) versions(about, theirs string) {
	if theirs == version {
		d.ok(about, "version", "It runs Homie %s, as this program does.", theirs)
		return
	}
	d.warn(about, "version", fmt.Sprintf("It runs Homie %s, and this program is %s.", theirs, version), "Install the same version on both.")
}

// gateway asks how the gateway is, and compares clocks.
func (d *diagnosis) gateway(ctx context.Context, s *session) {
	asked := time.Now()
	report, err := api.HealthCheck(ctx, s, wire.Nothing{})
	if wire.ReasonOf(err) == wire.Forbidden {
		d.ok(aboutGateway, "health", "How it is, it tells owners only.")
		return
	}
	if err != nil {
		d.fail(aboutGateway, "health", "It does not say how it is: "+err.Error(), "Look into its log, and restart it.")
		return
	}
	took := time.Since(asked)
	d.clocks(report.At, asked.Add(took/2), took)
	for _, f := range report.Findings {
		d.add(check{aboutGateway, f.Name, f.State, f.Text, f.Next})
	}
}

// mostSkew is how far apart two clocks may be: certificates and logs bear that.
const mostSkew = 30 * time.Second

func (d *diagnosis) clocks(theirs, here time.Time, took time.Duration) {
	apart := theirs.Sub(here).Abs()
	if apart <= mostSkew+took {
		d.ok(aboutGateway, "clock", "Its clock and the one here agree.")
		return
	}
	d.warn(aboutGateway, "clock", fmt.Sprintf("Its clock says %s when it is %s here.", theirs.Format(time.DateTime), here.Format(time.DateTime)),
		"Turn on setting the time by network on both machines (on Linux: timedatectl set-ntp true).")
}

// you says what the policy file gives to whoever asks.
func (d *diagnosis) you(who wire.Whoami) {
	switch {
	case who.AskFor != "":
		d.fail(aboutYou, "rights", "You are "+describe(who)+", and nobody has let you in yet.", "Send this to the person who runs this home; it belongs under \"grants\" in the tailnet policy file: "+oneLine(who.AskFor))
	default:
		d.ok(aboutYou, "rights", "You are %s, with %d grants.", describe(who), len(who.Grants))
	}
	for _, problem := range who.Problems {
		d.warn(aboutYou, "policy", problem, "Correct it in the tailnet policy file; 'homie policy print' has what there is.")
	}
}

// machines looks at the household's machines, as far as the caller may see them.
func (d *diagnosis) machines(ctx context.Context, s *session) {
	if list, err := api.PairingList(ctx, s, wire.Nothing{}); err == nil {
		for _, r := range list.Requests {
			d.warn(string(r.Name), "pairing", "It waits for an owner to let it in.", "Decide with 'homie pair approve "+string(r.Name)+"' or 'homie pair reject "+string(r.Name)+"'.")
		}
		d.revoked(list.Paired)
	}
	list, err := api.PresenceList(ctx, s, wire.Nothing{})
	if err != nil {
		return // rights were spoken of
	}
	for _, m := range list.Machines {
		d.machine(m)
	}
	if len(list.Machines) == 0 {
		d.warn(aboutGateway, "machines", "You see no machines.", "Run 'homie node' on one.")
	}
}

func (d *diagnosis) revoked(paired []pairing.Pairing) {
	for _, m := range paired {
		if m.Revoked {
			d.ok(string(m.Name), "pairing", "An owner cut it off, and it stays out.")
		}
	}
}

func (d *diagnosis) machine(m presence.Machine) {
	about := string(m.Name)
	if !m.Online {
		d.warn(about, "reach", "It is "+presenceOf(m, time.Now())+".", "See whether it is on, has network, and runs 'homie node'.")
		return
	}
	if m.Connection.Kind == "relay" {
		d.warn(about, "reach", "It is reached through Tailscale's relay "+m.Connection.Relay+", which is slower.", "See whether a firewall near it blocks UDP; port 41641 helps.")
	} else {
		d.ok(about, "reach", "It is online.")
	}
	d.versions(about, m.Version)
}

// print writes the checks for people: what they are about once, and what to do
// below what is not well.
func (d *diagnosis) print(w io.Writer) {
	about := ""
	for _, c := range d.Checks {
		if c.About != about {
			about = c.About
			fmt.Fprintf(w, "%s\n", capital(plainText(about)))
		}
		fmt.Fprintf(w, "  %-4s  %s\n", c.State, plainText(c.Text))
		if c.Next != "" {
			fmt.Fprintf(w, "        → %s\n", plainText(c.Next))
		}
	}
	if d.Failed+d.Warned == 0 {
		fmt.Fprintln(w, "\nAll is well.")
		return
	}
	fmt.Fprintf(w, "\n%d failed, %d to look after.\n", d.Failed, d.Warned)
}

// plainText is text that does to a terminal nothing but show.
func plainText(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return '\uFFFD'
		}
		return r
	}, s)
}

// oneLine is text without its line breaks.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
