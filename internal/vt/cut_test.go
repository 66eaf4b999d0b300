package vt

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"
)

// An event of a cut test: at offset at of a stream a snapshot is taken, or the
// terminal that began with one is compared once more and forgotten.
type cutEvent struct {
	at  int
	old uint32 // to be compared, 0: take a snapshot
}

// cutter checks snapshots of one stream.
type cutter struct {
	x          *xterm
	cols, rows int
	scrollback int
	budget     int
	own        bool // compare this package's own state as well
	cuts       int  // done
	sizes      []int
	excluded   map[string]int // cuts not made, and why
}

// check takes snapshots of stream at cuts, and compares what a terminal shows
// that begins with one with what one shows that saw everything: right there
// and after run more bytes.
func (c *cutter) check(stream []byte, cuts []int, run int) string {
	full := c.x.newTerm(c.cols, c.rows, c.scrollback)
	defer c.x.forget(full)
	vt := New(c.cols, c.rows, c.scrollback)
	var events []cutEvent
	for _, at := range cuts {
		events = append(events, cutEvent{at: at})
	}
	pos := 0
	open := map[uint32]int{} // terminals that follow the stream, and from where
	for len(events) > 0 {
		slices.SortStableFunc(events, func(a, b cutEvent) int { return a.at - b.at })
		e := events[0]
		events = events[1:]
		if e.at > pos {
			c.x.write(full, stream[pos:e.at])
			_, _ = vt.Write(stream[pos:e.at])
			for id := range open {
				c.x.write(id, stream[pos:e.at])
			}
			pos = e.at
		}
		if e.old != 0 {
			d := c.x.compare(full, e.old)
			if bytes.Contains(stream[open[e.old]:pos], []byte("\x1b[3J")) {
				d = savedRow.ReplaceAllString(d, "") // see excluded, 4
			}
			c.x.forget(e.old)
			delete(open, e.old)
			if d != "" {
				return "later:\n" + d
			}
			continue
		}
		if c.own {
			if d := differ(c.x.dump(full, c.rows), dump(vt, c.rows)); d != "" {
				return fmt.Sprintf("own state at %d, after %q:\n%s", pos, stream[max(0, pos-80):pos], d)
			}
		}
		if why := excluded(vt); why != "" {
			if c.excluded == nil {
				c.excluded = make(map[string]int)
			}
			c.excluded[why]++
			continue
		}
		s := vt.Snapshot(c.budget)
		c.sizes = append(c.sizes, len(s.Data))
		id := c.x.newTerm(c.cols, c.rows, c.scrollback)
		c.x.write(id, s.Data)
		c.cuts++
		if d := c.x.compare(full, id); d != "" {
			return fmt.Sprintf("at %d, after %q, before %q:\n%s", pos, stream[max(0, pos-80):pos], stream[pos:min(len(stream), pos+40)], d)
		}
		open[id] = pos
		events = append(events, cutEvent{at: min(len(stream), pos+run), old: id})
	}
	return ""
}

// savedRow is a difference in the row of a saved cursor alone.
var savedRow = regexp.MustCompile(`^want (main saved \d+) \d+ (.*)\ngot  main saved \d+ \d+ .*\n?$`)

func TestCutsOfRandomStreams(t *testing.T) {
	c := &cutter{x: startXterm(t), scrollback: 1000}
	for seed := range uint64(seeds()) {
		c.cols, c.rows, c.budget = 20, 6, 2000
		if seed%3 == 0 {
			c.cols, c.rows, c.budget = 80, 24, 0
		}
		b := newBabbler(seed, c.cols, c.rows)
		stream := b.stream(120)
		r := rand.New(rand.NewPCG(seed, 2))
		cuts := []int{r.IntN(len(stream)), r.IntN(len(stream)), len(stream)}
		if d := c.check(stream, cuts, 400); d == "" {
			continue
		}
		for at := range len(stream) {
			if d := c.check(stream, []int{at}, 400); d != "" {
				vt := New(c.cols, c.rows, c.scrollback)
				_, _ = vt.Write(stream[:at])
				t.Fatalf("seed %d, cut at %d of %d, after %q, before %q:\n%s\nsnapshot %q", seed, at, len(stream), stream[max(0, at-60):at], stream[at:min(at+60, len(stream))], d, vt.Snapshot(c.budget).Data)
			}
		}
		t.Fatalf("seed %d fails, but not one cut alone", seed)
	}
	t.Logf("%d cuts, not made: %v", c.cuts, c.excluded)
}
