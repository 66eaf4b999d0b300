package accounts

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// database writes the files of a test. A text that is empty is a file that is
// not there.
func database(t testing.TB, passwd, group, shadow string) Database {
	t.Helper()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if text == "" {
			return path
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return Database{Passwd: file("passwd", passwd), Group: file("group", group), Shadow: file("shadow", shadow)}
}

const passwdText = `# of a test
root:x:0:0:root:/root:/bin/bash
media:x:61001:61001:Films, and music:/srv/media//:/bin/sh
backup:x:61002:61001::/nonexistent:/usr/sbin/nologin
bare:x:61003:61003:::
+@nis
short:x:61004
words:x:six:61004::/:/bin/sh
minus:x:-1:61004::/:/bin/sh
last:x:4294967295:1::/:/bin/sh
plus:x:+5:1::/:/bin/sh
group:x:61005:one::/:/bin/sh
place:x:61006:61006::srv:/bin/sh
shell:x:61006:61006::/:sh
twice:x:61007:61007::/:/bin/sh
twice:x:0:0::/:/bin/sh
again:x:61008:61008::/:/bin/sh
bell:x:61009:61009::/srv/` + "\a" + `:/bin/sh
again:x:61008:61008::/:/bin/sh
old:x:61010:61010::/:/bin/sh
odd:x:61011:61011::/:/bin/sh
`

const groupText = `root:x:0:
video:x:61100:media,other
media:x:61001:media
audio:x:61101:other,media
wrong:x:many:bare
tty:x:5:
`

const shadowText = `root:*:19000:0:99999:7:::
old:!:19000:0:99999:7::20000:
media:!:19000:0:99999:7::-1:
odd:!:19000
`

func TestLookup(t *testing.T) {
	d := database(t, passwdText, groupText, shadowText)
	for name, want := range map[string]Account{
		"root":   {Name: "root", Groups: []uint32{0}, Home: "/root", Shell: "/bin/bash"},
		"media":  {Name: "media", UID: 61001, GID: 61001, Groups: []uint32{61001, 61100, 61101}, Home: "/srv/media", Shell: "/bin/sh"},
		"backup": {Name: "backup", UID: 61002, GID: 61001, Groups: []uint32{61001}, Home: "/nonexistent", Shell: "/usr/sbin/nologin"},
		"again":  {Name: "again", UID: 61008, GID: 61008, Groups: []uint32{61008}, Home: "/", Shell: "/bin/sh"},
		"old":    {Name: "old", UID: 61010, GID: 61010, Groups: []uint32{61010}, Home: "/", Shell: "/bin/sh", Ended: time.Date(2024, 10, 4, 0, 0, 0, 0, time.UTC)},
	} {
		got, err := d.Lookup(name)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Lookup(%q) = %v\n%s", name, err, diff)
		}
	}
	for _, name := range []string{"", "nobody", "Media", "media ", "+@nis", "+", "-", "a:b", "#", "a\nb", "ro/ot", "mediaü", strings.Repeat("a", 65)} {
		if got, err := d.Lookup(name); !errors.Is(err, ErrUnknown) {
			t.Errorf("Lookup(%q) = %+v, %v", name, got, err)
		}
	}
	for _, name := range []string{"short", "words", "minus", "last", "plus", "group", "place", "shell", "twice", "bare", "bell", "odd"} {
		if got, err := d.Lookup(name); !errors.Is(err, ErrDamaged) {
			t.Errorf("Lookup(%q) = %+v, %v", name, got, err)
		}
	}
}

// An account without home and shell has those that login gives it.
func TestEmptyFields(t *testing.T) {
	d := database(t, "bare:x:7:7:::\n", "", "")
	d.Group = ""
	got, err := d.Lookup("bare")
	if want := (Account{Name: "bare", UID: 7, GID: 7, Groups: []uint32{7}, Home: "/", Shell: "/bin/sh"}); err != nil || !cmp.Equal(got, want) {
		t.Errorf("Lookup = %+v, %v", got, err)
	}
}

func TestNumbers(t *testing.T) {
	d := database(t, passwdText, groupText, "")
	if got := d.Name(61001); got != "media" {
		t.Errorf("Name = %q", got)
	}
	if got := d.Name(9); got != "" {
		t.Errorf("Name = %q of nobody", got)
	}
	if gid, ok := d.GroupID("tty"); gid != 5 || !ok {
		t.Errorf("GroupID = %d, %v", gid, ok)
	}
	for _, name := range []string{"wrong", "none"} {
		if gid, ok := d.GroupID(name); ok {
			t.Errorf("GroupID(%q) = %d", name, gid)
		}
	}
}

// A file that anybody may write says nothing of who anybody is.
func TestFilesOfOthers(t *testing.T) {
	for _, file := range []func(Database) string{
		func(d Database) string { return d.Passwd },
		func(d Database) string { return d.Group },
		func(d Database) string { return d.Shadow },
	} {
		d := database(t, passwdText, groupText, shadowText)
		if err := os.Chmod(file(d), 0o666); err != nil {
			t.Fatal(err)
		}
		if got, err := d.Lookup("media"); err == nil || errors.Is(err, ErrUnknown) {
			t.Errorf("with a %s that all may write there is %+v, %v", filepath.Base(file(d)), got, err)
		}
	}
	d := database(t, passwdText, groupText, "")
	if _, err := d.Lookup("media"); err != nil {
		t.Errorf("without a shadow file: %v", err)
	}
	d = database(t, strings.Repeat("#", maxFile)+"\n"+passwdText, groupText, "")
	if got, err := d.Lookup("media"); err == nil {
		t.Errorf("in a file without end there is %+v", got)
	}
}

func TestLogin(t *testing.T) {
	for shell, want := range map[string]bool{
		"/usr/sbin/nologin": true, "/sbin/nologin": true, "/bin/false": true, "/usr/bin/true": true, "/bin/sync": true,
		"/bin/bash": false, "/bin/sh": false, "/opt/nologin/zsh": false,
	} {
		if got := (Account{Shell: shell}).NoLogin(); got != want {
			t.Errorf("NoLogin of %s = %v", shell, got)
		}
	}
	day := time.Date(2024, 10, 4, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		ended, now time.Time
		want       bool
	}{{time.Time{}, day, false}, {day, day, true}, {day, day.Add(-time.Second), false}, {day, day.AddDate(1, 0, 0), true}} {
		if got := (Account{Ended: tt.ended}).HasEnded(tt.now); got != tt.want {
			t.Errorf("of one that ends on %v, at %v: %v", tt.ended, tt.now, got)
		}
	}
}

// FuzzLookup reads files that nobody wrote with care.
func FuzzLookup(f *testing.F) {
	f.Add(passwdText, groupText, shadowText, "media")
	f.Add("a:x:0:0::/:/bin/sh", "a:x:1:a", "a::::::::", "a")
	f.Fuzz(func(t *testing.T, passwd, group, shadow, name string) {
		a, err := database(t, passwd, group, shadow).Lookup(name)
		if err != nil {
			return
		}
		if a.Name != name || !filepath.IsAbs(a.Home) || !filepath.IsAbs(a.Shell) || len(a.Groups) == 0 || a.Groups[0] != a.GID || a.UID == nobodyID {
			t.Errorf("Lookup(%q) = %+v", name, a)
		}
		if !strings.Contains("\n"+passwd, "\n"+name+":") {
			t.Errorf("Lookup(%q) found what no line has: %+v", name, a)
		}
	})
}
