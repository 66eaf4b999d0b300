//go:build linux || darwin

// Package osaccounts makes OS accounts for a test that stand in files of the test
// alone: the machine has nobody by these names and numbers, and nothing of it is
// changed. Running programs under such a number is what only root may do.
package osaccounts

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"homie/internal/accounts"
)

// Numbers of the accounts, which are nobody's.
const (
	Media = 61001
	Other = 61002
	Video = 61100 // a group, in which Media is
)

// Machine is where the accounts are.
type Machine struct {
	Database accounts.Database
	// Shared is where Homie may put what all of them read.
	Shared string

	root string
}

// New makes the accounts, and homes for media and other.
func New(t testing.TB) Machine {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("running programs as other accounts takes root")
	}
	m := Machine{root: t.TempDir()}
	Passable(t, m.root)
	m.Shared = filepath.Join(m.root, "shared")
	for name, id := range map[string]int{"media": Media, "other": Other, "etc": 0} {
		if err := os.Mkdir(m.Home(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(m.Home(name), id, id); err != nil {
			t.Fatal(err)
		}
	}
	etc := func(name, text string) string {
		path := filepath.Join(m.Home("etc"), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	m.Database = accounts.Database{
		Passwd: etc("passwd", fmt.Sprintf(`root:x:0:0::/root:/bin/bash
media:x:%d:%d::%s:/bin/bash
other:x:%d:%d::%s:/bin/sh
toor:x:0:0::/root:/bin/bash
service:x:61003:61003::/nonexistent:/usr/sbin/nologin
ended:x:61004:61004::/:/bin/sh
homeless:x:61005:61005::/nonexistent:/bin/sh
shellless:x:61006:61006::/:/bin/nosuchshell
damaged:x:-1:0::/:/bin/sh
`, Media, Media, m.Home("media"), Other, Other, m.Home("other"))),
		Group:  etc("group", fmt.Sprintf("root:x:0:\ntty:x:5:\nvideo:x:%d:media\n", Video)),
		Shadow: etc("shadow", "ended:!:1:0:9:7::1:\n"),
	}
	return m
}

// Home is the home of an account, and where a test may make other folders.
func (m Machine) Home(name string) string { return filepath.Join(m.root, name) }

// Passable lets everybody pass through a folder that the test made, and nobody
// list it.
func Passable(t testing.TB, dir string) {
	t.Helper()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o711); err != nil {
			t.Fatal(err)
		}
	}
}
