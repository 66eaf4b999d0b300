package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

const putHelp = `
Sends files to a folder of a machine, with the rights and the account of a terminal
there:

  homie put boat.jpg nas:/srv/photos
  homie put *.pdf nas:              (to the folder where terminals start)
  homie put notes.txt nas/k3v9q2mz: (to the folder where that terminal is)
  homie put --as media film.mkv nas:

A file that was sent in part goes on where it stopped, when it is sent again within
a day. Nothing is overwritten: a name that is taken gets a number.
` + targetHelp

func putCommand(p process, f *flag.FlagSet) action {
	t, account := targetFlags(f), asFlag(f)
	return func(ctx context.Context, args []string) error {
		files, last := args[:len(args)-1], args[len(args)-1]
		r, ok := parseRemote(last)
		if !ok || len(files) == 0 {
			return usagef("say where it goes last, as MACHINE:FOLDER, such as nas:/srv/photos")
		}
		r, err := r.as(*account)
		if err != nil {
			return err
		}
		sent := []putFile{}
		for _, name := range files {
			one, err := putOne(ctx, p, t, r, name)
			if err != nil {
				return err
			}
			sent = append(sent, one)
			if !t.json {
				fmt.Fprintf(p.Err, "%s:%s, %v\n", r.node, plainName(one.Path), byteCount(one.Size))
			}
		}
		if t.json {
			return printJSON(p, map[string]any{"sent": sent})
		}
		return nil
	}
}

// putFile is a file that was sent.
type putFile struct {
	From string `json:"from"`
	Name string `json:"name"` // there
	Path string `json:"path"` // there
	Size int64  `json:"size"`
}

// putting is one file on its way to a machine.
type putting struct {
	file *os.File
	r    remote
	p    terminal.WriteFileParams
	bar  *progress
	done terminal.Written
}

func putOne(ctx context.Context, p process, t *target, r remote, name string) (putFile, error) {
	f, err := os.Open(name)
	if err != nil {
		return putFile{}, usagef("%s can't be opened: %v", name, errors.Unwrap(err))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return putFile{}, usagef("%s is no file; pack it into one first, for example with: tar czf files.tgz %s", name, name)
	}
	abs, err := filepath.Abs(name)
	if err != nil {
		return putFile{}, fmt.Errorf("finding %s: %w", name, err)
	}
	// The same file to the same place goes on, whichever run of this program
	// began to send it.
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%d\x00%d", r, r.account, abs, info.Size(), info.ModTime().UnixNano()))
	u := &putting{file: f, r: r, bar: newProgress(p, filepath.Base(abs)), p: terminal.WriteFileParams{
		Node: r.node, Account: r.account, Dir: r.path, Name: filepath.Base(abs), Size: info.Size(), Upload: hex.EncodeToString(sum[:16]),
	}}
	u.bar.size = info.Size()
	defer u.bar.done()
	err = t.carry(ctx, p, u.bar.at.Load, u.send)
	return putFile{From: abs, Name: u.done.Name, Path: u.done.Path, Size: info.Size()}, err
}

// send sends what is missing there, on one connection.
func (u *putting) send(ctx context.Context, s *session) (err error) {
	if u.p.Session, err = u.r.session(ctx, s); err != nil {
		return err
	}
	w, stream, err := open(ctx, s, terminal.WriteFile, u.p)
	if err != nil {
		return err
	}
	defer stream.Close(wire.Errorf(wire.Canceled, "it is not sent any more"))
	buf := make([]byte, wire.MaxFrame)
	for at := w.Offset; at < u.p.Size; {
		u.bar.is(at)
		n, err := u.file.ReadAt(buf[:min(int64(len(buf)), u.p.Size-at)], at)
		if n == 0 {
			return fmt.Errorf("reading the file, which became shorter: %w", err)
		}
		if err := stream.Send(ctx, uint64(at), buf[:n]); err != nil {
			return err
		}
		at += int64(n)
	}
	u.bar.is(u.p.Size)
	return u.hear(ctx, stream)
}

// hear waits for the machine to say that all is there.
func (u *putting) hear(ctx context.Context, stream *rpc.Stream) error {
	for {
		c, err := stream.Recv(ctx)
		switch {
		case errors.Is(err, io.EOF) && u.done.Path != "":
			return nil
		case errors.Is(err, io.EOF):
			return rpc.ErrClosed
		case err != nil:
			return err
		case c.Kind == wire.Note:
			if err := json.Unmarshal(c.Data, &u.done); err != nil {
				return fmt.Errorf("reading what the file is called there: %w", err)
			}
		}
	}
}
