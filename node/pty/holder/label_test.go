//go:build linux || darwin

package holder

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"homie/wire/terminal"
)

func TestUpdate(t *testing.T) {
	news := make(chan terminal.Session, 100)
	m := run(t, Config{Changed: func(v terminal.Session) { news <- v }})
	s := begin(t, m, "sleep", "1000")
	name, group, none := "Backup of the photos", "Photos", ""
	if v, err := m.Update(terminal.UpdateParams{Session: s.id, Name: &name, Group: &group}); err != nil || v.Name != name || v.Group != group {
		t.Fatalf("Update = %+v, %v", v, err)
	}
	for v := range news {
		if v.Name == name && v.Group == group {
			break
		}
	}
	if v, err := m.Update(terminal.UpdateParams{Session: s.id, Group: &none}); err != nil || v.Name != name || v.Group != "" {
		t.Errorf("without its group it is %q in %q, %v", v.Name, v.Group, err)
	}
	if v, err := m.Update(terminal.UpdateParams{Session: s.id, Name: &none}); err != nil || v.Name != "sleep" {
		t.Errorf("without its name it is called %q, %v; want its program", v.Name, err)
	}
	if _, err := m.Update(terminal.UpdateParams{Session: "gone"}); err == nil {
		t.Error("a session that is not there is renamed")
	}
}

func TestStartWith(t *testing.T) {
	m := run(t, Config{Environ: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TMUX=/tmp/x,1,0"}})
	s := beginWith(t, m, terminal.StartParams{
		Command: []string{"sh", "-c", `echo "[$GREETING][$LANG][$HOMIE_NODE][$TMUX]"`}, Cols: 80, Rows: 24, Node: "den",
		Env: map[string]string{"GREETING": "a b", "LANG": "de_DE.UTF-8"}, Group: "Media", Icon: terminal.IconMedia,
	})
	if got, want := output(t, s), "[a b][de_DE.UTF-8][den][]\r\n"; got != want {
		t.Errorf("the environment is %q, want %q", got, want)
	}
	if v := s.Info(); v.Group != "Media" || v.Icon != terminal.IconMedia {
		t.Errorf("the session is in %q with the icon %q", v.Group, v.Icon)
	}
}

func TestCwd(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells in which folder another process stands")
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	inner := filepath.Join(dir, "inner")
	if err := os.Mkdir(inner, 0o700); err != nil {
		t.Fatal(err)
	}
	m := run(t, Config{Dir: dir})
	s := shell(t, m, "pwd; cd inner; echo moved; exec sleep 1000")
	c, _ := attach(t, s, 0)
	c.shows(t, "moved\r\n")
	if got := s.Info(); got.Cwd != inner || got.Dir != dir {
		t.Errorf("it started in %s and stands in %s, want %s", got.Dir, got.Cwd, inner)
	}
	if err := os.Remove(inner); err != nil {
		t.Fatal(err)
	}
	if got := s.Info().Cwd; strings.Contains(got, "deleted") {
		t.Errorf("a folder that is gone is %q", got)
	}
}
