//go:build unix

package gateway_test

import (
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"
)

// A line on which everything takes its time, some of it a lost packet's time
// longer, and which breaks again and again: what comes is in order, and the screen
// is in the end what it would be. Each line lasts longer than the one before.
func TestBadLine(t *testing.T) {
	b := newBreakable(t)
	random := rand.New(rand.NewPCG(3, 3))
	lasts, lines := 200_000, 0
	b.line = func(far net.Conn) net.Conn {
		lines++
		lasts *= 2
		return badLine(far, random.Uint64(), lasts)
	}
	b.connect(t)
	b.round(t, "a bad line", 50_000, func() {})
	if lines < 3 {
		t.Errorf("%d lines were used, want some that broke", lines)
	}
}

// A client that stands still, and whose line says nothing, sees in the end what it
// would have seen.
func TestClientStandsStill(t *testing.T) {
	_, stopped := faults(t)
	b := newBreakable(t)
	still := make(chan struct{})
	b.line = func(far net.Conn) net.Conn { return &standing{Conn: far, still: still} }
	b.connect(t)
	b.round(t, "a client that stands still", 1_000_000, func() {
		still <- struct{}{} // whoever reads next waits
		over := time.NewTimer(stopped)
		defer over.Stop()
		select {
		case <-over.C:
		case <-t.Context().Done():
		}
		close(still)
	})
}

// standing is a connection that is not read from between a value of still and its
// end.
type standing struct {
	net.Conn
	still chan struct{}
}

func (s *standing) Read(p []byte) (int, error) {
	select {
	case _, more := <-s.still:
		if more {
			<-s.still
		}
	default:
	}
	return s.Conn.Read(p)
}

// badLine is a connection that delays everything, holds it up now and then, and
// breaks when it has carried so many bytes.
func badLine(far net.Conn, seed uint64, lasts int) net.Conn {
	near, end := net.Pipe()
	random := rand.New(rand.NewPCG(seed, seed))
	go carry(far, end, random.Uint64(), lasts)
	go carry(end, far, random.Uint64(), lasts)
	return near
}

// How bad a line is.
const (
	lineDelay = 20 * time.Millisecond  // one way
	lineLoss  = 50                     // pieces, of which one is lost
	lineAgain = 200 * time.Millisecond // until it is sent again; what is behind it waits
)

// carry moves what src reads to dst until either has gone, or the line breaks.
func carry(dst io.WriteCloser, src io.ReadCloser, seed uint64, lasts int) {
	type piece struct {
		data []byte
		due  time.Time
	}
	random := rand.New(rand.NewPCG(seed, seed))
	way, gone := make(chan piece, 1024), make(chan struct{})
	go func() {
		defer close(way)
		for {
			p := make([]byte, 8<<10)
			n, err := src.Read(p)
			if n > 0 {
				select {
				case way <- piece{p[:n], time.Now().Add(lineDelay)}:
				case <-gone:
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	defer src.Close()
	defer dst.Close()
	defer close(gone)
	for p := range way {
		if random.IntN(lineLoss) == 0 {
			p.due = p.due.Add(lineAgain)
		}
		<-time.NewTimer(time.Until(p.due)).C
		if lasts -= len(p.data); lasts < 0 {
			return
		}
		if _, err := dst.Write(p.data); err != nil {
			return
		}
	}
}
