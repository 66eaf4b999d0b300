package holder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	"homie/wire/holder"
)

// open takes the state directory, or goes on with what another program had.
func open(ctx context.Context, conf Options) (h *Holder, err error) {
	if h, err = prepare(conf); err != nil {
		return nil, err
	}
	if h.socket, err = Socket(conf.StateDir); err != nil {
		return nil, err
	}
	if conf.Resume != 0 {
		if err := h.resume(conf.Resume); err != nil {
			return nil, err
		}
	} else {
		if h.lock, err = takeLock(ctx, conf.StateDir); err != nil {
			return nil, err
		}
		if h.listener, err = listenIn(ctx, h.socket); err != nil {
			h.lock.Close()
			return nil, err
		}
	}
	if err := tell(conf.StateDir, h.socket); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

// close gives back the state directory, the lock last.
func (h *Holder) close() {
	// What is left of them does no harm: the next holder replaces all of it.
	_ = h.listener.Close()
	_ = os.Remove(h.socket)
	_ = os.Remove(filepath.Join(h.conf.StateDir, holder.InfoFile))
	h.lock.Close()
}

// resume goes on with the state in a descriptor.
func (h *Holder) resume(fd int) error {
	f := inheritedFile(fd, "state")
	defer f.Close()
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("reading the terminals' state: %w", err)
	}
	head, sessions, err := readState(f)
	if err != nil {
		return err
	}
	h.settings = head.Settings
	h.lock = inheritedFile(head.Lock, "lock")
	if h.listener, err = listener(head.Listener); err != nil {
		return err
	}
	h.manager.SetPlace(head.Settings.Dir, head.Settings.Environ)
	h.manager.SetIdleEnd(idleEnd(head.Settings))
	h.manager.SetMaxRunning(head.Settings.MaxSessions)
	h.manager.recordings.set(policyOf(head.Settings))
	h.manager.started = head.Started
	var failed []error
	for _, s := range sessions {
		failed = append(failed, h.manager.restore(s))
	}
	if err := errors.Join(failed...); err != nil { // the others go on
		h.conf.Log.Error("a session is lost", "err", err)
	}
	return nil
}

func listener(fd int) (net.Listener, error) {
	f := inheritedFile(fd, "socket")
	defer f.Close() // FileListener has one of its own
	ln, err := net.FileListener(f)
	if err != nil {
		return nil, fmt.Errorf("going on with the socket: %w", err)
	}
	return ln, nil
}

// Check says on out whether this program understands the state in a descriptor.
func Check(fd int, out io.Writer) error {
	f := inheritedFile(fd, "state")
	defer f.Close()
	head, _, err := readState(f)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, understood(head.Sessions))
	return err
}

// understood is what a program says that can go on with a state.
func understood(sessions int) string {
	return fmt.Sprintf("homie holder: %d sessions understood\n", sessions)
}
