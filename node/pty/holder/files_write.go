package holder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	"homie/wire/terminal"
)

// fileBuffer is what is read of a file at once, in bytes.
const fileBuffer = wire.MaxFrame

var fileBuffers = sync.Pool{New: func() any { return new([fileBuffer]byte) }}

// upload is a file that is being sent, as a hidden part in its folder until it
// is whole.
type upload struct {
	p    terminal.WriteFileParams
	root *os.Root
	dir  string
	part string // its name
	file *os.File
	size int64 // bytes that are there
	left func()

	gone   chan struct{} // closed when it is not under way any more
	cancel context.CancelCauseFunc
	ctx    context.Context //nolint:containedctx // ends with the stream, or when the same upload begins again
}

func (f *files) write(ctx context.Context, _ tsidentity.Caller, p terminal.WriteFileParams) (terminal.Writing, rpc.Pump, error) {
	at, err := f.place(p.Session, p.Account, p.Dir)
	if err != nil {
		return terminal.Writing{}, nil, err
	}
	dir := at.path
	if at.account.other != nil {
		id := p.Session
		p.Session, p.Account, p.Dir = "", "", dir
		return elsewhere(ctx, f, id, at.account, terminal.WriteFile, p)
	}
	u := &upload{p: p, dir: dir, part: terminal.PartPrefix + p.Upload + terminal.PartSuffix, gone: make(chan struct{})}
	u.ctx, u.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	if err := f.replace(ctx, u); err != nil {
		return terminal.Writing{}, nil, err
	}
	if u.left, err = f.begin(p.Session); err == nil {
		err = u.open(at.disk())
	}
	if err != nil {
		f.leave(u)
		return terminal.Writing{}, nil, err
	}
	f.sweep(u)
	return terminal.Writing{Offset: u.size, Dir: dir}, func(ctx context.Context, st *rpc.Stream) error {
		defer f.leave(u)
		stop := context.AfterFunc(ctx, func() { u.cancel(context.Cause(ctx)) })
		defer stop()
		if err := f.receive(u, st); err != nil {
			return err
		}
		return u.finish(st)
	}, nil
}

// errElsewhere ends the older stream of an upload that is on another one by now.
var errElsewhere = wire.Errorf(wire.Conflict, "this file is being sent on another connection now")

// replace makes u the one that has the part, after the stream that had it.
func (f *files) replace(ctx context.Context, u *upload) error {
	key := filepath.Join(u.dir, u.part)
	for {
		f.mu.Lock()
		old := f.uploads[key]
		if old == nil {
			f.uploads[key] = u
			f.mu.Unlock()
			return nil
		}
		f.mu.Unlock()
		old.cancel(errElsewhere)
		select {
		case <-old.gone:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (f *files) leave(u *upload) {
	u.cancel(nil)
	if u.left != nil {
		u.left()
	}
	if u.file != nil {
		u.file.Close()
	}
	if u.root != nil {
		_ = u.root.Close() // nothing was written through it that is not closed
	}
	f.mu.Lock()
	delete(f.uploads, filepath.Join(u.dir, u.part))
	f.mu.Unlock()
	close(u.gone)
}

// open opens the part, with what is there of it, and looks for the space that
// the rest needs.
func (u *upload) open(d disk) (err error) {
	if u.root, err = d.folder(u.dir); err != nil {
		return err
	}
	u.file, err = u.root.OpenFile(u.part, os.O_RDWR|os.O_CREATE|nonBlocking|noFollow, 0o666)
	if err != nil {
		return fileError(err, u.dir)
	}
	info, err := u.file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return wire.Errorf(wire.Conflict, "something else is in the way in %s. Try again.", u.dir).Because(err)
	}
	if u.size = info.Size(); u.size > u.p.Size {
		if err := u.file.Truncate(0); err != nil { // it was another file
			return fileError(err, u.dir)
		}
		u.size = 0
	}
	if free := space(u.root); free >= 0 && free < u.p.Size-u.size {
		if u.size == 0 {
			_ = u.root.Remove(u.part) // an empty one is of no use
		}
		return wire.Errorf(wire.Conflict, "%s does not fit into %s: it needs %s, and %s are free there. Free some space, then try again.",
			u.p.Name, u.dir, bytesInWords(u.p.Size-u.size), bytesInWords(free))
	}
	return nil
}

// receive writes what comes to the part until all is there.
func (f *files) receive(u *upload, st *rpc.Stream) error {
	ctx, beat, stop := whileMoving(u.ctx, f.idle)
	defer stop()
	for u.size < u.p.Size {
		c, err := st.Recv(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return wire.Errorf(wire.Canceled, "%s was sent in part only", u.p.Name)
		case err != nil:
			return err
		case c.Kind != wire.Data:
			continue
		case c.Offset != uint64(u.size) || u.size+int64(len(c.Data)) > u.p.Size:
			return wire.Errorf(wire.Protocol, "byte %d of %s was due, not %d bytes from %d on", u.size, u.p.Name, len(c.Data), c.Offset)
		}
		beat()
		n, err := u.file.WriteAt(c.Data, u.size)
		u.size += int64(n)
		if err != nil {
			return fileError(err, u.dir)
		}
	}
	return nil
}

// finish gives the part the file's name, and tells.
func (u *upload) finish(st *rpc.Stream) error {
	if err := u.file.Close(); err != nil {
		return fileError(err, u.dir)
	}
	name, err := settle(u.root, u.part, u.p.Name)
	if err != nil {
		return fileError(err, u.dir)
	}
	b, err := json.Marshal(terminal.Written{Name: name, Path: filepath.Join(u.dir, name)})
	if err != nil {
		return fmt.Errorf("encoding a note: %w", err)
	}
	return st.SendNote(u.ctx, uint64(u.size), b)
}

// bytesInWords is a number of bytes as people say it.
func bytesInWords(n int64) string {
	units := []string{"bytes", "kB", "MB", "GB", "TB"}
	v, i := float64(n), 0
	for v >= 1000 && i < len(units)-1 {
		v, i = v/1000, i+1
	}
	if i == 0 || v >= 100 {
		return fmt.Sprintf("%.0f %s", v, units[i])
	}
	return fmt.Sprintf("%.1f %s", v, units[i])
}
