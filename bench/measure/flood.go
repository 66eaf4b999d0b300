package measure

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Paced is a terminal whose reader says itself what it has used up.
type Paced interface {
	Terminal
	// Receive waits for output, as Read does, and lets no more come for it.
	Receive() ([]byte, error)
	// Waited notes that there was nothing to use up until now.
	Waited()
	// Used says that n bytes of what was received were used up.
	Used(n int) error
	// Window is how much may be under way, in bytes.
	Window() int
}

// How a flood is stopped.
const (
	floodFor    = 2 * time.Second
	floodPrompt = "@prompt@"
	stopPrompt  = time.Minute // a reader this far behind has failed
)

// queue is what a browser has received and its terminal has not parsed: a
// browser takes everything off its socket.
type queue struct {
	mu     sync.Mutex
	pieces [][]byte
	bytes  int
	peak   int
	err    error
	some   chan struct{} // capacity 1
}

func (q *queue) fill(t Paced) {
	for {
		p, err := t.Receive()
		q.mu.Lock()
		if err == nil {
			q.pieces = append(q.pieces, bytes.Clone(p))
			q.bytes += len(p)
			q.peak = max(q.peak, q.bytes)
		}
		q.err = err
		q.mu.Unlock()
		select {
		case q.some <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// take returns the next piece, and whether it had to wait for it.
func (q *queue) take() (p []byte, waited bool, err error) {
	for {
		q.mu.Lock()
		switch {
		case len(q.pieces) > 0:
			p, q.pieces = q.pieces[0], q.pieces[1:]
			q.bytes -= len(p)
			q.mu.Unlock()
			return p, waited, nil
		case q.err != nil:
			q.mu.Unlock()
			return nil, waited, q.err
		}
		q.mu.Unlock()
		waited = true
		<-q.some
	}
}

// FloodStop starts a flood by a return, reads it at a rate of bytes a second for
// a while, types Ctrl-C and waits for the prompt. It returns how long that took,
// and the most that waited here in windows.
func FloodStop(t Paced, rate float64) (took time.Duration, windows float64, err error) {
	if err := t.Type([]byte("\n")); err != nil {
		return 0, 0, fmt.Errorf("typing: %w", err)
	}
	q := &queue{some: make(chan struct{}, 1)}
	go q.fill(t) // until the terminal is closed
	began, free := time.Now(), time.Now()
	var stopped time.Time
	var end []byte // of what was read
	for {
		p, waited, err := q.take()
		if err != nil {
			return 0, 0, err
		}
		if waited {
			t.Waited()
			free = time.Now()
		}
		free = free.Add(time.Duration(float64(len(p)) / rate * 1e9))
		<-time.NewTimer(time.Until(free)).C
		if err := t.Used(len(p)); err != nil {
			return 0, 0, err
		}
		end = append(end, p...)
		end = end[max(0, len(end)-len(p)-len(floodPrompt)):]
		switch {
		case stopped.IsZero() && time.Since(began) > floodFor:
			stopped = time.Now()
			if err := t.Type([]byte{3}); err != nil {
				return 0, 0, fmt.Errorf("typing: %w", err)
			}
		case !stopped.IsZero() && bytes.Contains(end, []byte(floodPrompt)):
			return time.Since(stopped), float64(q.peak) / float64(t.Window()), nil
		case !stopped.IsZero() && time.Since(stopped) > stopPrompt:
			return 0, 0, errors.New("no prompt within a minute of Ctrl-C")
		}
	}
}
