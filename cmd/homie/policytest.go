package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"

	"homie/tsidentity/policyfile"
)

const policyTestHelp = `
Says whether a policy file lets somebody do something at Homie, and which line says
so, before you save it. It asks nobody: what only Tailscale knows (who is an admin
of the tailnet, device postures, users of other tailnets) is "cannot tell", with
what it hangs on, and never yes. FILE may be - for the standard input.

  homie policy test policy.hujson --as kid@example.com --can terminal:write --on nas
  homie policy test policy.hujson --device tag:kiosk --can presence:read

What a pairing adds (the account of a machine whose node runs as a plain user needs
no "as"), and whom HOMIE_OWNER names, is in no policy file and not looked at.

Exit codes: 0 yes, 1 no, 2 cannot tell; 2, too, if the question or the file can't be
read, which says so instead of an answer. 'homie policy print' lists what --can takes.`

// The exit codes of an answer. What could not be asked ends like what could not
// be told.
var answerCodes = map[policyfile.Verdict]exitStatusError{policyfile.No: 1, policyfile.CannotTell: 2}

// policyQuestion is the flags of 'homie policy test'.
type policyQuestion struct {
	policyfile.Query
	device, onTags, gateway, ip string
	json                        bool
}

func policyTestCommand(p process, f *flag.FlagSet) action {
	var q policyQuestion
	f.StringVar(&q.Login, "as", "", "who asks: the `login` of a person")
	f.StringVar(&q.device, "device", "", "who asks: the `tags` of a device that has some, with commas")
	f.StringVar(&q.Capability, "can", "", "`capability` asked for, such as terminal:write")
	f.StringVar(&q.Machine, "on", "", "`machine` it is asked for; any, if left out")
	f.StringVar(&q.onTags, "on-tags", "", "`tags` of that machine's device, with commas; none for no tags")
	f.StringVar(&q.Account, "as-account", "", "OS `account` it is asked for on that machine")
	f.StringVar(&q.gateway, "gateway", "tag:homie", "the gateway's device: its tags and addresses, or the login of its `owner`")
	f.StringVar(&q.ip, "ip", "", "tailnet `address` of the device that asks, if the file goes by addresses")
	f.BoolVar(&q.Member, "member", false, "the person is a user of this tailnet, though the file does not name them")
	f.BoolVar(&q.Shared, "shared", false, "the person is a user of another tailnet, with whom the gateway is shared")
	f.BoolVar(&q.json, "json", false, "print JSON")
	return func(_ context.Context, args []string) error {
		if err := q.read(); err != nil {
			return usagef("%v", err)
		}
		text, err := readPolicy(p, args[0])
		if err != nil {
			return usagef("%v", err)
		}
		file, err := policyfile.Parse(text)
		if err != nil {
			return usagef("%s can't be read as a policy file: %v", args[0], err)
		}
		a := file.Test(q.Query)
		if warning := unknownCapability(q.Capability); warning != "" {
			a.Warnings = append(a.Warnings, policyfile.Problem{Text: warning})
		}
		if err := q.print(p, a); err != nil {
			return err
		}
		if code := answerCodes[a.Verdict]; code != 0 {
			return code
		}
		return nil
	}
}

// read makes a question of the flags.
func (q *policyQuestion) read() (err error) {
	q.Tags, q.MachineTags = words(q.device), words(q.onTags)
	if q.onTags == "none" {
		q.MachineTags = []string{}
	}
	if q.ip != "" {
		if q.Addr, err = netip.ParseAddr(q.ip); err != nil {
			return fmt.Errorf("--ip: %q is no address", q.ip)
		}
	}
	if q.Gateway, err = policyfile.ParseGateway(words(q.gateway)); err != nil {
		return fmt.Errorf("--gateway: %w", err)
	}
	if q.Capability == "" {
		return fmt.Errorf("what for? --can names a capability, such as terminal:write")
	}
	return q.Validate()
}

// words splits a list with commas; nil for none.
func words(s string) []string {
	var out []string
	for w := range strings.SplitSeq(s, ",") {
		if w = strings.TrimSpace(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}

// maxPolicy is more than a policy file may have, so that one which is too long
// is seen to be.
const maxPolicy = 2 << 20

func readPolicy(p process, path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(io.LimitReader(p.In, maxPolicy))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxPolicy))
}

// unknownCapability warns of a capability that nothing asks for, which is
// often a misspelled one.
func unknownCapability(name string) string {
	all, err := describePolicy()
	if err != nil {
		return ""
	}
	if slices.ContainsFunc(all.Capabilities, func(c capability) bool { return c.Name == name }) {
		return ""
	}
	return fmt.Sprintf("nothing in this version of Homie that a grant can give is called %s; 'homie policy print' lists what is", name)
}

// print prints an answer.
func (q *policyQuestion) print(p process, a policyfile.Answer) error {
	if q.json {
		return printJSON(p, a)
	}
	w := p.Out
	fmt.Fprintf(w, "%s: %s\n", a.Verdict, a.Why)
	for i := range a.Grants {
		if a.Verdict == policyfile.CannotTell {
			a.Grants[i].If = "" // said below
		}
	}
	printReasons(w, a.Grants)
	for _, h := range a.Hangs {
		fmt.Fprintf(w, "  it hangs on whether %s\n", h)
	}
	if a.Verdict == policyfile.Yes && strings.HasPrefix(q.Capability, "terminal:") && q.Machine != "" {
		accounts := "Grants name no OS account there; only one that the pairing of the machine names is open."
		if len(a.Accounts) > 0 {
			accounts = "OS accounts there: " + strings.Join(a.Accounts, ", ") + "."
		}
		fmt.Fprintf(w, "  %s\n", accounts)
	}
	if a.Verdict == policyfile.No && q.Account != "" {
		fmt.Fprintf(w, "  A machine whose node runs as %s, as a plain user, needs no grant for it: its pairing names it.\n", q.Account)
	}
	if len(a.Elsewhere) > 0 {
		fmt.Fprintln(w, "These would give it, to others:")
		printReasons(w, a.Elsewhere)
	}
	for _, s := range a.Assumed {
		fmt.Fprintf(w, "Taken for granted: %s.\n", s)
	}
	for _, problem := range slices.Concat(a.Problems, a.Warnings) {
		fmt.Fprintf(w, "! %s\n", strings.TrimPrefix(problem.String(), "line 0: "))
	}
	return nil
}

func printReasons(w io.Writer, reasons []policyfile.Reason) {
	for _, r := range reasons {
		if r.Line == 0 {
			fmt.Fprintf(w, "  %s\n", r.Value)
			continue
		}
		hangs := ""
		if r.If != "" {
			hangs = "; if " + r.If
		}
		fmt.Fprintf(w, "  line %d, for %s: %s%s\n", r.Line, strings.Join(r.Src, ", "), r.Value, hangs)
	}
}
