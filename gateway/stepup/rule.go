package stepup

import (
	"fmt"
	"time"
)

// Rule says how long a confirmation holds on the device that asked for it.
type Rule time.Duration

// The rules that are no time. The zero Rule is DefaultRule.
const (
	// Always asks before each sensitive act.
	Always Rule = -1
	// Never asks at all: the device is enough.
	Never Rule = -2

	// DefaultRule asks about once a day of use.
	DefaultRule = Rule(12 * time.Hour)
)

// Bounds of a rule that is a time.
const (
	shortest = time.Minute
	longest  = 30 * 24 * time.Hour
)

// ParseRule reads a time such as 12h, "always" or "never".
func ParseRule(s string) (Rule, error) {
	switch s {
	case "always":
		return Always, nil
	case "never":
		return Never, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < shortest || d > longest {
		return 0, fmt.Errorf("%q is neither always nor never, nor a time from 1m to 720h such as 12h", s)
	}
	return Rule(d), nil
}

// String is the rule as ParseRule reads it.
func (r Rule) String() string {
	if r == Always {
		return "always"
	}
	if r == Never {
		return "never"
	}
	return time.Duration(r).String()
}

// hold is how long a confirmation holds, 0 for the one act.
func (r Rule) hold() time.Duration {
	if r > 0 {
		return time.Duration(r)
	}
	return 0
}
