package multiplexer

import (
	"context"
	"strconv"
	"strings"
	"time"

	"homie/wire/terminal"
)

func (f Finder) zellij(ctx context.Context) []terminal.Multiplexer {
	program := f.program("zellij")
	if program == "" {
		return nil
	}
	now := time.Now
	if f.Now != nil {
		now = f.Now
	}
	return parseZellij(f.run(ctx, program, "list-sessions", "--no-formatting"), now())
}

// parseZellij reads lines such as
//
//	build [Created 1day 2h 3m 4s ago] (current)
//	notes [Created 5m 3s ago] (EXITED - attach to resurrect)
//
// as zellij prints them since version 0.39; others are skipped.
func parseZellij(out string, now time.Time) (found []terminal.Multiplexer) {
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		at := strings.LastIndex(line, " [Created ")
		if at <= 0 {
			continue
		}
		name := line[:at]
		age, rest, ok := strings.Cut(line[at+len(" [Created "):], " ago]")
		if !ok {
			continue
		}
		m := terminal.Multiplexer{
			Kind: terminal.Zellij, Name: name, Exited: strings.Contains(rest, "EXITED"), Command: zellijCommand(name),
		}
		if old, ok := parseAge(age); ok {
			created := now.Add(-old).UTC().Truncate(time.Second)
			m.CreatedAt = &created
		}
		found = append(found, m)
	}
	return found
}

// zellijCommand shows a session, or brings one back that has exited.
func zellijCommand(name string) []string {
	if strings.HasPrefix(name, "-") {
		return []string{"zellij", "attach", "--", name}
	}
	return []string{"zellij", "attach", name}
}

// ages are the units in which zellij tells how old a session is.
var ages = []struct {
	unit string
	is   time.Duration
}{
	{"year", 8766 * time.Hour},
	{"month", 730 * time.Hour},
	{"week", 168 * time.Hour},
	{"day", 24 * time.Hour},
	{"h", time.Hour},
	{"m", time.Minute},
	{"s", time.Second},
}

// parseAge reads "1day 2h 3m 4s".
func parseAge(text string) (total time.Duration, ok bool) {
	for _, part := range strings.Fields(text) {
		digits := strings.TrimRight(part, "abcdefghijklmnopqrstuvwxyz")
		n, err := strconv.ParseInt(digits, 10, 32)
		if err != nil {
			return 0, false
		}
		for _, a := range ages {
			if unit := part[len(digits):]; unit == a.unit || unit == a.unit+"s" {
				total += time.Duration(n) * a.is
				ok = true
			}
		}
	}
	return total, ok
}
