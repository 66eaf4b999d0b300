package holder

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"homie/wire/terminal"
)

// show sends output, and what there is to tell of the session, until it has
// ended. What a viewer has missed comes as the screen as it is by then.
func (s *Session) show(ctx context.Context, v *viewer, stream Stream) error {
	at := v.cursor.Load()
	if v.resume == 0 {
		var err error
		// Who comes anew has missed nothing by what is printed meanwhile.
		if at, err = s.showScreen(ctx, v, stream, math.MaxUint64); err != nil {
			return err
		}
	}
	for {
		sent, err := s.showSome(ctx, v, stream, at)
		if err != nil {
			return err
		}
		v.cursor.Store(sent)
		wake(v.moved)
		if n := sent - at; n > 0 {
			if at = sent; n >= busy {
				runtime.Gosched() // more is under way: let it come together
			}
			continue
		}
		v.stalled.Store(false) // it has caught up
		changed, closed := s.ring.Changed(at)
		if closed {
			return s.tell(ctx, v, stream, at)
		}
		select {
		case <-changed:
		case <-v.news:
			if err := s.tell(ctx, v, stream, at); err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// busy is what a program prints at once, in bytes, that answers no key.
const busy = 4 << 10

// chunks recycles send buffers: a viewer that waits has none.
var chunks = sync.Pool{New: func() any { return new([chunk]byte) }}

// showSome sends the next bytes after at, up to a change of size, or the screen
// if the viewer is too far behind, and returns where they end.
func (s *Session) showSome(ctx context.Context, v *viewer, stream Stream, at uint64) (uint64, error) {
	if err := s.tell(ctx, v, stream, at); err != nil {
		return at, err
	}
	start, end := s.ring.Bounds()
	if at < start || s.skips(v, at, end) {
		return s.showScreen(ctx, v, stream, at)
	}
	buf := chunks.Get().(*[chunk]byte)
	defer chunks.Put(buf)
	p := buf[:]
	if next, ok := s.sizes.after(v.told.sized); ok && next.from > at {
		p = p[:min(uint64(len(p)), next.from-at)]
	}
	n, from := s.ring.ReadAt(at, p)
	if n == 0 || from != at { // overrun since
		return at, nil
	}
	return at + uint64(n), stream.Send(ctx, at, p[:n])
}

// skips reports whether a viewer is better shown the screen than what it
// missed: not one who drives, and holds the PTY for it, and not one that has
// come back and is still to get what it missed.
func (s *Session) skips(v *viewer, at, end uint64) bool {
	if at < v.resume || end-at <= skipLag {
		return false
	}
	if screen := s.screen.at.Load(); screen < at+skipLag/2 {
		return false // it is not much further itself
	}
	return v.stalled.Load() || s.driver.Load() != v
}

// showScreen sends the screen as it is, and returns where the output goes on.
// Without a screen that is the latest part of what the ring has.
func (s *Session) showScreen(ctx context.Context, v *viewer, stream Stream, at uint64) (uint64, error) {
	v.resume = 0
	p, ok := s.picture(v.history)
	v.history = 0 // who falls behind is to see the screen soon, not all of what was
	if !ok {
		start, end := s.ring.Bounds()
		return s.ring.LineFrom(max(start, end-min(end, tail))), nil
	}
	n := terminal.SessionNote{Cols: p.size.cols, Rows: p.size.rows, Skipped: p.at - min(p.at, at), Older: p.older}
	if err := sendNote(ctx, stream, p.at, n); err != nil {
		return at, err
	}
	v.told.sized = p.size.serial
	if err := stream.SendState(ctx, p.at, p.data); err != nil {
		return at, err
	}
	for _, marks := range p.marks {
		if err := sendNote(ctx, stream, p.at, terminal.SessionNote{Marks: marks}); err != nil {
			return at, err
		}
	}
	return p.at, nil
}

// tell sends what the viewer has not been told of the session as it is at an
// offset.
func (s *Session) tell(ctx context.Context, v *viewer, stream Stream, at uint64) error {
	var n terminal.SessionNote
	some := false
	for {
		next, ok := s.sizes.after(v.told.sized)
		if !ok || next.from > at {
			break
		}
		n.Cols, n.Rows, some = next.cols, next.rows, true
		v.told.sized = next.serial
	}
	s.mu.Lock()
	drives, takes, heard := s.driver.Load() == v, s.takes, s.hearsLocked(v)
	typing := slices.DeleteFunc(slices.Clone(s.typing.keys), func(k terminal.ViewerKey) bool { return k == v.key })
	s.mu.Unlock()
	if !v.told.you {
		n.You, v.told.you, some = v.key, true, true
	}
	if v.told.heard == nil || *v.told.heard != heard {
		n.Heard, v.told.heard, some = &heard, &heard, true
	}
	if !slices.Equal(v.told.typing, typing) {
		n.Typing, v.told.typing, some = append([]terminal.ViewerKey{}, typing...), typing, true
	}
	if v.told.drives == nil || *v.told.drives != drives {
		n.Drives, v.told.drives, some = &drives, &drives, true
	}
	if v.told.takes == nil || *v.told.takes != takes {
		n.Echo, n.Keys, some = &takes.echo, &takes.keys, true
		v.told.takes = &takes
	}
	if !some {
		return nil
	}
	return sendNote(ctx, stream, at, n)
}

func sendNote(ctx context.Context, stream Stream, at uint64, n terminal.SessionNote) error {
	b, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("encoding a note: %w", err)
	}
	return stream.SendNote(ctx, at, b)
}
