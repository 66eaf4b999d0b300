package gateway_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// fileHouse is a household with a session on den, and a file in its folder.
type fileHouse struct {
	*homietest.House
	owner   *rpc.Conn
	session terminal.Session
	dir     string
	content []byte
}

// saves are the headers of a browser that follows a link of the app.
var saves = map[string]string{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}

func newFileHouse(t *testing.T) fileHouse {
	h := homietest.New(t, homietest.Everybody)
	h.StartNode(tailbox.NodeDen, sharing)
	f := fileHouse{House: h, dir: t.TempDir(), content: make([]byte, 1<<20+3)}
	_, _ = rand.NewChaCha8([32]byte{}).Read(f.content) // never fails
	if err := os.WriteFile(filepath.Join(f.dir, "Bericht é.pdf"), f.content, 0o600); err != nil {
		t.Fatal(err)
	}
	f.owner, _ = h.Connect(tailbox.OliviaLaptop)
	online(t, f.owner, "den")
	var err error
	f.session, err = rpc.Invoke(t.Context(), f.owner, terminal.Start, terminal.StartParams{
		Node: "den", Dir: f.dir, Command: []string{"cat"}, Cols: 80, Rows: 24,
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// in is the same house for a part of the test.
func (f fileHouse) in(t *testing.T) fileHouse {
	f.House = f.In(t)
	return f
}

// url is where a file of the session is downloaded.
func (f fileHouse) url(path string) string {
	return f.Address() + wire.FilesPath + "den/" + string(f.session.ID) + "?" + url.Values{"path": {path}}.Encode()
}

func TestFiles(t *testing.T) {
	f := newFileHouse(t)
	t.Run("download", func(t *testing.T) { f.in(t).download(t) })
	t.Run("parts", func(t *testing.T) { f.in(t).downloadParts(t) })
	t.Run("refused", func(t *testing.T) { f.in(t).refuses(t) })
	t.Run("foreign pages", func(t *testing.T) { f.in(t).foreignPages(t) })
	t.Run("upload", func(t *testing.T) { f.in(t).upload(t) })
	t.Run("without a session", func(t *testing.T) { f.in(t).withoutSession(t) })
	t.Run("revoked", func(t *testing.T) { f.in(t).revoked(t) })
}

func (f fileHouse) download(t *testing.T) {
	a := send(t, f.Client(tailbox.MaxTablet), http.MethodGet, f.url("Bericht é.pdf"), "", saves)
	if a.status != http.StatusOK || a.body != string(f.content) {
		t.Fatalf("status %d, %d bytes: %.200s", a.status, len(a.body), a.body)
	}
	for name, want := range map[string]string{
		"Content-Disposition":          `attachment; filename="Bericht _.pdf"; filename*=UTF-8''Bericht%20%C3%A9.pdf`,
		"Content-Type":                 "application/octet-stream",
		"X-Content-Type-Options":       "nosniff",
		"Content-Security-Policy":      "sandbox; default-src 'none'",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Cache-Control":                "no-store",
		"Accept-Ranges":                "bytes",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if a := send(t, f.Client(tailbox.MaxTablet), http.MethodHead, f.url("Bericht é.pdf"), "", saves); a.status != http.StatusOK || a.header.Get("Content-Length") != fmt.Sprint(len(f.content)) {
		t.Errorf("HEAD: status %d, %v", a.status, a.header)
	}
	wantAudit(t, f.House, "Max", tailbox.MaxTablet, terminal.ReadFile.Name,
		fmt.Sprintf("den/%s Bericht é.pdf: %s, %d bytes", f.session.ID, filepath.Join(f.dir, "Bericht é.pdf"), len(f.content)))
}

func (f fileHouse) downloadParts(t *testing.T) {
	c := f.Client(tailbox.OliviaLaptop)
	all := send(t, c, http.MethodGet, f.url("Bericht é.pdf"), "", saves)
	etag := all.header.Get("ETag")
	part := func(more map[string]string) answer {
		h := map[string]string{"Range": "bytes=1000000-"}
		for _, m := range []map[string]string{saves, more} {
			for k, v := range m {
				h[k] = v
			}
		}
		return send(t, c, http.MethodGet, f.url("Bericht é.pdf"), "", h)
	}
	if a := part(map[string]string{"If-Range": etag}); a.status != http.StatusPartialContent || a.body != string(f.content[1_000_000:]) {
		t.Errorf("the rest: status %d, %d bytes", a.status, len(a.body))
	}
	if a := part(map[string]string{"If-Range": `"another"`}); a.status != http.StatusOK || len(a.body) != len(f.content) {
		t.Errorf("the rest of another version: status %d, %d bytes", a.status, len(a.body))
	}
	if a := part(map[string]string{"Range": "bytes=5-9"}); a.status != http.StatusPartialContent || a.body != string(f.content[5:10]) {
		t.Errorf("five bytes: status %d, %q", a.status, a.body)
	}
	if a := part(map[string]string{"Range": "bytes=99999999-"}); a.status != http.StatusRequestedRangeNotSatisfiable {
		t.Errorf("beyond the end: status %d", a.status)
	}
	if a := part(map[string]string{"Range": "bytes=0-1,5-6"}); a.status != http.StatusOK || len(a.body) != len(f.content) {
		t.Errorf("several parts: status %d, %d bytes", a.status, len(a.body))
	}
}

func (f fileHouse) refuses(t *testing.T) {
	for _, tt := range []struct {
		device, path string
		status       int
	}{
		{tailbox.VeraLaptop, "Bericht é.pdf", http.StatusForbidden},    // a visitor
		{homietest.MiaPhone, "Bericht é.pdf", http.StatusForbidden},    // a member without terminals
		{homietest.WallTablet, "Bericht é.pdf", http.StatusForbidden},  // a kiosk
		{tailbox.OliviaLaptop, "", http.StatusBadRequest},              // no file
		{tailbox.OliviaLaptop, "none", http.StatusNotFound},            // no such file
		{tailbox.OliviaLaptop, ".", http.StatusBadRequest},             // a folder
		{tailbox.OliviaLaptop, "/dev/zero", http.StatusBadRequest},     // a device
		{tailbox.OliviaLaptop, "/proc/1/mem/x", http.StatusBadRequest}, // nothing
	} {
		a := send(t, f.Client(tt.device), http.MethodGet, f.url(tt.path), "", saves)
		if a.status != tt.status || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") || a.header.Get("Content-Security-Policy") != "sandbox; default-src 'none'" {
			t.Errorf("%s asks for %q: status %d, want %d: %.200s %v", tt.device, tt.path, a.status, tt.status, a.body, a.header)
		}
	}
	c := f.Client(tailbox.OliviaLaptop)
	for path, status := range map[string]int{
		"/files/": http.StatusBadRequest, "/files/nas/x?path=a": http.StatusNotFound,
		"/files/den/gone?path=a": http.StatusNotFound, "/files/den/a/b?path=a": http.StatusBadRequest,
	} {
		if a := send(t, c, http.MethodGet, f.Address()+path, "", saves); a.status != status {
			t.Errorf("%s: status %d, want %d: %s", path, a.status, status, a.body)
		}
	}
	// Watching is less: it opens no files.
	grantMax(t, f.House, `{"role": "member"}`, fmt.Sprintf(`{"allow": ["terminal:read"], "as": [%q]}`, f.Account))
	conn, _ := f.Connect(tailbox.MaxTablet)
	homietest.Eventually(t, "the policy arrives", func() error {
		a := send(t, f.Client(tailbox.MaxTablet), http.MethodGet, f.url("Bericht é.pdf"), "", saves)
		if a.status != http.StatusForbidden {
			return fmt.Errorf("status %d", a.status)
		}
		return nil
	})
	_, _, err := rpc.Open(t.Context(), conn, terminal.WriteFile, terminal.WriteFileParams{Node: "den", Session: f.session.ID, Name: "a", Upload: "0123456789abcdef"})
	wantReason(t, "a watcher's upload", err, wire.Forbidden)
	_, err = rpc.Invoke(t.Context(), conn, terminal.ListFiles, terminal.ListFilesParams{Node: "den", Session: f.session.ID})
	wantReason(t, "a watcher's list", err, wire.Forbidden)
	// And so is a terminal under another account.
	grantMax(t, f.House, `{"role": "member"}`, terminals("somebody-else", "den"))
	homietest.Eventually(t, "the policy arrives", func() error {
		_, err = rpc.Invoke(t.Context(), conn, terminal.ListFiles, terminal.ListFilesParams{Node: "den", Session: f.session.ID})
		if err == nil || !strings.Contains(err.Error(), f.Account) {
			return fmt.Errorf("the list says %v", err)
		}
		return nil
	})
	wantReason(t, "another account's list", err, wire.Forbidden)
	if a := send(t, f.Client(tailbox.MaxTablet), http.MethodGet, f.url("Bericht é.pdf"), "", saves); a.status != http.StatusForbidden {
		t.Errorf("another account's download: status %d", a.status)
	}
}

func (f fileHouse) foreignPages(t *testing.T) {
	for _, h := range []map[string]string{
		{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
		{"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
		{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
		{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Origin": "https://elsewhere.example"},
		{},
	} {
		if a := send(t, f.Client(tailbox.OliviaLaptop), http.MethodGet, f.url("Bericht é.pdf"), "", h); a.status != http.StatusForbidden {
			t.Errorf("%v: status %d", h, a.status)
		}
	}
}

// sendFile sends a file and returns what it is called.
func sendFile(t *testing.T, c *rpc.Conn, p terminal.WriteFileParams, content []byte) (done terminal.Written, err error) {
	t.Helper()
	w, s, err := rpc.Open(t.Context(), c, terminal.WriteFile, p)
	if err != nil {
		return done, err
	}
	defer s.Close(nil)
	if err := s.Send(t.Context(), uint64(w.Offset), content[w.Offset:]); err != nil {
		return done, err
	}
	for {
		chunk, err := s.Recv(t.Context())
		switch {
		case errors.Is(err, io.EOF):
			return done, nil
		case err != nil:
			return done, err
		case chunk.Kind == wire.Note:
			if err := json.Unmarshal(chunk.Data, &done); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func (f fileHouse) upload(t *testing.T) {
	p := terminal.WriteFileParams{Node: "den", Session: f.session.ID, Name: "up.bin", Size: int64(len(f.content)), Upload: "0123456789abcdef"}
	done, err := sendFile(t, f.owner, p, f.content)
	if err != nil || done.Path != filepath.Join(f.dir, "up.bin") {
		t.Fatalf("%+v, %v", done, err)
	}
	got, err := os.ReadFile(done.Path)
	if err != nil || !bytes.Equal(got, f.content) {
		t.Errorf("%d bytes came that are others (%v)", len(got), err)
	}
	wantAudit(t, f.House, "Olivia", tailbox.OliviaLaptop, terminal.WriteFile.Name,
		fmt.Sprintf("den/%s up.bin, %d bytes: to %s", f.session.ID, len(f.content), f.dir))
}

func (f fileHouse) withoutSession(t *testing.T) {
	list, err := rpc.Invoke(t.Context(), f.owner, terminal.ListFiles, terminal.ListFilesParams{Node: "den", Dir: f.dir})
	if err != nil || list.Account != f.Account || len(list.Entries) == 0 {
		t.Errorf("%+v, %v", list, err)
	}
	address := f.Address() + wire.FilesPath + "den?" + url.Values{"path": {filepath.Join(f.dir, "Bericht é.pdf")}}.Encode()
	if a := send(t, f.Client(tailbox.OliviaLaptop), http.MethodGet, address, "", saves); a.body != string(f.content) {
		t.Errorf("status %d, %d bytes", a.status, len(a.body))
	}
}

// A right that is taken away ends what is under way within about a second, and
// the browser does not take what came for all.
func (f fileHouse) revoked(t *testing.T) {
	path := filepath.Join(f.dir, "huge")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := file.Truncate(1 << 40); err != nil { // of nothing: it takes no space
		t.Fatal(err)
	}
	grantMax(t, f.House, `{"role": "member"}`, terminals(f.Account, "den"))
	c := f.Client(tailbox.MaxTablet)
	c.Timeout = 0
	var resp *http.Response
	homietest.Eventually(t, "the policy arrives", func() error {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.url(path), nil)
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range saves {
			req.Header.Set(k, v)
		}
		if resp, err = c.Do(req); err == nil && resp.StatusCode != http.StatusOK {
			resp.Body.Close()
			err = fmt.Errorf("status %d", resp.StatusCode)
		}
		return err
	})
	defer resp.Body.Close()
	if _, err := io.CopyN(io.Discard, resp.Body, 1<<20); err != nil {
		t.Fatal(err)
	}
	since := time.Now()
	grantMax(t, f.House, `{"role": "member"}`)
	if _, err := io.Copy(io.Discard, resp.Body); err == nil {
		t.Error("the download ended as if it were whole")
	}
	if took := time.Since(since); took > 10*time.Second {
		t.Errorf("the download went on for %v", took)
	}
}

// A person does not take all the room that a machine has for files: those who
// have their share wait.
func TestManyDownloads(t *testing.T) {
	f := newFileHouse(t)
	open := func(n int) (*rpc.Stream, error) {
		_, s, err := rpc.Open(t.Context(), f.owner, terminal.ReadFile, terminal.ReadFileParams{Node: "den", Session: f.session.ID, Path: "Bericht é.pdf"})
		return s, err
	}
	for n := range 8 {
		s, err := open(n)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close(nil)
	}
	_, err := open(8)
	wantReason(t, "one more", err, wire.Busy)
	if a := send(t, f.Client(tailbox.OliviaLaptop), http.MethodGet, f.url("Bericht é.pdf"), "", saves); a.status != http.StatusServiceUnavailable {
		t.Errorf("one more over HTTP: status %d", a.status)
	}
}
