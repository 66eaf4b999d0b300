package main

import (
	"cmp"
	"context"
	_ "embed"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"homie/gateway"
	"homie/rpc"
	"homie/tsidentity"
)

const policyHelp = `
Rights live in the tailnet policy file, under "grants", and nowhere else. This
prints what may stand there for this version of Homie, and an example to start
from. It needs no gateway.`

//go:embed policy.hujson
var examplePolicy string

// policy is what 'homie policy print --json' prints.
type policy struct {
	Capability   string       `json:"capability"` // the name of the app capability
	Fields       []field      `json:"fields"`     // of its values
	Bound        string       `json:"bound"`      // the name of the one from the gateway to a machine
	BoundFields  []field      `json:"boundFields"`
	Roles        []role       `json:"roles"`
	Capabilities []capability `json:"capabilities"`
	Example      string       `json:"example"` // HuJSON
}

type field struct {
	Name    string `json:"name"`
	Example string `json:"example"` // JSON
	For     string `json:"for"`
}

type role struct {
	Name  string   `json:"name"`
	Allow []string `json:"allow"`
	For   string   `json:"for"`
}

// capability is a right that a grant can give.
type capability struct {
	Name    string   `json:"name"`
	Methods []string `json:"methods"`
	Topics  []string `json:"topics"`
	For     string   `json:"for,omitzero"` // what it is for that no method needs always
}

func policyPrintCommand(p process, f *flag.FlagSet) action {
	asJSON := f.Bool("json", false, "print JSON")
	return func(context.Context, []string) error {
		all, err := describePolicy()
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(p, all)
		}
		return all.print(p.Out)
	}
}

// print prints it all for people.
func (all policy) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "Grants give rights at Homie as values of the app capability %s.\n", all.Capability)
	fmt.Fprint(w, "Values add up. One that is malformed is skipped and reported, and the others count.\n\nFields of a value:\n\n")
	printFields(w, all.Fields)
	fmt.Fprint(w, "\nRoles, for \"role\":\n\n")
	for _, r := range all.Roles {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", r.Name, strings.Join(r.Allow, ", "), r.For)
	}
	fmt.Fprint(w, "\nCapabilities, for \"allow\"; service:* is all of a service:\n\n")
	for _, c := range all.Capabilities {
		fmt.Fprintf(w, "  %s\t%s\n", c.Name, cmp.Or(c.For, strings.Join(slices.Concat(c.Methods, c.Topics), ", ")))
	}
	fmt.Fprintf(w, "\nValues of %s, in a grant from the gateway to a machine, bound\nwhat even the gateway may ask of it:\n\n", all.Bound)
	printFields(w, all.BoundFields)
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nAn example of a tailnet policy file; 'homie policy test' tells what one means:\n\n%s", all.Example)
	return err
}

func printFields(w io.Writer, fields []field) {
	for _, f := range fields {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", f.Name, f.Example, f.For)
	}
}

// describePolicy collects what a grant can say from what declares it.
func describePolicy() (policy, error) {
	all := policy{
		Capability: string(tsidentity.GrantCap), Bound: string(tsidentity.BoundCap), Example: examplePolicy,
		Fields: fields(tsidentity.GrantFields()), BoundFields: fields(tsidentity.BoundFields()),
	}
	for _, b := range tsidentity.Bundles() {
		all.Roles = append(all.Roles, role{string(b.Role), b.Allow, b.For})
	}
	r, err := rpc.NewRegistry(rpc.Options{}, gateway.API()...)
	if err != nil {
		return policy{}, err
	}
	found := map[string]*capability{}
	get := func(name string) *capability {
		if found[name] == nil {
			found[name] = &capability{Name: name, Methods: []string{}, Topics: []string{}}
		}
		return found[name]
	}
	for _, m := range r.Methods() {
		c := get(m.Capability)
		c.Methods = append(c.Methods, m.Name)
	}
	for _, t := range r.Topics() {
		c := get(t.Capability)
		c.Topics = append(c.Topics, t.Name)
	}
	for name, what := range gateway.Shares() {
		get(name).For = what
	}
	// What no grant gives, such as being a node, is not listed.
	everything := tsidentity.Rights{Values: []tsidentity.Value{{Role: tsidentity.RoleOwner}}}
	for _, c := range found {
		if everything.Can(c.Name) {
			all.Capabilities = append(all.Capabilities, *c)
		}
	}
	slices.SortFunc(all.Capabilities, func(a, b capability) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

func fields(list []tsidentity.Field) []field {
	out := make([]field, len(list))
	for i, f := range list {
		out[i] = field(f)
	}
	return out
}
