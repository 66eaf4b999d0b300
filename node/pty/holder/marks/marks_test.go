package marks

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

func TestInstall(t *testing.T) {
	dir := t.TempDir()
	first, err := Install(dir)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(first, "homie.bash")
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Fatalf("%s: %v, %v, want it readable for all", file, info.Mode(), err)
	}
	if err := os.WriteFile(file, []byte("# changed"), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := Install(dir)
	if err != nil || again != first {
		t.Errorf("Install again = %s, %v, want %s", again, err, first)
	}
	if b, _ := os.ReadFile(file); string(b) != "# changed" {
		t.Error("what is there was written again")
	}
	// A holder that was killed meanwhile has left half of it.
	if err := os.Remove(filepath.Join(first, "complete")); err != nil {
		t.Fatal(err)
	}
	if _, err := Install(dir); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(file); string(b) == "# changed" {
		t.Error("what was not complete was not written again")
	}
	if _, err := Install(filepath.Join(file, "below")); err == nil {
		t.Error("Install into a file says nothing")
	}
}

func TestFor(t *testing.T) {
	plain := []string{"HOME=/h", "PATH=/bin"}
	for _, c := range []struct {
		file           string
		argv, env      []string
		wantArg, added []string
	}{
		{"/bin/bash", []string{"bash"}, plain, []string{"bash", "--rcfile", "/d/homie.bash"}, nil},
		{"/bin/bash", []string{"-bash"}, plain, []string{"bash", "--rcfile", "/d/login.bash"}, nil},
		{"/bin/bash", []string{"bash", "-c", "true"}, plain, []string{"bash", "-c", "true"}, nil},
		{"/bin/bash", []string{"bash"}, append([]string{Off + "=0"}, plain...), []string{"bash"}, nil},
		{"/bin/zsh", []string{"-zsh"}, plain, []string{"-zsh"}, []string{"ZDOTDIR=/d/zsh"}},
		{"/bin/zsh", []string{"zsh"}, append([]string{"ZDOTDIR=/z"}, plain...), []string{"zsh"}, []string{"ZDOTDIR=/d/zsh", "HOMIE_ZDOTDIR=/z"}},
		{"/usr/bin/fish", []string{"fish"}, plain, []string{"fish"}, []string{"XDG_DATA_DIRS=/d/data:/usr/local/share:/usr/share"}},
		{"/bin/sh", []string{"sh"}, plain, []string{"sh"}, nil},
		{"/usr/bin/htop", []string{"htop"}, plain, []string{"htop"}, nil},
	} {
		argv, env := For("/d", c.file, c.argv, c.env)
		if !slices.Equal(argv, c.wantArg) {
			t.Errorf("%v starts as %v, want %v", c.argv, argv, c.wantArg)
		}
		for _, kv := range c.added {
			if !slices.Contains(env, kv) {
				t.Errorf("%v has the environment %v, want %s in it", c.argv, env, kv)
			}
		}
		if len(c.added) == 0 && !slices.Equal(env, c.env) {
			t.Errorf("%v has the environment %v, want %v", c.argv, env, c.env)
		}
	}
}

func TestScriptsAreClean(t *testing.T) {
	for _, c := range [][]string{
		{"shellcheck", "-x", "-P", "SCRIPTDIR", "files/homie.bash", "files/login.bash"},
		{"zsh", "-n", "files/zsh/.zshenv"},
		{"zsh", "-n", "files/zsh/homie.zsh"},
		{"fish", "-n", "files/data/fish/vendor_conf.d/homie.fish"},
	} {
		t.Run(c[0], func(t *testing.T) {
			need(t, c[0])
			if out, err := exec.Command(c[0], c[1:]...).CombinedOutput(); err != nil {
				t.Errorf("%v: %v\n%s", c, err, out)
			}
		})
	}
}

// need leaves a test out where a program is missing, which CI does not accept.
func need(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("there is no %s here; .ci/run installs it", name)
	}
	t.Skipf("left out: there is no %s here; apt install %s", name, name)
}
