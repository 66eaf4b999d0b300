package holder

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"homie/wire/terminal"
)

// castFile is where a recording is written.
type castFile interface {
	io.WriteCloser
	Truncate(size int64) error
}

// castHead is the first line of an asciicast v3 file.
type castHead struct {
	Version   int               `json:"version"`
	Term      castTerm          `json:"term"`
	Timestamp int64             `json:"timestamp"`
	Command   string            `json:"command,omitzero"`
	Title     string            `json:"title,omitzero"`
	Env       map[string]string `json:"env"`
}

type castTerm struct {
	Cols int    `json:"cols"`
	Rows int    `json:"rows"`
	Type string `json:"type"`
}

// castNote is what Homie has to know of a recording beside. It is the second
// line of the file, a comment to everybody else.
type castNote struct {
	Session   string    `json:"session"`
	Account   string    `json:"account"`
	Owner     string    `json:"owner"`
	By        string    `json:"by"`
	StartedAt time.Time `json:"startedAt"`
}

// noteMark begins the line with a castNote.
const noteMark = "# homie "

// cast writes a recording as asciicast v3: a line of JSON for each event, in
// order, with the time since the one before. It writes whole lines only.
type cast struct {
	file  castFile
	more  func() bool // allows more bytes, see allowed; false: there is no room
	limit int64       // bytes that the file may have

	bytes   int64  // written
	allowed int64  // may be written before more is asked
	last    int64  // time of the latest event, in microseconds since the first
	buf     []byte // whole lines that are not written
}

// castBuffer is how much is collected before it is written, in bytes.
const castBuffer = 64 << 10

// errCastCap says that a recording has the size that it may have, errCastQuota
// that all have.
var (
	errCastCap   = errors.New("the recording has the size that one may have")
	errCastQuota = errors.New("the recordings have the size that they may have")
)

// head writes the first two lines.
func (c *cast) head(info terminal.Session, cols, rows int, note castNote) error {
	head, err := json.Marshal(castHead{
		Version: 3, Term: castTerm{Cols: cols, Rows: rows, Type: "xterm-256color"}, Timestamp: note.StartedAt.Unix(),
		Command: commandLine(info.Command), Title: info.Name, Env: map[string]string{"TERM": "xterm-256color"},
	})
	if err != nil {
		return fmt.Errorf("describing a recording: %w", err)
	}
	about, err := json.Marshal(note)
	if err != nil {
		return fmt.Errorf("describing a recording: %w", err)
	}
	c.buf = append(append(c.buf, head...), '\n')
	c.buf = append(append(append(c.buf, noteMark...), about...), '\n')
	return c.flush()
}

func commandLine(argv []string) string {
	var b bytes.Buffer
	for i, arg := range argv {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(arg)
	}
	return b.String()
}

// output notes what was printed at a time.
func (c *cast) output(at int64, p []byte) error {
	if len(p) == 0 {
		return nil
	}
	c.begin(at, 'o')
	c.buf = appendText(c.buf, p)
	return c.end()
}

// resize notes a new size of the terminal.
func (c *cast) resize(at int64, cols, rows int) error {
	return c.event(at, 'r', strconv.Itoa(cols)+"x"+strconv.Itoa(rows))
}

// event notes an event with a short text.
func (c *cast) event(at int64, code byte, text string) error {
	c.begin(at, code)
	c.buf = appendText(c.buf, []byte(text))
	return c.end()
}

func (c *cast) begin(at int64, code byte) {
	at = max(at, c.last) // clocks are set back
	c.buf = append(c.buf, '[')
	c.buf = appendSeconds(c.buf, at-c.last)
	c.buf = append(c.buf, ',', ' ', '"', code, '"', ',', ' ')
	c.last = at
}

func (c *cast) end() error {
	c.buf = append(c.buf, ']', '\n')
	if len(c.buf) < castBuffer {
		return nil
	}
	return c.flush()
}

// flush writes what was collected. After an error the file ends with the last
// line that fitted, and nothing more may be written.
func (c *cast) flush() error {
	if len(c.buf) == 0 {
		return nil
	}
	p := c.buf
	c.buf = c.buf[:0]
	if c.bytes+int64(len(p)) > c.limit {
		return errCastCap
	}
	for c.bytes+int64(len(p)) > c.allowed {
		if !c.more() {
			return errCastQuota
		}
	}
	n, err := c.file.Write(p)
	if err != nil {
		whole := bytes.LastIndexByte(p[:n], '\n') + 1
		// A reader leaves half a line out as well.
		_ = c.file.Truncate(c.bytes + int64(whole))
		n = whole
	}
	c.bytes += int64(n)
	return err
}

// appendSeconds appends microseconds as seconds.
func appendSeconds(b []byte, us int64) []byte {
	b = strconv.AppendInt(b, us/1e6, 10)
	frac := us % 1e6
	b = append(b, '.')
	for unit := int64(1e5); unit > 0; unit /= 10 {
		b = append(b, byte('0'+frac/unit%10))
	}
	return b
}

// appendText appends p as a string of JSON. What is not UTF-8 becomes U+FFFD,
// byte by byte.
func appendText(b, p []byte) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(p); {
		c := p[i]
		if c < utf8.RuneSelf {
			if plainASCII[c] {
				i++
				continue
			}
			b = appendEscape(append(b, p[start:i]...), c)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRune(p[i:])
		if r == utf8.RuneError && size == 1 {
			b = append(append(b, p[start:i]...), "\uFFFD"...)
			start = i + 1
		}
		i += size
	}
	return append(append(b, p[start:]...), '"')
}

// plainASCII tells which characters stand for themselves.
var plainASCII = func() (plain [utf8.RuneSelf]bool) {
	for c := range plain {
		plain[c] = c >= ' ' && c != '"' && c != '\\' && c != 0x7f
	}
	return plain
}()

func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	const hex = "0123456789abcdef"
	return append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// unfinished returns how many bytes at the end of p are the beginning of a
// character whose rest is still to come.
func unfinished(p []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		if tail := p[len(p)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}
