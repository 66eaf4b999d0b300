package jobs

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"homie/wire"
	"homie/wire/jobs"
)

var parameterName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

// variableOf is the environment variable that has a parameter's value.
func variableOf(parameter string) string { return "HOMIE_PARAM_" + strings.ToUpper(parameter) }

// addParameter checks a parameter of a file and keeps it.
func (d *definition) addParameter(bad *judge, f fileParameter) {
	p := jobs.Parameter{
		Name: f.Name, Description: f.Description, Kind: jobs.ValueKind(f.Type), Choices: slices.Clone(f.Choices),
		Pattern: f.Pattern, Min: f.Min, Max: f.Max,
	}
	if p.Kind == "" {
		p.Kind = jobs.String
	}
	if p.Choices == nil {
		p.Choices = []string{}
	}
	say := func(format string, args ...any) {
		bad.say("parameter", "%q: %s", f.Name, fmt.Sprintf(format, args...))
	}
	if !parameterName.MatchString(f.Name) {
		say("it has to be called by a name of lower-case letters, digits and _")
		return
	}
	if slices.ContainsFunc(d.params, func(other jobs.Parameter) bool { return other.Name == f.Name }) {
		say("there are two of that name")
		return
	}
	switch p.Kind {
	case jobs.String, jobs.Integer, jobs.Boolean, jobs.Choice:
	default:
		say("type is %q, want string, int, bool or choice", f.Type)
		return
	}
	if (p.Kind == jobs.Choice) != (len(p.Choices) > 0) || len(p.Choices) > jobs.MaxChoices {
		say("choices go with the type choice, which has 1 to %d", jobs.MaxChoices)
	}
	if p.Pattern != "" {
		re, err := regexp.Compile(`^(?:` + p.Pattern + `)$`)
		if err != nil || p.Kind != jobs.String {
			say("pattern has to be a regular expression, for a string")
			return
		}
		d.patterns[p.Name] = re
	}
	if (p.Min != nil || p.Max != nil) && p.Kind != jobs.Integer && p.Kind != jobs.String {
		say("min and max are for an int, or for the length of a string")
	}
	if f.Default != nil {
		text, ok := textOf(f.Default)
		if !ok {
			say("default has to be a string, an int or a bool")
			return
		}
		p.Default = &text
		if err := d.checkValue(p, text); err != nil {
			say("default: %v", err)
		}
	}
	d.params = append(d.params, p)
}

func textOf(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case int64:
		return strconv.FormatInt(v, 10), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// checkValue judges what somebody gives for a parameter.
func (d *definition) checkValue(p jobs.Parameter, v string) error {
	size := int64(utf8.RuneCountInString(v))
	switch p.Kind {
	case jobs.Boolean:
		if v != "true" && v != "false" {
			return fmt.Errorf("it is %.80q, want true or false", v)
		}
		return nil
	case jobs.Choice:
		if !slices.Contains(p.Choices, v) {
			return fmt.Errorf("it is %.80q, want one of %s", v, strings.Join(p.Choices, ", "))
		}
		return nil
	case jobs.Integer:
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || strconv.FormatInt(n, 10) != v {
			return fmt.Errorf("it is %.80q, want a whole number", v)
		}
		size = n
	case jobs.String:
		if err := d.checkText(p, v); err != nil {
			return err
		}
	}
	what := "it is %d, want at %s %d"
	if p.Kind == jobs.String {
		what = "it has %d characters, want at %s %d"
	}
	if p.Min != nil && size < *p.Min {
		return fmt.Errorf(what, size, "least", *p.Min)
	}
	if p.Max != nil && size > *p.Max {
		return fmt.Errorf(what, size, "most", *p.Max)
	}
	return nil
}

// checkText judges a text. One that begins with a dash would be an option of the
// program, unless a pattern says that it may.
func (d *definition) checkText(p jobs.Parameter, v string) error {
	re := d.patterns[p.Name]
	switch {
	case len(v) > jobs.MaxValue:
		return fmt.Errorf("it has %d bytes, the limit is %d", len(v), jobs.MaxValue)
	case !utf8.ValidString(v) || strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return errors.New("it has control characters")
	case re == nil && strings.HasPrefix(v, "-"):
		return errors.New("it begins with a dash, which programs take for an option")
	case re != nil && !re.MatchString(v):
		return fmt.Errorf("%.80q does not match %s", v, p.Pattern)
	}
	return nil
}

// values returns the value of each parameter. What somebody says is checked, and
// what they don't say has its default.
func (d *definition) values(said map[string]string) (map[string]string, error) {
	all := map[string]string{}
	for _, p := range d.params {
		v, ok := said[p.Name]
		switch {
		case ok:
			if err := d.checkValue(p, v); err != nil {
				return nil, wire.Errorf(wire.InvalidParams, "%s: %v", p.Name, err)
			}
			all[p.Name] = v
		case p.Default != nil:
			all[p.Name] = *p.Default
		default:
			return nil, wire.Errorf(wire.InvalidParams, "%s is missing: %s needs to know it", p.Name, d.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(said)) {
		if _, ok := all[name]; !ok {
			return nil, wire.Errorf(wire.InvalidParams, "%s has no parameter %.64q", d.Name, name)
		}
	}
	return all, nil
}

// argv is the command line with the values in their places: a whole element
// each, so that no value becomes two, or a part of another.
func (d *definition) argv(values map[string]string) []string {
	if d.Script != "" {
		return slices.Clone(d.Interpreter)
	}
	out := make([]string, 0, len(d.Argv))
	for _, element := range d.Argv {
		if name, ok := placeholder(element); ok {
			element = values[name]
		}
		out = append(out, element)
	}
	return out
}
