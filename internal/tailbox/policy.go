package tailbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tailscale/hujson"
)

// Policy is the part of a tailnet policy file that the box understands. What
// it does not understand is an error, so that a policy never silently means
// something else here than on a real tailnet.
type Policy struct {
	// Groups names people: "group:parents" → logins.
	Groups map[string][]string `json:"groups"`
	// Grants is who may reach what. None means nobody reaches anything.
	Grants []Grant `json:"grants"`
	// TagOwners is accepted and ignored: in the box a device's tags are those
	// of its listing.
	TagOwners json.RawMessage `json:"tagOwners"`
}

// Grant lets its sources reach its destinations, by network, by application
// capability, or both.
type Grant struct {
	// Src and Dst are selectors: "*", a login, "group:…", "tag:…",
	// "autogroup:member", "autogroup:tagged" or "autogroup:shared".
	Src []string `json:"src"`
	Dst []string `json:"dst"`
	// IP opens ports: "*", "443", "80-443", "tcp:443", "udp:*", "icmp:*".
	IP []string `json:"ip"`
	// App gives capabilities. Values are handed over as they stand; whoever
	// reads them judges them.
	App map[string][]json.RawMessage `json:"app"`
}

// ParsePolicy reads a policy file: HuJSON, that is JSON with comments and
// trailing commas.
func ParsePolicy(text string) (Policy, error) {
	var p Policy
	standard, err := hujson.Standardize([]byte(text))
	if err != nil {
		return Policy{}, fmt.Errorf("reading the policy: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(standard))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return Policy{}, fmt.Errorf("reading the policy: %w", err)
	}
	if err := p.validate(); err != nil {
		return Policy{}, fmt.Errorf("reading the policy: %w", err)
	}
	return p, nil
}

func (p Policy) validate() error {
	for name, members := range p.Groups {
		if !strings.HasPrefix(name, "group:") {
			return fmt.Errorf("group %q does not start with group: as it must", name)
		}
		if i := slices.IndexFunc(members, isSpecial); i >= 0 {
			return fmt.Errorf("%s: %q is not a login, and groups do not nest", name, members[i])
		}
	}
	for i, g := range p.Grants {
		if err := p.validateGrant(g); err != nil {
			return fmt.Errorf("grant %d: %w", i+1, err)
		}
	}
	return nil
}

func (p Policy) validateGrant(g Grant) error {
	switch {
	case len(g.Src) == 0 || len(g.Dst) == 0:
		return errors.New("src and dst can not be empty")
	case len(g.IP) == 0 && len(g.App) == 0:
		return errors.New("ip and app can not both be empty")
	}
	for _, selector := range slices.Concat(g.Src, g.Dst) {
		if err := p.validateSelector(selector); err != nil {
			return err
		}
	}
	for _, ip := range g.IP {
		if _, _, err := parsePorts(ip); err != nil {
			return err
		}
	}
	for name := range g.App {
		domain, path, _ := strings.Cut(name, "/")
		if domain == "" || path == "" || strings.Contains(name, "://") {
			return fmt.Errorf("capability name %q must have the form {domain}/{path}", name)
		}
	}
	return nil
}

func (p Policy) validateSelector(s string) error {
	kind, _, special := strings.Cut(s, ":")
	switch {
	case s == "*", special && kind == "tag":
		return nil
	case special && kind == "group":
		if _, ok := p.Groups[s]; !ok {
			return fmt.Errorf("%q is not defined", s)
		}
		return nil
	case special && kind == "autogroup":
		if !slices.Contains([]string{"autogroup:member", "autogroup:tagged", "autogroup:shared"}, s) {
			return fmt.Errorf("%q is more than the box understands", s)
		}
		return nil
	case strings.Contains(s, "@"):
		return nil
	}
	return fmt.Errorf("%q is not a selector that the box understands", s)
}

// isSpecial reports whether a selector is something else than a login.
func isSpecial(s string) bool { return s == "*" || strings.Contains(s, ":") }

// matches reports whether selector covers a device listed as d.
func (p Policy) matches(selector string, d Device) bool {
	switch kind, _, _ := strings.Cut(selector, ":"); {
	case selector == "*":
		return true
	case kind == "tag":
		return slices.Contains(d.Tags, selector)
	case selector == "autogroup:tagged":
		return len(d.Tags) > 0
	case len(d.Tags) > 0:
		return false // a tagged device is nobody's
	case selector == "autogroup:member":
		return d.Shared == ""
	case selector == "autogroup:shared":
		return d.Shared != ""
	case kind == "group":
		return d.Login != "" && slices.Contains(p.Groups[selector], d.Login)
	}
	return d.Login != "" && selector == d.Login
}

// opens reports whether any port of dst is open to src.
func (p Policy) opens(src, dst Device) bool {
	return slices.ContainsFunc(p.Grants, func(g Grant) bool {
		return len(g.IP) > 0 && p.covers(g.Src, src) && p.covers(g.Dst, dst)
	})
}

// covers reports whether any of the selectors covers d.
func (p Policy) covers(selectors []string, d Device) bool {
	return slices.ContainsFunc(selectors, func(s string) bool { return p.matches(s, d) })
}
