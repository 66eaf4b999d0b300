package policyfile

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tailscale/hujson"
	"tailscale.com/tailcfg"

	"homie/tsidentity"
)

// ours is what the names of Homie's capabilities begin with.
const ours = "homie.internal/"

// read takes what matters here from the whole file. Tailscale does not care for
// the case of the names of fields, and of a field that stands there twice the
// last one counts.
func (f *File) read(root hujson.Value) error {
	if root.Value.Kind() != '{' {
		return f.want(root, "the file", "an object in braces")
	}
	fields := members(root)
	for _, m := range []struct {
		name string
		into map[string][]string
	}{{"groups", f.groups}, {"tagowners", f.owners}, {"ipsets", f.ipsets}} {
		if v, ok := fields[m.name]; ok {
			if err := f.lists(v, m.name, m.into); err != nil {
				return err
			}
		}
	}
	if v, ok := fields["hosts"]; ok {
		if err := f.readHosts(v); err != nil {
			return err
		}
	}
	if v, ok := fields["defaultsrcposture"]; ok {
		list, err := f.texts(v, "defaultSrcPosture")
		if err != nil {
			return err
		}
		f.posture = len(list) > 0
	}
	return f.readRules(fields)
}

func (f *File) readRules(fields map[string]hujson.Value) error {
	for _, section := range []struct {
		name string
		each func(hujson.Value) error
	}{{"grants", f.readGrant}, {"acls", f.readACL}} {
		v, ok := fields[section.name]
		if !ok {
			continue
		}
		list, ok := v.Value.(*hujson.Array)
		if !ok {
			return f.want(v, section.name, "a list")
		}
		for _, e := range list.Elements {
			if e.Value.Kind() != '{' {
				return f.want(e, "an entry of "+section.name, "an object in braces")
			}
			if err := section.each(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// readHosts reads names of addresses.
func (f *File) readHosts(v hujson.Value) error {
	obj, ok := v.Value.(*hujson.Object)
	if !ok {
		return f.want(v, "hosts", "an object in braces")
	}
	for _, m := range obj.Members {
		text, ok := literal(m.Value)
		if !ok {
			return f.want(m.Value, "a host", "an address")
		}
		f.hosts[name(m)] = text
	}
	return nil
}

func (f *File) readGrant(v hujson.Value) error {
	fields := members(v)
	g := grant{rule: rule{line: f.line(v)}}
	if err := f.fields(fields, field{"src", &g.src}, field{"dst", &g.dst}, field{"ip", &g.ip},
		field{"srcposture", &g.posture}, field{"via", &g.via}); err != nil {
		return err
	}
	if app, ok := fields["app"]; ok {
		values, err := f.readApp(app)
		if err != nil {
			return err
		}
		g.values = values
	}
	f.grants = append(f.grants, g)
	return nil
}

// readACL reads a rule of the older kind, in its older spelling, too.
func (f *File) readACL(v hujson.Value) error {
	fields := members(v)
	a := acl{rule: rule{line: f.line(v)}}
	if err := f.fields(fields, field{"users", &a.src}, field{"ports", &a.dst},
		field{"src", &a.src}, field{"dst", &a.dst}, field{"srcposture", &a.posture}); err != nil {
		return err
	}
	if p, ok := fields["proto"]; ok {
		a.proto, _ = literal(p)
		if n, isNumber := p.Value.(hujson.Literal); isNumber && n.Kind() == '0' {
			a.proto = string(n)
		}
	}
	action, _ := literal(fields["action"])
	if action != "accept" {
		f.warn(a.line, "the action of a rule is accept, not %q", action)
		return nil
	}
	f.acls = append(f.acls, a)
	return nil
}

// field is a list of texts, by the name it has in lower case.
type field struct {
	name string
	into *[]string
}

// fields reads those that are there.
func (f *File) fields(all map[string]hujson.Value, want ...field) error {
	for _, w := range want {
		v, ok := all[w.name]
		if !ok {
			continue
		}
		list, err := f.texts(v, w.name)
		if err != nil {
			return err
		}
		*w.into = list
	}
	return nil
}

// readApp reads the values of Homie's capabilities.
func (f *File) readApp(v hujson.Value) ([]value, error) {
	obj, ok := v.Value.(*hujson.Object)
	if !ok {
		return nil, f.want(v, "app", "an object in braces")
	}
	var out []value
	for _, m := range obj.Members {
		capability := tailcfg.PeerCapability(name(m))
		list, ok := m.Value.Value.(*hujson.Array)
		if !ok {
			return nil, f.want(m.Value, string(capability), "a list")
		}
		if capability != tsidentity.GrantCap && capability != tsidentity.BoundCap {
			if strings.HasPrefix(strings.ToLower(string(capability)), ours) {
				f.warn(f.line(m.Name), "%s is nothing of Homie's, which reads %s and %s", capability, tsidentity.GrantCap, tsidentity.BoundCap)
			}
			continue
		}
		for _, e := range list.Elements {
			out = append(out, f.readValue(capability, e))
		}
	}
	return out, nil
}

func (f *File) readValue(capability tailcfg.PeerCapability, e hujson.Value) value {
	clean := e.Clone()
	clean.Minimize()
	v := value{line: f.line(e), name: capability, text: string(clean.Pack())}
	if capability == tsidentity.BoundCap {
		_, v.bad = tsidentity.ParseBoundValue(v.text)
		return v
	}
	v.good, v.bad = tsidentity.ParseGrant(v.text)
	v.good.Why = fmt.Sprintf("line %d", v.line)
	return v
}

// lists reads an object of lists of texts.
func (f *File) lists(v hujson.Value, what string, into map[string][]string) error {
	obj, ok := v.Value.(*hujson.Object)
	if !ok {
		return f.want(v, what, "an object in braces")
	}
	for _, m := range obj.Members {
		list, err := f.texts(m.Value, name(m))
		if err != nil {
			return err
		}
		into[name(m)] = list
		f.at[name(m)] = f.line(m.Name)
	}
	return nil
}

// texts reads a list of texts; never nil.
func (f *File) texts(v hujson.Value, what string) ([]string, error) {
	list, ok := v.Value.(*hujson.Array)
	if !ok {
		return nil, f.want(v, what, "a list")
	}
	out := []string{}
	for _, e := range list.Elements {
		s, ok := literal(e)
		if !ok {
			return nil, f.want(e, "an entry of "+what, "text in double quotes")
		}
		out = append(out, s)
	}
	return out, nil
}

func (f *File) want(v hujson.Value, what, shape string) error {
	return fmt.Errorf("line %d: %s must be %s", f.line(v), what, shape)
}

// members is an object's members by name, in lower case.
func members(v hujson.Value) map[string]hujson.Value {
	out := map[string]hujson.Value{}
	if obj, ok := v.Value.(*hujson.Object); ok {
		for _, m := range obj.Members {
			out[strings.ToLower(name(m))] = m.Value
		}
	}
	return out
}

func name(m hujson.ObjectMember) string {
	s, _ := literal(m.Name)
	return s
}

// literal returns the text that v is.
func literal(v hujson.Value) (string, bool) {
	l, ok := v.Value.(hujson.Literal)
	if !ok || l.Kind() != '"' {
		return "", false
	}
	var s string
	err := json.Unmarshal(l, &s)
	return s, err == nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
