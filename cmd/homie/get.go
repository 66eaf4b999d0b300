package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

const getHelp = `
From any device of the tailnet, it fetches a file of a machine, with the rights and
the account of a terminal there:

  homie get nas:/srv/photos/boat.jpg
  homie get nas:notes.txt ~/Desktop      (from the folder where terminals start)
  homie get nas/k3v9q2mz:report.pdf      (from the folder where that terminal is)
  homie get nas:dump.sql - | less
  homie get --as media nas:film.mkv

A download that was interrupted goes on where it stopped, when it is asked for
again. Nothing is overwritten without --force.

In a terminal of the house, it offers files of the machine to whoever looks at the
terminal in Homie's web app, who saves them with a click:

  homie get report.pdf
` + targetHelp

func getCommand(p process, f *flag.FlagSet) action {
	t, account := targetFlags(f), asFlag(f)
	force := f.Bool("force", false, "overwrite a file that is there")
	return func(ctx context.Context, args []string) error {
		r, ok := parseRemote(args[0])
		if !ok {
			if p.Env("HOMIE_SESSION") == "" {
				return usagef("%s is no file of a machine, such as nas:%s", args[0], args[0])
			}
			if *account != "" {
				return usagef("--as is for a file of a machine, such as nas:%s", args[0])
			}
			return offer(p, t.json, args)
		}
		r, err := r.as(*account)
		if err != nil {
			return err
		}
		if len(args) > 2 {
			return usagef("unexpected %q: one file at a time, and where to save it", args[2])
		}
		if r.path == "" {
			return usagef("%s names no file", args[0])
		}
		g := &getting{target: t, p: p, r: r, force: *force, bar: newProgress(p, filepath.Base(r.path))}
		if len(args) == 2 {
			g.dest = args[1]
		}
		return g.run(ctx)
	}
}

// getting is one file on its way here.
type getting struct {
	*target
	p     process
	r     remote
	dest  string // as asked for, "" for here, "-" for the standard output
	force bool
	bar   *progress

	info terminal.FileInfo
	at   int64  // bytes that are here
	path string // where it goes
}

func (g *getting) run(ctx context.Context) error {
	defer g.bar.done()
	if err := g.carry(ctx, g.p, g.bar.at.Load, g.fetch); err != nil {
		return err
	}
	switch {
	case g.json && g.dest != "-":
		return printJSON(g.p, map[string]any{"name": g.info.Name, "path": g.path, "size": g.info.Size})
	case g.dest != "-":
		g.bar.done()
		fmt.Fprintf(g.p.Err, "%s, %v\n", g.path, byteCount(g.info.Size))
	}
	return nil
}

// fetch gets what is missing, on one connection.
func (g *getting) fetch(ctx context.Context, s *session) error {
	id, err := g.r.session(ctx, s)
	if err != nil {
		return err
	}
	none := int64(0)
	p := terminal.ReadFileParams{Node: g.r.node, Session: id, Account: g.r.account, Path: g.r.path, Length: &none}
	info, stream, err := open(ctx, s, terminal.ReadFile, p)
	if err != nil {
		return err
	}
	stream.Close(nil)
	if g.dest == "-" && g.at > 0 && info.Version != g.info.Version {
		return wire.Errorf(wire.Conflict, "%s has changed while it was printed", g.r)
	}
	g.info, g.bar.size = info, info.Size
	p.Length, p.Version = nil, info.Version
	if g.dest == "-" {
		return g.receive(ctx, s, p, g.p.Out)
	}
	return g.save(ctx, s, p)
}

// save writes to a hidden part beside where the file goes, whose name tells of
// which version of which file it is.
func (g *getting) save(ctx context.Context, s *session, p terminal.ReadFileParams) error {
	if err := g.choose(); err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(g.r.String() + "\x00" + g.r.account + "\x00" + g.info.Path + "\x00" + g.info.Version))
	part := filepath.Join(filepath.Dir(g.path), terminal.PartPrefix+hex.EncodeToString(sum[:8])+terminal.PartSuffix)
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666) //nolint:gosec // as any file that a person saves
	if err != nil {
		return fmt.Errorf("saving the file: %w", err)
	}
	defer f.Close()
	there, err := f.Stat()
	if err != nil {
		return fmt.Errorf("saving the file: %w", err)
	}
	if g.at = there.Size(); g.at > g.info.Size {
		return fmt.Errorf("%s is not what it should be; delete it, and try again", part)
	}
	if err := g.receive(ctx, s, p, f); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("saving the file: %w", err)
	}
	return g.place(part)
}

// choose finds out where the file goes, and that nothing is in the way.
func (g *getting) choose() error {
	g.path = g.dest
	if info, err := os.Stat(g.dest); g.dest == "" || (err == nil && info.IsDir()) {
		if err := terminal.CheckFileName(g.info.Name); err != nil {
			return usagef("say what the file is to be called here: %v", err)
		}
		g.path = filepath.Join(g.dest, g.info.Name)
	}
	if _, err := os.Lstat(g.path); err == nil && !g.force {
		return g.inTheWay()
	}
	return nil
}

func (g *getting) inTheWay() error {
	return wire.Errorf(wire.Conflict, "%s is there already; give another name, or --force to overwrite it", g.path)
}

// place gives the part its name.
func (g *getting) place(part string) error {
	if g.force {
		return os.Rename(part, g.path)
	}
	err := os.Link(part, g.path)
	switch {
	case err == nil:
		return os.Remove(part)
	case errors.Is(err, fs.ErrExist):
		return g.inTheWay()
	}
	if _, err := os.Lstat(g.path); err == nil {
		return g.inTheWay()
	}
	return os.Rename(part, g.path) // a disk without links
}

// receive writes the rest of the file to out.
func (g *getting) receive(ctx context.Context, s *session, p terminal.ReadFileParams, out io.Writer) error {
	p.Offset = g.at
	_, stream, err := open(ctx, s, terminal.ReadFile, p)
	if err != nil {
		return err
	}
	defer stream.Close(wire.Errorf(wire.Canceled, "no more of it is wanted"))
	for {
		g.bar.is(g.at)
		c, err := stream.Recv(ctx)
		switch {
		case errors.Is(err, io.EOF) && g.at == g.info.Size:
			return nil
		case errors.Is(err, io.EOF):
			return rpc.ErrClosed
		case err != nil:
			return err
		case c.Kind != wire.Data:
			continue
		case c.Offset != uint64(g.at):
			return fmt.Errorf("%s sent byte %d instead of %d", g.r.node, c.Offset, g.at)
		}
		n, err := out.Write(c.Data)
		g.at += int64(n)
		if err != nil {
			return fmt.Errorf("saving the file: %w", err)
		}
	}
}

// plainName is a name without what a terminal would obey.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return '\ufffd'
	}, s)
}
