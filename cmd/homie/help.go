package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

const overviewHelp = `
Flags may stand anywhere; they win over the environment. The commands that talk
to a gateway find it at --url, on this machine, or over the tailnet after
'homie login'.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not allowed, 4 can't be reached.
'homie help COMMAND' explains a command.
`

// overview lists the commands.
func overview(w io.Writer) {
	fmt.Fprint(w, "homie: your household's command centre, on your own tailnet\n\nUsage: homie COMMAND [flags]\n\n")
	list(w, commands())
	fmt.Fprint(w, overviewHelp)
}

func list(w io.Writer, commands []command) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range commands {
		fmt.Fprintf(tw, "  %s\t%s\n", c.name, c.short)
	}
	tw.Flush() // an error here is one of w, whose reader has gone
}

// helpName is the one command that needs no --help.
const helpName = "homie help"

// helpCommand explains a command, a group of them, or all.
func helpCommand(p process, topic []string) int {
	if len(topic) == 0 {
		overview(p.Out)
		return exitDone
	}
	if c, rest, ok := find(topic); ok && len(rest) == 0 {
		f, _ := c.prepare(p)
		c.help(p.Out, f)
		return exitDone
	}
	if g := group(topic[0]); len(g) > 0 && len(topic) == 1 {
		list(p.Out, g)
		return exitDone
	}
	return report(p, helpName, false, usagef("there is no command %q", strings.Join(topic, " ")))
}

// help explains one command.
func (c command) help(w io.Writer, f *flag.FlagSet) {
	flags := 0
	f.VisitAll(func(*flag.Flag) { flags++ })
	usage := "Usage: homie " + c.name
	if flags > 0 {
		usage += " [flags]"
	}
	fmt.Fprintf(w, "%s\n\n%s.\n", strings.TrimSpace(usage+" "+c.args), strings.ToUpper(c.short[:1])+c.short[1:])
	if c.long != "" {
		fmt.Fprintf(w, "\n%s\n", strings.TrimSpace(c.long))
	}
	if flags == 0 {
		return
	}
	fmt.Fprint(w, "\nFlags:\n")
	f.VisitAll(func(f *flag.Flag) {
		arg, text := flag.UnquoteUsage(f)
		if arg != "" {
			arg = " " + strings.ToUpper(arg)
		}
		if f.DefValue != "" && f.DefValue != "false" {
			text += fmt.Sprintf("; default %s", f.DefValue)
		}
		fmt.Fprintf(w, "  --%s%s\n        %s\n", f.Name, arg, text)
	})
}
