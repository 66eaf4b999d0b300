package winproc

import (
	"errors"
	"strings"
	"unicode/utf16"
)

// maxCommandLine is how long a command line may be, in UTF-16 units with the
// closing NUL.
const maxCommandLine = 32767

// errors of a command that can't be put into a line.
var (
	errLong    = errors.New("the command is too long for Windows")
	errNUL     = errors.New("the command contains a NUL character")
	errNoBatch = errors.New("a batch file can't be given an argument with a line break")
)

// Command returns what CreateProcess is to be told for a program and its
// arguments, of which the first is the program's name: the file to start, and the
// one string that arguments are there. A batch file is started by the command
// interpreter, which has rules of its own.
func Command(path string, argv []string, interpreter string) (file, line string, err error) {
	if strings.ContainsRune(path+strings.Join(argv, ""), 0) {
		return "", "", errNUL
	}
	file, line = path, Line(argv)
	if IsBatch(path) {
		file = interpreter
		if line, err = batchLine(path, argv); err != nil {
			return "", "", err
		}
	}
	if len(utf16.Encode([]rune(line))) >= maxCommandLine {
		return "", "", errLong
	}
	return file, line, nil
}

// IsBatch reports whether a file is a script of the command interpreter. Windows
// ignores spaces and dots at the end of a name.
func IsBatch(path string) bool {
	path = strings.TrimRight(path, " .")
	return hasSuffixFold(path, ".bat") || hasSuffixFold(path, ".cmd")
}

// Line joins arguments so that a program finds them again by the rules of
// CommandLineToArgvW and of the C runtime. The first is the program's name, which
// knows no escaping: what can't be in a file's name is left out of it.
func Line(argv []string) string {
	var b strings.Builder
	for i, arg := range argv {
		if i == 0 {
			b.WriteString(quoteName(arg))
			continue
		}
		b.WriteByte(' ')
		quote(&b, arg)
	}
	return b.String()
}

func quoteName(name string) string {
	name = strings.ReplaceAll(name, `"`, "")
	if name == "" || strings.ContainsAny(name, " \t") {
		return `"` + name + `"`
	}
	return name
}

// quote writes an argument. A backslash means something only before a quotation
// mark: then 2n of them are n, and one more makes the mark a plain one.
func quote(b *strings.Builder, arg string) {
	marks := arg == "" || strings.ContainsAny(arg, " \t\n\v\"")
	if !marks {
		b.WriteString(arg)
		return
	}
	b.WriteByte('"')
	slashes := 0
	for i := range len(arg) {
		switch arg[i] {
		case '\\':
			slashes++
		case '"':
			b.WriteString(strings.Repeat(`\`, slashes+1)) // beside those written
			slashes = 0
		default:
			slashes = 0
		}
		b.WriteByte(arg[i])
	}
	b.WriteString(strings.Repeat(`\`, slashes))
	b.WriteByte('"')
}

// batchLine is the line for the command interpreter to run a batch file. The
// interpreter expands variables and knows operators, even between quotation marks
// that it counts differently than programs do, so that every argument is quoted,
// marks are doubled, and a percent sign is kept from naming a variable by one
// whose value is empty (%cd:~,% is the current folder from its end on).
func batchLine(path string, argv []string) (string, error) {
	if strings.ContainsAny(path, `"%`) || strings.HasSuffix(path, `\`) {
		return "", errors.New("a batch file's name has characters that it can't be run with")
	}
	var b strings.Builder
	b.WriteString(`cmd.exe /e:ON /v:OFF /d /c ""` + path + `"`)
	for _, arg := range argv[min(1, len(argv)):] {
		if strings.ContainsAny(arg, "\r\n") {
			return "", errNoBatch
		}
		b.WriteString(` "`)
		slashes := 0
		for i := range len(arg) {
			switch arg[i] {
			case '\\':
				slashes++
			case '"':
				b.WriteString(strings.Repeat(`\`, slashes) + `"`) // and the mark once more
				slashes = 0
			case '%':
				b.WriteString(`%%cd:~,`)
				slashes = 0
			default:
				slashes = 0
			}
			b.WriteByte(arg[i])
		}
		b.WriteString(strings.Repeat(`\`, slashes) + `"`)
	}
	b.WriteByte('"')
	return b.String(), nil
}
