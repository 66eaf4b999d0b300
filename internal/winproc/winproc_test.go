package winproc

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// parse reads a command line as CommandLineToArgvW does.
func parse(line string) (argv []string) {
	name, rest := line, ""
	if strings.HasPrefix(line, `"`) {
		name, rest, _ = strings.Cut(line[1:], `"`)
	} else if i := strings.IndexAny(line, " \t"); i >= 0 {
		name, rest = line[:i], line[i:]
	}
	argv = []string{name}
	for {
		rest = strings.TrimLeft(rest, " \t")
		if rest == "" {
			return argv
		}
		var arg string
		arg, rest = parseOne(rest)
		argv = append(argv, arg)
	}
}

func parseOne(s string) (arg, rest string) {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(s); {
		slashes := 0
		for ; i < len(s) && s[i] == '\\'; i++ {
			slashes++
		}
		switch {
		case i < len(s) && s[i] == '"':
			b.WriteString(strings.Repeat(`\`, slashes/2))
			switch {
			case slashes%2 == 1:
				b.WriteByte('"')
			case quoted && i+1 < len(s) && s[i+1] == '"':
				b.WriteByte('"')
				i++
			default:
				quoted = !quoted
			}
			i++
			continue
		case slashes > 0:
			b.WriteString(strings.Repeat(`\`, slashes))
			continue
		case !quoted && (s[i] == ' ' || s[i] == '\t'):
			return b.String(), s[i:]
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String(), ""
}

func TestLine(t *testing.T) {
	for _, tt := range []struct {
		argv []string
		want string
	}{
		{[]string{`C:\x.exe`}, `C:\x.exe`},
		{[]string{`C:\Program Files\x.exe`, "a"}, `"C:\Program Files\x.exe" a`},
		{[]string{"x", ""}, `x ""`},
		{[]string{"x", `a b`, `c\`}, `x "a b" c\`},
		{[]string{"x", `a b\`}, `x "a b\\"`},
		{[]string{"x", `say "hi"`}, `x "say \"hi\""`},
		{[]string{"x", `a\"b`}, `x "a\\\"b"`},
		{[]string{"x", `\\host\share`}, `x \\host\share`},
		{[]string{"x", "one\ntwo"}, "x \"one\ntwo\""},
	} {
		if got := Line(tt.argv); got != tt.want {
			t.Errorf("Line(%q) = %s, want %s", tt.argv, got, tt.want)
		}
	}
}

func FuzzLineIsReadBack(f *testing.F) {
	f.Add("a", "b c")
	f.Add(`\\\"`, `"" "`)
	f.Add("", `x\`)
	f.Fuzz(func(t *testing.T, a, b string) {
		want := []string{`C:\Program Files\x.exe`, a, b}
		if got := parse(Line(want)); !slices.Equal(got, want) {
			t.Errorf("%q came back as %q, from %s", want, got, Line(want))
		}
	})
}

func TestCommand(t *testing.T) {
	const cmd = `C:\Windows\System32\cmd.exe`
	for _, tt := range []struct {
		path       string
		args       []string
		file, line string // line "" for an error
	}{
		{`C:\t\x.exe`, []string{"a b"}, `C:\t\x.exe`, `x "a b"`},
		{`C:\t\x.cmd`, []string{"a"}, cmd, `cmd.exe /e:ON /v:OFF /d /c ""C:\t\x.cmd" "a""`},
		{`C:\t\x.BAT. `, []string{`"&calc`}, cmd, `cmd.exe /e:ON /v:OFF /d /c ""C:\t\x.BAT. " """&calc""`},
		{`C:\t\x.cmd`, []string{`%PATH%`}, cmd, `cmd.exe /e:ON /v:OFF /d /c ""C:\t\x.cmd" "%%cd:~,%PATH%%cd:~,%""`},
		{`C:\t\x.cmd`, []string{`a\`}, cmd, `cmd.exe /e:ON /v:OFF /d /c ""C:\t\x.cmd" "a\\""`},
		{`C:\t\x.cmd`, []string{"a\nb"}, "", ""},
		{`C:\%t%\x.cmd`, nil, "", ""},
		{`C:\t\x.exe`, []string{"a\x00b"}, "", ""},
		{`C:\t\x.exe`, []string{strings.Repeat("a", 1<<15)}, "", ""},
	} {
		file, line, err := Command(tt.path, append([]string{"x"}, tt.args...), cmd)
		if (err != nil) != (tt.line == "") || file != tt.file || line != tt.line {
			t.Errorf("Command(%q, %q) = %s, %s, %v; want %s, %s", tt.path, tt.args, file, line, err, tt.file, tt.line)
		}
	}
}

// A batch file's argument stays between quotation marks as the interpreter counts
// them, or it could end the command and begin another one.
func FuzzBatchArgumentsStayQuoted(f *testing.F) {
	for _, s := range []string{`"`, `a"b&c`, `\"`, `%x%`, `^&|<>`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, arg string) {
		line, err := batchLine(`C:\x.cmd`, []string{"x", arg})
		if err != nil {
			return
		}
		inner, ok := strings.CutPrefix(line, `cmd.exe /e:ON /v:OFF /d /c "`)
		if !ok {
			t.Fatalf("%q is no call of the interpreter", line)
		}
		inner = strings.TrimSuffix(inner, `"`) // the outer pair is taken off
		if strings.Count(inner, `"`)%2 != 0 {
			t.Fatalf("%q gives an odd number of marks: %s", arg, inner)
		}
		quoted := false
		for i := range len(inner) {
			switch {
			case inner[i] == '"':
				quoted = !quoted
			case !quoted && strings.IndexByte("&|<>^()\r\n", inner[i]) >= 0:
				t.Fatalf("%q leaves %q unquoted in %s", arg, inner[i], inner)
			}
		}
		if n := strings.Count(arg, "%"); strings.Count(inner, "%%cd:~,%") != n {
			t.Fatalf("%q has a percent sign that is left as it is: %s", arg, inner)
		}
	})
}

func TestMergeKnowsNamesInAnyCase(t *testing.T) {
	got := Merge([]string{"Path=a", "X=1", "=C:=C:\\t", "bad"}, []string{"PATH=b", "Y="})
	if diff := cmp.Diff([]string{"PATH=b", "X=1", "Y="}, got); diff != "" {
		t.Error(diff)
	}
	for _, environ := range [][]string{got, {"PATH=a", "Path=b"}} {
		if v := Lookup(environ, "path"); v != "b" {
			t.Errorf("Lookup(%q, path) = %q, want b", environ, v)
		}
	}
}

func TestPublicLeavesKeysOut(t *testing.T) {
	got := Public([]string{"JAVA_HOME=j", "TS_AUTHKEY=k", "ts_authkey=k", "HOMIE_URL=u", "TAILSCALE_X=1"})
	if diff := cmp.Diff([]string{"JAVA_HOME=j"}, got); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string]bool{"Path": true, "ProgramFiles(x86)": true, "TS_AUTHKEY": false, "=C:": false} {
		if got := Inherits(name); got != want {
			t.Errorf("Inherits(%q) = %v", name, got)
		}
	}
}

func FuzzBlockIsReadBack(f *testing.F) {
	f.Add("Path", `C:\`, "x", "")
	f.Add("ü", "😀", "Ü", "2")
	f.Fuzz(func(t *testing.T, a, av, b, bv string) {
		environ := []string{a + "=" + av, b + "=" + bv}
		block, err := Block(environ)
		if strings.Contains(strings.Join(Merge(environ), ""), "\x00") != (err != nil) {
			t.Fatalf("Block(%q) = %v", environ, err)
		}
		if err != nil || !utf8.ValidString(strings.Join(environ, "")) {
			return
		}
		if n := len(block); n < 2 || block[n-1] != 0 || block[n-2] != 0 {
			t.Fatalf("Block(%q) ends with %v", environ, block)
		}
		var got []string
		for kv := range strings.SplitSeq(strings.TrimRight(string(utf16.Decode(block)), "\x00"), "\x00") {
			if kv != "" {
				got = append(got, kv)
			}
		}
		want := Merge(environ)
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("Block(%q) is read as %q", environ, got)
		}
	})
}

func TestBlockIsSorted(t *testing.T) {
	block, err := Block([]string{"b=1", "A=2", "PATH=3", "c=4"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(utf16.Decode(block)), "A=2\x00b=1\x00c=4\x00PATH=3\x00\x00"; got != want {
		t.Errorf("Block = %q, want %q", got, want)
	}
	if block, err = Block(nil); err != nil || len(block) != 2 {
		t.Errorf("Block of nothing = %v, %v; want two NULs", block, err)
	}
}

func TestFolder(t *testing.T) {
	const home, base = `C:\Users\olivia`, `D:\work`
	for path, want := range map[string]string{
		"":                base,
		"~":               home,
		"~/src":           home + `\src`,
		`~\src`:           home + `\src`,
		"~olivia":         base + `\~olivia`,
		"src":             base + `\src`,
		"a/b":             base + `\a\b`,
		`\tmp`:            `D:\tmp`,
		"/tmp":            `D:\tmp`,
		`E:\x`:            `E:\x`,
		"E:/x":            `E:\x`,
		"E:":              `E:\`,
		"E:x":             `E:\x`,
		"d:x":             base + `\x`,
		"D:":              base,
		`\\nas\photos\a`:  `\\nas\photos\a`,
		"//nas/photos":    `\\nas\photos`,
		`\\?\C:\long`:     `\\?\C:\long`,
		`..\up`:           base + `\..\up`,
		`C:`:              `C:\`,
		`ä:\x`:            base + `\ä:\x`,
		`D:\work\..\else`: `D:\work\..\else`,
	} {
		if got := Folder(path, base, home); got != want {
			t.Errorf("Folder(%q) = %s, want %s", path, got, want)
		}
	}
	if got := Folder(`\x`, `\\nas\photos\2026`, home); got != `\\nas\photos\x` {
		t.Errorf("the root of a share is %s", got)
	}
	if got := Folder("x", `C:\`, home); got != `C:\x` {
		t.Errorf("below a root is %s", got)
	}
}

func FuzzFolderIsAbsolute(f *testing.F) {
	f.Add("C:x")
	f.Add(`\\h\s`)
	f.Fuzz(func(t *testing.T, path string) {
		got := Folder(path, `D:\work`, `C:\Users\olivia`)
		v := Volume(got)
		if v == "" || (v[1] == ':' && !strings.HasPrefix(got[len(v):], `\`)) {
			t.Errorf("Folder(%q) = %q, which is not absolute", path, got)
		}
	})
}

func TestShell(t *testing.T) {
	environ := []string{
		`SystemRoot=C:\Windows`, `ProgramFiles=C:\Program Files`, `ComSpec=C:\Windows\System32\cmd.exe`,
		`Path=.;tools;C:\Windows;"C:\Tools\ps"`,
	}
	const (
		seven   = `C:\Program Files\PowerShell\7\pwsh.exe`
		windows = `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`
	)
	for _, tt := range []struct {
		name  string
		there []string
		want  string
	}{
		{"PowerShell 7 from the path", []string{`C:\Tools\ps\pwsh.exe`, seven, windows}, `C:\Tools\ps\pwsh.exe`},
		{"PowerShell 7 where it is installed", []string{seven, windows}, seven},
		{"Windows PowerShell", []string{windows}, windows},
		{"the command interpreter", nil, `C:\Windows\System32\cmd.exe`},
		{"no trap in the folder one stands in", []string{`.\pwsh.exe`, `tools\pwsh.exe`}, `C:\Windows\System32\cmd.exe`},
	} {
		got := Shell(environ, func(path string) bool { return slices.Contains(tt.there, path) })
		if got != tt.want {
			t.Errorf("%s: Shell = %s, want %s", tt.name, got, tt.want)
		}
	}
	if got := Shell(nil, func(string) bool { return false }); got != `C:\Windows\System32\cmd.exe` {
		t.Errorf("without an environment Shell = %s", got)
	}
	if got := ShellArgs(windows); !slices.Equal(got, []string{windows, "-NoLogo"}) {
		t.Errorf("ShellArgs = %q", got)
	}
	if got := ShellArgs(`C:\Windows\System32\cmd.exe`); len(got) != 1 {
		t.Errorf("ShellArgs = %q", got)
	}
}

func TestBase(t *testing.T) {
	for path, want := range map[string]string{
		`C:\Windows\System32\cmd.exe`: "cmd", "D:/x/Run.CMD": "Run", "vim": "vim", "C:x.exe": "x", ".exe": ".exe", "a.txt": "a.txt",
	} {
		if got := Base(path); got != want {
			t.Errorf("Base(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestEnding(t *testing.T) {
	for _, tt := range []struct {
		number uint32
		asked  Asked
		code   int
		signal string
	}{
		{0, Nothing, 0, ""},
		{3, Nothing, 3, ""},
		{0xFFFFFFFF, Nothing, -1, ""},
		{0xC0000135, Nothing, -1073741515, ""}, // a library is missing
		{0xC000013A, Nothing, 0, "SIGINT"},
		{0xC000013A, HangUp, 0, "SIGHUP"},
		{5, HangUp, 5, ""},
		{0xC0000005, Nothing, 0, "SIGSEGV"},
		{1, Kill, 0, "SIGKILL"},
	} {
		if code, signal := Ending(tt.number, tt.asked); code != tt.code || signal != tt.signal {
			t.Errorf("Ending(%#x, %d) = %d, %q; want %d, %q", tt.number, tt.asked, code, signal, tt.code, tt.signal)
		}
	}
}

func TestCells(t *testing.T) {
	for _, tt := range []struct {
		cols, rows int
		x, y       int16
	}{{80, 24, 80, 24}, {0, -1, 1, 1}, {1 << 20, 1 << 15, 32767, 32767}} {
		if x, y := Cells(tt.cols, tt.rows); x != tt.x || y != tt.y {
			t.Errorf("Cells(%d, %d) = %d, %d; want %d, %d", tt.cols, tt.rows, x, y, tt.x, tt.y)
		}
	}
}
