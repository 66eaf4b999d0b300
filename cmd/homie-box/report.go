package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// report tells people, or with --json a program, what happens.
type report struct {
	json, quiet bool

	mu     sync.Mutex
	out    io.Writer // for what was asked for
	err    io.Writer // for what went wrong
	midway bool      // the progress line has begun and not ended
}

// progress adds a step to the one line of progress.
func (r *report) progress(step string) {
	if r.json || r.quiet {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.midway = !strings.HasSuffix(step, "\n")
	io.WriteString(r.out, step)
}

// say prints a line about something that went wrong or was mended.
func (r *report) say(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.midway {
		r.midway = false
		io.WriteString(r.err, "\n")
	}
	fmt.Fprintf(r.err, format, args...)
}

// ready is what --json prints.
type ready struct {
	ReadyMs    int64     `json:"readyMs"`
	Doors      []opened  `json:"doors"`
	RawDoor    string    `json:"rawDoor,omitempty"` // "127.0.0.1:PORT"
	Gateway    string    `json:"gateway"`           // "https://homie.box.ts.net"
	ControlURL string    `json:"controlUrl"`
	RootFile   string    `json:"rootFile"` // PEM that the gateway's certificate chains to
	StateDir   string    `json:"stateDir"`
	Children   []process `json:"children"`
	Temporary  bool      `json:"temporary"` // StateDir is removed at the end
}

// opened is a door that people may use.
type opened struct {
	Name    string `json:"name"`
	Person  string `json:"person"`
	Login   string `json:"login"`
	Device  string `json:"device"`
	URL     string `json:"url"`            // http://owner.localhost:7101
	Address string `json:"address"`        // http://127.0.0.1:7101
	Link    string `json:"link,omitempty"` // one-time link, where doors need one
	words   string
}

// process is a child process.
type process struct {
	Name     string `json:"name"`
	PID      int64  `json:"pid"` // another one after it was started again
	StateDir string `json:"stateDir"`
	Log      string `json:"log"`
}

// finish tells that everything is ready.
func (r *report) finish(v ready) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.midway = false
	switch {
	case r.json:
		return json.NewEncoder(r.out).Encode(v)
	case r.quiet:
		return nil
	}
	_, err := io.WriteString(r.out, v.table())
	return err
}

// table is the same in plain words.
func (v ready) table() string {
	var b strings.Builder
	took := time.Duration(v.ReadyMs) * time.Millisecond
	fmt.Fprintf(&b, " ready in %.1f s\n\n", took.Seconds())
	b.WriteString("Homie runs on this machine, on a tailnet in a box: no account, no internet.\n\n")
	b.WriteString("  open                           and you are\n")
	for _, d := range v.Doors {
		address := d.URL
		if d.Link != "" {
			address = d.Link
		}
		fmt.Fprintf(&b, "  %-29s  %s\n", address, d.words)
	}
	first, last := v.Doors[0].Address, v.Doors[len(v.Doors)-1].Address
	fmt.Fprintf(&b, "\n  What runs: the gateway (homie) and two machines (homie-den, homie-nas), each a\n"+
		"  process and a tailnet device of its own; control server, relay and doors are here.\n"+
		"  For scripts the same doors are %s to %s.\n", first, last[strings.LastIndexByte(last, ':')+1:])
	if v.RawDoor != "" {
		fmt.Fprintf(&b, "  Raw door to the gateway's port 443, as Max's device: %s\n", v.RawDoor)
	}
	kept := "kept"
	if v.Temporary {
		kept = "removed at the end"
	}
	fmt.Fprintf(&b, "  State and logs: %s (%s)\n", v.StateDir, kept)
	b.WriteString("\n  Next: open the owner's door, choose a machine, open a terminal and type ls.\n" +
		"  Then look at the same house through the visitor's door.\n")
	b.WriteString("\nPress Ctrl-C to stop.\n")
	return b.String()
}
