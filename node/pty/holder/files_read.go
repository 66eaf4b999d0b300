package holder

import (
	"context"
	"errors"
	"io"
	"os"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	"homie/wire/terminal"
)

func (f *files) read(ctx context.Context, _ tsidentity.Caller, p terminal.ReadFileParams) (terminal.FileInfo, rpc.Pump, error) {
	at, err := f.place(p.Session, p.Account, p.Path)
	if err != nil {
		return terminal.FileInfo{}, nil, err
	}
	path := at.path
	if at.account.other != nil {
		id := p.Session
		p.Session, p.Account, p.Path = "", "", path
		return elsewhere(ctx, f, id, at.account, terminal.ReadFile, p)
	}
	end, err := f.begin(p.Session)
	if err != nil {
		return terminal.FileInfo{}, nil, err
	}
	file, what, err := at.disk().read(path)
	switch {
	case err != nil:
	case p.Version != "" && p.Version != what.Version:
		err = changedSince(path)
	case p.Offset > what.Size:
		err = wire.Errorf(wire.InvalidParams, "%s has only %d bytes", path, what.Size)
	}
	if err != nil {
		end()
		file.Close() // nil is an error here, not a crash
		return terminal.FileInfo{}, nil, err
	}
	length := what.Size - p.Offset
	if p.Length != nil {
		length = min(length, *p.Length)
	}
	return what, func(ctx context.Context, st *rpc.Stream) error {
		defer end()
		defer file.Close()
		return f.send(ctx, st, file, what, p.Offset, length)
	}, nil
}

func changedSince(path string) error {
	return wire.Errorf(wire.Conflict, "%s has changed since the download began, so that its parts would not fit together. Start it again.", path)
}

// send sends a part of a file, and an error in the place of the end if the file
// changed meanwhile.
func (f *files) send(ctx context.Context, st *rpc.Stream, file *os.File, what terminal.FileInfo, at, length int64) error {
	ctx, beat, stop := whileMoving(ctx, f.idle)
	defer stop()
	buf := fileBuffers.Get().(*[fileBuffer]byte)
	defer fileBuffers.Put(buf)
	for length > 0 {
		n, err := file.ReadAt(buf[:min(length, fileBuffer)], at)
		if n == 0 && err != nil {
			if errors.Is(err, io.EOF) {
				return changedSince(what.Path)
			}
			return fileError(err, what.Path)
		}
		if err := st.Send(ctx, uint64(at), buf[:n]); err != nil {
			return err
		}
		beat()
		at += int64(n)
		length -= int64(n)
	}
	info, err := file.Stat()
	if err != nil || version(info) != what.Version {
		return changedSince(what.Path)
	}
	return nil
}
