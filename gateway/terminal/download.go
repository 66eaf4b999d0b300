package terminal

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	wireterminal "homie/wire/terminal"
)

// Times of a download.
const (
	// writeTime is how long a browser may take nothing.
	writeTime = 2 * time.Minute
	// lookEvery is how often the caller's rights are looked at.
	lookEvery = time.Second
)

// Download is a request for a file by plain HTTP, which is how browsers show
// progress, go on after a break, and write to the disk.
type Download struct {
	Registry *rpc.Registry
	Who      tsidentity.Caller
	Identify rpc.Identify
}

// ServeFile answers GET and HEAD of wire.FilesPath, in parts if asked. A file is
// never shown in the browser: whatever is in it, it is a thing to save.
func (s *Service) ServeFile(w http.ResponseWriter, req *http.Request, d Download) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	p, ok := fileOf(req.URL)
	if !ok {
		refuse(w, wire.Errorf(wire.InvalidParams, "want %sMACHINE/TERMINAL?path=PATH", wire.FilesPath))
		return
	}
	if strings.Contains(req.Header.Get("Range"), ",") {
		req.Header.Del("Range") // all of it is as good as several parts
	}
	var (
		file *remoteFile
		info wireterminal.FileInfo
	)
	refused := d.Registry.Act(req.Context(), d.Who, wireterminal.ReadFile.Name, p, func(ctx context.Context) (target string, err error) {
		target = p.Target()
		if err := p.Validate(); err != nil {
			return target, wire.Errorf(wire.InvalidParams, "params: %v", err)
		}
		file, info, err = s.openFile(ctx, d.Who, p)
		if err == nil {
			target += ": " + info.Target()
		}
		return target, err
	})
	if refused != nil {
		refuse(w, refused)
		return
	}
	defer file.close()
	ctx, cancel := context.WithCancelCause(req.Context())
	defer cancel(nil)
	file.ctx = ctx
	go s.look(ctx, cancel, d.Identify, p.Node, file.account)
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", attachment(info.Name))
	h.Set("ETag", `"`+url.QueryEscape(info.Version)+`"`)
	out := &patient{ResponseWriter: w, control: http.NewResponseController(w)}
	http.ServeContent(out, req, "", info.ModifiedAt, file)
	if file.err != nil && out.began {
		panic(http.ErrAbortHandler) // what came is not all: the browser must not take it for that
	}
}

// fileOf reads what a URL asks for.
func fileOf(u *url.URL) (p wireterminal.ReadFileParams, ok bool) {
	rest := strings.TrimPrefix(u.Path, wire.FilesPath)
	node, session, _ := strings.Cut(rest, "/")
	nothing := int64(0)
	p = wireterminal.ReadFileParams{
		Node: wire.NodeName(node), Session: wire.SessionID(session), Path: u.Query().Get("path"), Length: &nothing,
		Account: u.Query().Get("account"),
	}
	return p, node != "" && !strings.Contains(session, "/")
}

func refuse(w http.ResponseWriter, e *wire.Error) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	if ms := e.Data.RetryAfterMs; ms > 0 {
		h.Set("Retry-After", strconv.FormatInt((ms+999)/1000, 10))
	}
	w.WriteHeader(rpc.Status(e))
	io.WriteString(w, e.Message+"\n")
}

// attachment names a file that is to be saved (RFC 6266), in letters that every
// browser takes and in its own.
func attachment(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || strings.ContainsRune(`"\/%`, r) {
			return '_'
		}
		return r
	}, name)
	text := mime.FormatMediaType("attachment", map[string]string{"filename": plain})
	if text == "" || plain == "" {
		text = `attachment; filename="file"`
	}
	if plain != name {
		text += "; filename*=UTF-8''" + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
	}
	return text
}

// look ends a download whose caller may not have it any more.
func (s *Service) look(ctx context.Context, cancel context.CancelCauseFunc, identify rpc.Identify, node wire.NodeName, account string) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		who, err := identify(ctx)
		if err == nil {
			err = s.mayOpenFiles(who, node, account)
		}
		if err != nil {
			cancel(err)
			return
		}
	}
}

// patient waits for a browser that takes something now and then, and for no
// other.
type patient struct {
	http.ResponseWriter
	control *http.ResponseController
	began   bool
}

