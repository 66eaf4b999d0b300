package main

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/term"
)

// progress shows on a terminal how far a file is. In a pipe it shows nothing.
type progress struct {
	out   io.Writer // nil for none
	name  string
	size  int64
	at    atomic.Int64
	began time.Time
	from  int64 // where this run began
	shown time.Time
}

// drawEvery is how often the line is drawn.
const drawEvery = 200 * time.Millisecond

func newProgress(p process, name string) *progress {
	g := &progress{name: name, began: time.Now(), from: -1}
	if f, ok := p.Err.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		g.out = p.Err
	}
	return g
}

// is says how much is there.
func (g *progress) is(at int64) {
	if g.from < 0 {
		g.from = at
	}
	g.at.Store(at)
	if g.out == nil || time.Since(g.shown) < drawEvery {
		return
	}
	g.shown = time.Now()
	fmt.Fprintf(g.out, "\r\x1b[K%s", g.line(time.Since(g.began)))
}

func (g *progress) line(took time.Duration) string {
	at := g.at.Load()
	text := fmt.Sprintf("%s: %v of %v", plainName(g.name), byteCount(at), byteCount(g.size))
	rate := float64(at-g.from) / took.Seconds()
	if rate < 1 || took < time.Second/2 {
		return text
	}
	left := time.Duration(float64(g.size-at) / rate * float64(time.Second))
	return fmt.Sprintf("%s, %v/s, %v left", text, byteCount(rate), left.Round(time.Second))
}

// done takes the line away.
func (g *progress) done() {
	if g.out != nil && !g.shown.IsZero() {
		fmt.Fprint(g.out, "\r\x1b[K")
	}
}
