//go:build linux || darwin

package holder

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"homie/wire/terminal"
)

func TestNumbered(t *testing.T) {
	long := strings.Repeat("é", 127) // 254 bytes
	for _, c := range []struct {
		name string
		n    int
		want string
	}{
		{"a.txt", 0, "a.txt"},
		{"a.txt", 1, "a (1).txt"},
		{"a.tar.gz", 2, "a (2).tar.gz"},
		{".bashrc", 3, ".bashrc (3)"},
		{"noend", 12, "noend (12)"},
		{"a.", 1, "a (1)."},
		{"v1.a long sentence that is no ending", 1, "v1.a long sentence that is no ending (1)"},
		{long, 1, strings.Repeat("é", 125) + " (1)"},
	} {
		got := numbered(c.name, c.n)
		if got != c.want {
			t.Errorf("numbered(%q, %d) = %q, want %q", c.name, c.n, got, c.want)
		}
	}
}

// FuzzNumbered wants names that are still names, and no two alike.
func FuzzNumbered(f *testing.F) {
	f.Add("a.tar.gz", 1)
	f.Add(strings.Repeat("é", 127), 999)
	f.Fuzz(func(t *testing.T, name string, n int) {
		if terminal.CheckFileName(name) != nil || n < 0 || n >= maxCopies {
			return
		}
		got := numbered(name, n)
		if err := terminal.CheckFileName(got); err != nil {
			t.Errorf("numbered(%q, %d) = %q: %v", name, n, got, err)
		}
		if n > 0 && got == name {
			t.Errorf("numbered(%q, %d) is the same", name, n)
		}
	})
}

// A file that is there stays what it is, whichever way the part gets its name.
func TestPutInPlace(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for name, text := range map[string]string{"a": "old", "part": "new"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := putInPlace(root, "part", "a"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a file: %v", err)
	}
	name, err := settle(root, "part", "a")
	if err != nil || name != "a (1)" {
		t.Fatalf("settle = %q, %v", name, err)
	}
	for name, want := range map[string]string{"a": "old", "a (1)": "new"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
}

func TestWhileMoving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, beat, stop := whileMoving(t.Context(), time.Minute)
		defer stop()
		for range 5 {
			time.Sleep(50 * time.Second)
			beat()
		}
		if ctx.Err() != nil {
			t.Fatalf("it ended: %v", context.Cause(ctx))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if !errors.Is(context.Cause(ctx), errIdle) {
			t.Errorf("it ended with %v", context.Cause(ctx))
		}
	})
}

// What the shell says of its folder counts where the system does not tell, if it
// says it of this machine.
func TestToldFolder(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	m := run(t, Config{})
	for said, want := range map[string]string{"": "/usr", "localhost": "/usr", host: "/usr", "elsewhere.example": ""} {
		s := shell(t, m, `printf '\033]7;file://`+said+`/usr\007'`)
		end(t, s)
		if got := s.toldFolder(); got != want {
			t.Errorf("said of %q: %q, want %q", said, got, want)
		}
	}
}
