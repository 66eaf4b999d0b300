package gateway_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// BenchmarkFiles moves a file over two tsnet hops, each way there is: a person's
// device, the gateway, a node and its holder, all in this process but the last.
func BenchmarkFiles(b *testing.B) {
	const size = 64 << 20
	h := homietest.New(b)
	h.StartNode(tailbox.NodeDen)
	c, _ := h.Connect(tailbox.OliviaLaptop)
	dir, content := b.TempDir(), make([]byte, size)
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		b.Fatal(err)
	}
	homietest.Eventually(b, "the node is there", func() error {
		_, err := rpc.Invoke(b.Context(), c, terminal.ListFiles, terminal.ListFilesParams{Node: "den"})
		return err
	})
	b.Run("read", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			_, s, err := rpc.Open(b.Context(), c, terminal.ReadFile, terminal.ReadFileParams{Node: "den", Path: path})
			if err != nil {
				b.Fatal(err)
			}
			for {
				if _, err := s.Recv(b.Context()); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
			s.Close(nil)
		}
	})
	b.Run("http", func(b *testing.B) {
		client := h.Client(tailbox.OliviaLaptop)
		b.SetBytes(size)
		for b.Loop() {
			req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, h.Address()+wire.FilesPath+"den?path="+path, nil)
			if err != nil {
				b.Fatal(err)
			}
			req.Header.Set("Sec-Homie", "1")
			resp, err := client.Do(req)
			if err != nil {
				b.Fatal(err)
			}
			if n, err := io.Copy(io.Discard, resp.Body); err != nil || n != size {
				b.Fatal(n, err)
			}
			resp.Body.Close()
		}
	})
	b.Run("write", func(b *testing.B) {
		b.SetBytes(size)
		for n := 0; b.Loop(); n++ {
			p := terminal.WriteFileParams{Node: "den", Dir: dir, Name: "sent", Size: size, Upload: fmt.Sprintf("upload%06d", n)}
			_, s, err := rpc.Open(b.Context(), c, terminal.WriteFile, p)
			if err != nil {
				b.Fatal(err)
			}
			if err := s.Send(b.Context(), 0, content); err != nil {
				b.Fatal(err)
			}
			for {
				if _, err := s.Recv(b.Context()); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
			s.Close(nil)
		}
	})
}