// Write gives the browser as long as a stream's receiver has.
func (p *patient) Write(b []byte) (int, error) {
	p.began = true
	_ = p.control.SetWriteDeadline(time.Now().Add(writeTime)) // one without deadlines is a test's
	return p.ResponseWriter.Write(b)
}

// remoteFile reads a file of a machine from wherever it is asked to.
type remoteFile struct {
	s       *Service
	ctx     context.Context //nolint:containedctx // of the one request; io.Reader has no place for it
	who     tsidentity.Caller
	account string
	p       wireterminal.ReadFileParams
	size    int64
	leave   func()

	at     int64
	stream *rpc.Stream // from at on, nil before the first read
	rest   []byte      // of the last chunk
	err    error       // of the machine, which is no end of file
}

// openFile describes a file, and gets ready to read that version of it.
func (s *Service) openFile(ctx context.Context, who tsidentity.Caller, p wireterminal.ReadFileParams) (*remoteFile, wireterminal.FileInfo, error) {
	conn, account, err := s.filesOf(ctx, who, place{p.Node, p.Session, p.Account})
	if err != nil {
		return nil, wireterminal.FileInfo{}, err
	}
	p.Account = s.named(p.Node, p.Session, account)
	leave, err := s.carry(who, p.Node)
	if err != nil {
		return nil, wireterminal.FileInfo{}, err
	}
	info, stream, err := rpc.Open(rpc.WithOnBehalf(ctx, who), conn, wireterminal.ReadFile, p)
	if err != nil {
		leave()
		return nil, wireterminal.FileInfo{}, offline(p.Node, err)
	}
	stream.Close(nil)
	defer s.looking.hold(who, p.Node, place{p.Node, p.Session, p.Account}.key(account))()
	info = info.Shown()
	p.Version = info.Version
	return &remoteFile{s: s, who: who, account: account, p: p, size: info.Size, leave: leave}, info, nil
}

func (f *remoteFile) close() {
	f.drop()
	f.leave()
}

func (f *remoteFile) drop() {
	if f.stream != nil {
		f.stream.Close(errEnough)
	}
	f.stream, f.rest = nil, nil
}

// errEnough ends a stream of which no more is wanted.
var errEnough = wire.Errorf(wire.Canceled, "no more of it is wanted")

// Seek moves to an offset, which need not be read from.
func (f *remoteFile) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.at
	case io.SeekEnd:
		offset += f.size
	}
	if offset < 0 || offset > f.size {
		return f.at, errors.New("out of the file's range")
	}
	if offset != f.at {
		f.drop()
	}
	f.at = offset
	return offset, nil
}

// Read returns what the machine sends from the offset on.
func (f *remoteFile) Read(b []byte) (int, error) {
	if f.at >= f.size {
		return 0, io.EOF
	}
	if len(f.rest) == 0 {
		if f.rest, f.err = f.next(); f.err != nil {
			return 0, f.err
		}
	}
	n := copy(b, f.rest)
	f.rest = f.rest[n:]
	f.at += int64(n)
	return n, nil
}

// next waits for more.
func (f *remoteFile) next() ([]byte, error) {
	if f.stream == nil {
		if err := f.open(); err != nil {
			return nil, err
		}
	}
	for {
		c, err := f.stream.Recv(f.ctx)
		switch {
		case errors.Is(err, io.EOF):
			return nil, io.ErrUnexpectedEOF
		case err != nil:
			return nil, err
		case c.Kind == wire.Data && (c.Offset != uint64(f.at) || int64(len(c.Data)) > f.size-f.at):
			return nil, wire.Errorf(wire.Protocol, "%s sent another part of the file than it was asked for", f.p.Node)
		case c.Kind == wire.Data && f.at+int64(len(c.Data)) == f.size:
			last := bytes.Clone(c.Data)
			return last, f.whole() // before the browser has it all
		case c.Kind == wire.Data && len(c.Data) > 0:
			return c.Data, nil
		}
	}
}

func (f *remoteFile) open() error {
	_, conn, err := f.s.reach(f.who, f.p.Node, wireterminal.ReadFile.Capability)
	if err != nil {
		return err
	}
	p := f.p
	p.Offset, p.Length = f.at, nil
	_, f.stream, err = rpc.Open(rpc.WithOnBehalf(f.ctx, f.who), conn, wireterminal.ReadFile, p)
	return offline(f.p.Node, err)
}

// whole hears at the end whether the file stayed what it was.
func (f *remoteFile) whole() error {
	for {
		_, err := f.stream.Recv(f.ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
