//go:build linux || darwin

package holder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"homie/tsidentity"
	"homie/wire"
	"homie/wire/holder"
)

// checkTime bounds how long the other program may take to read the state.
const checkTime = 20 * time.Second

// replace executes another program in this process, which so keeps its id and
// its children, and goes on with the sessions:
//
//	the other program reads a copy of the state, and says that it can   (nothing stops)
//	sessions freeze: nothing is read, written, reaped or started
//	the state is written, the descriptors are let through, exec
//
// When any of it fails, the sessions go on here.
func (h *Holder) replace(ctx context.Context, _ tsidentity.Caller, p holder.ReplaceParams) (wire.Nothing, error) {
	if !h.replacing.TryLock() {
		return wire.Nothing{}, wire.Errorf(wire.Busy, "another program is being put in place already, or the terminals are ending").After(time.Second)
	}
	defer h.replacing.Unlock()
	h.conf.Log.Info("making way for another program", "path", p.Path)
	err := h.try(ctx, p.Path)
	if err == nil {
		err = h.exec(p.Path)
	}
	h.conf.Log.Error("the other program can't take over; going on as before", "path", p.Path, "err", err)
	return wire.Nothing{}, wire.Errorf(wire.Unsupported, "the terminals go on in the program that holds them: %v", err).Because(err)
}

// try has the other program read the state as it is now.
func (h *Holder) try(ctx context.Context, path string) error {
	state, err := h.save(h.manager.all())
	if err != nil {
		return err
	}
	defer state.Close()
	if _, err := state.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("reading the terminals' state: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, path)
	cmd.Args = append(slices.Clone(h.conf.Args), CheckFlag, "3")
	cmd.ExtraFiles = []*os.File{state} // which becomes 3
	cmd.WaitDelay = time.Second
	var said, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &complaint
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("asking %s: %w: %.300s", path, err, complaint.String())
	}
	if _, ok := bytes.CutPrefix(said.Bytes(), []byte("homie holder: ")); !ok {
		return fmt.Errorf("%s is no Homie that holds terminals", path)
	}
	return nil
}

// exec does not return unless it fails.
func (h *Holder) exec(path string) error {
	h.manager.agents.end() // children that the other program would know nothing of
	began := time.Now()
	sessions, thaw := h.manager.freeze()
	defer thaw()
	h.manager.agents.end() // started meanwhile
	state, err := h.save(sessions)
	if err != nil {
		return err
	}
	defer state.Close()
	keep, err := h.descriptors(sessions)
	if err != nil {
		return err
	}
	fd := int(state.Fd()) // a file of memory is none that is waited for
	keep = append(keep, fd)
	args := append(slices.Clone(h.conf.Args), ResumeFlag, strconv.Itoa(fd))
	h.conf.Log.Info("handing the terminals over", "sessions", len(sessions), "frozen_ms", time.Since(began).Milliseconds())
	// Nothing may be started while descriptors are open to it.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	err = pass(keep, true)
	if err == nil {
		err = syscall.Exec(path, args, os.Environ())
	}
	return fmt.Errorf("executing %s: %w", path, errors.Join(err, pass(keep, false)))
}

// save writes the state of the sessions to memory.
func (h *Holder) save(sessions []*Session) (*os.File, error) {
	f, err := memory(h.conf.StateDir)
	if err != nil {
		return nil, err
	}
	if err := h.saveTo(f, sessions); err != nil {
		f.Close()
		return nil, fmt.Errorf("writing the terminals' state: %w", err)
	}
	return f, nil
}

func (h *Holder) saveTo(w io.Writer, sessions []*Session) error {
	h.mu.Lock()
	head := savedHead{Settings: h.settings, Sessions: len(sessions)}
	h.mu.Unlock()
	h.manager.mu.Lock()
	head.Started = h.manager.started
	h.manager.mu.Unlock()
	var err error
	if head.Lock, err = number(h.lock); err != nil {
		return err
	}
	if head.Listener, err = number(h.listener); err != nil {
		return err
	}
	out, err := newStateWriter(w, head)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		v, err := s.save()
		if err == nil {
			err = out.session(v)
		}
		if err != nil {
			return err
		}
	}
	return out.end()
}

// descriptors are those that the other program needs, beside its state.
func (h *Holder) descriptors(sessions []*Session) ([]int, error) {
	lock, err := number(h.lock)
	socket, err2 := number(h.listener)
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	keep := []int{lock, socket}
	for _, s := range sessions {
		if s.hasEnded() {
			continue
		}
		// Without a terminal there is none to pass.
		_, _ = s.proc.descriptor(func(fd uintptr) { keep = append(keep, int(fd)) })
	}
	return keep, nil
}

// number returns the descriptor of what is open, a syscall.Conn, without changing
// its mode as Fd does.
func number(open any) (fd int, err error) {
	c, ok := open.(syscall.Conn)
	if !ok {
		return 0, fmt.Errorf("a %T has no descriptor", open)
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	return fd, raw.Control(func(n uintptr) { fd = int(n) })
}

// pass lets descriptors through to the program that is executed, or no longer.
func pass(fds []int, through bool) error {
	flag := unix.FD_CLOEXEC
	if through {
		flag = 0
	}
	var failed []error
	for _, fd := range fds {
		_, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, flag)
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// inheritedFile is a descriptor that the program before this one let through.
func inheritedFile(fd int, name string) *os.File {
	unix.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), name)
}
