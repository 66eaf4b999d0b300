package vt

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// xterm is an xterm.js without a screen, in a process of its own.
type xterm struct {
	t    *testing.T
	in   *bufio.Writer
	out  io.Reader
	last uint32
}

// startXterm starts one that ends with the test.
func startXterm(t *testing.T) *xterm {
	t.Helper()
	for _, name := range []string{"headless", "addon-unicode11"} {
		if _, err := os.Stat(filepath.Join("../../webui/node_modules/@xterm", name)); err != nil {
			t.Fatalf("@xterm/%s is not installed (run: npm --prefix webui ci): %v", name, err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "node", "testdata/xterm.mjs")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting node, which runs xterm.js: %v", err)
	}
	var once sync.Once
	t.Cleanup(func() {
		once.Do(func() {
			in.Close()
			_ = cmd.Wait()
		})
	})
	return &xterm{t: t, in: bufio.NewWriterSize(in, 1<<20), out: bufio.NewReaderSize(out, 1<<20)}
}

func (x *xterm) send(what byte, id uint32, body []byte) {
	x.t.Helper()
	head := make([]byte, 9)
	head[0] = what
	binary.LittleEndian.PutUint32(head[1:], id)
	binary.LittleEndian.PutUint32(head[5:], uint32(len(body)))
	_, err := x.in.Write(head)
	if err == nil {
		_, err = x.in.Write(body)
	}
	if err != nil {
		x.t.Fatalf("speaking to xterm.js: %v", err)
	}
}

func (x *xterm) ask(what byte, id uint32, body string) string {
	x.t.Helper()
	x.send(what, id, []byte(body))
	if err := x.in.Flush(); err != nil {
		x.t.Fatalf("speaking to xterm.js: %v", err)
	}
	head := make([]byte, 4)
	if _, err := io.ReadFull(x.out, head); err != nil {
		x.t.Fatalf("listening to xterm.js: %v", err)
	}
	text := make([]byte, binary.LittleEndian.Uint32(head))
	if _, err := io.ReadFull(x.out, text); err != nil {
		x.t.Fatalf("listening to xterm.js: %v", err)
	}
	return string(text)
}

// newTerm makes a terminal and gives its number.
func (x *xterm) newTerm(cols, rows, scrollback int) uint32 {
	x.t.Helper()
	x.last++
	body, err := json.Marshal(map[string]int{"cols": cols, "rows": rows, "scrollback": scrollback})
	if err != nil {
		x.t.Fatal(err)
	}
	x.send('n', x.last, body)
	return x.last
}

func (x *xterm) write(id uint32, p []byte) { x.t.Helper(); x.send('w', id, p) }
func (x *xterm) forget(id uint32)          { x.t.Helper(); x.send('f', id, nil) }

func (x *xterm) resize(id uint32, cols, rows int) {
	x.t.Helper()
	x.send('r', id, fmt.Appendf(nil, `{"cols":%d,"rows":%d}`, cols, rows))
}

func (x *xterm) dump(id uint32, history int) string {
	x.t.Helper()
	return x.ask('D', id, fmt.Sprint(history))
}

// compare says where terminal got differs from want.
func (x *xterm) compare(want, got uint32) string {
	x.t.Helper()
	return x.ask('C', want, fmt.Sprint(got))
}

// dump is the state of t in the words of testdata/xterm.mjs.
func dump(t *Terminal, history int) string {
	m := t.Modes()
	bits := ""
	for _, b := range []bool{m.Insert, m.NewLine, m.AppCursor, m.AppKeypad, m.Origin, m.Wrap, m.ReverseWrap, m.HideCursor, m.Focus, m.Paste, m.Sync} {
		bits += map[bool]string{true: "1", false: "0"}[b]
	}
	at := map[bool]string{true: "alt", false: "main"}[m.Alt]
	mouse := []string{"NONE", "X10", "VT200", "DRAG", "ANY"}[m.Mouse]
	encoding := []string{"DEFAULT", "SGR", "SGR_PIXELS"}[m.Encoding]
	shape := []string{"undefined", "block", "underline", "bar"}[m.Shape]
	blinks := []string{"undefined", "true", "false"}[m.ShapeBlinks]
	blink := []string{"false", "true", "false"}[m.Blink]
	var sets []string
	for _, c := range t.charsets {
		sets = append(sets, setText(c))
	}
	var indexes []int
	for i := range t.palette {
		indexes = append(indexes, i)
	}
	slices.Sort(indexes)
	var palette []string
	for _, i := range indexes {
		c := t.palette[i]
		palette = append(palette, fmt.Sprintf("%d=%d,%d,%d", i, c.R, c.G, c.B))
	}
	out := []string{
		fmt.Sprintf("size %d %d", t.cols, t.rows),
		fmt.Sprintf("cursor %d %d %s", t.s.x, t.s.y, at),
		fmt.Sprintf("attr %x,%x,%x,%s", t.attr.fg, t.attr.bg, t.attr.ext, linkText(t, t.attr.link)),
		fmt.Sprintf("charset %d %s %s", t.level, setText(t.charset), strings.Join(sets, " ")),
		fmt.Sprintf("modes %s %s %s %s %s %s", bits, mouse, encoding, shape, blinks, blink),
		fmt.Sprintf("parser %d %d", t.parser.state, t.joins),
		fmt.Sprintf("title %s %s", quote(t.title), quote(t.icon)),
		"palette " + strings.Join(palette, " "),
	}
	out = append(out, screenText(t, "main", &t.main, history)...)
	out = append(out, screenText(t, "alt", &t.alt, history)...)
	return strings.Join(out, "\n")
}

func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s)
	return strings.TrimSuffix(b.String(), "\n")
}

func setText(set byte) string {
	out := ""
	for _, r := range "#@[\\]^_`{|}~q" {
		out += string(translate(set, r))
	}
	return out
}

func linkText(t *Terminal, n uint32) string {
	if n == 0 {
		return ""
	}
	l, ok := t.links.get(n)
	if !ok {
		return "?"
	}
	return l.id + ";" + l.uri
}

func screenText(t *Terminal, name string, s *screen, history int) []string {
	base := 0
	if s == &t.main {
		base = t.history.n
	}
	var stops []string
	for x := range t.cols {
		if s.tabs.at(x) {
			stops = append(stops, fmt.Sprint(x))
		}
	}
	v := s.saved
	out := []string{
		fmt.Sprintf("%s region %d %d", name, s.top, s.bottom),
		fmt.Sprintf("%s saved %d %d %x %x %s", name, min(v.x, t.cols-1), min(max(v.y-base, 0), t.rows-1), v.fg, v.bg, setText(v.charset)),
		fmt.Sprintf("%s tabs %s", name, strings.Join(stops, " ")),
	}
	if s == &t.main {
		lines := t.history.tail(history)
		for i, l := range lines {
			r := t.decodeRow(l, MaxCols)
			out = append(out, fmt.Sprintf("%s %d %s", name, i-len(lines), rowText(t, &r)))
		}
	}
	for y := range s.rows {
		out = append(out, fmt.Sprintf("%s %d %s", name, y, rowText(t, s.row(y))))
	}
	return out
}

func styleText(t *Terminal, s style) string {
	if s.bg&extended == 0 {
		return fmt.Sprintf("%x,%x", s.fg, s.bg)
	}
	return fmt.Sprintf("%x,%x,%x,%s", s.fg, s.bg, s.ext, linkText(t, s.link))
}

func rowText(t *Terminal, r *row) string {
	var b strings.Builder
	b.WriteString(map[bool]string{true: "+", false: "-"}[r.wrapped])
	last, lastText := uint32(0), "0,0"
	visible := row{cells: r.cells[:min(len(r.cells), t.cols)]}
	for _, c := range visible.cells[:visible.used()] {
		if c.style() != last {
			last = c.style()
			if text := styleText(t, t.styles.get(last)); text != lastText {
				b.WriteString("[" + text + "]")
				lastText = text
			}
		}
		switch {
		case c.content() == 0:
			b.WriteString([]string{"\u2401", "\u2400", "\u2404"}[c.width()])
			continue
		case c.width() == 2:
			b.WriteString("\u2402")
		case c.width() == 0:
			b.WriteString("\u2403")
		}
		if c&clusterBit != 0 {
			b.WriteString(t.clusters[c&runeMask])
		} else {
			b.WriteRune(rune(c & runeMask))
		}
	}
	return b.String()
}

// differ shows the first lines in which two dumps differ, "" if in none.
func differ(want, got string) string {
	if want == got {
		return ""
	}
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	var out []string
	for i := range max(len(w), len(g)) {
		a, b := "nothing", "nothing"
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b && strings.Contains(a, ",?") { // a hyperlink that xterm.js forgot
			a, b = withoutLinks(a), withoutLinks(b)
		}
		if a != b && len(out) < 8 {
			out = append(out, "want "+a, "got  "+b)
		}
	}
	return strings.Join(out, "\n")
}

func withoutLinks(line string) string {
	if strings.HasPrefix(line, "attr ") {
		p := strings.SplitN(line, ",", 4)
		return strings.Join(p[:3], ",")
	}
	last := ""
	return cellLink.ReplaceAllStringFunc(line, func(s string) string {
		s = cellLink.ReplaceAllString(s, "[$1]")
		if s == last {
			return ""
		}
		last = s
		return s
	})
}

// cellLink is a style of a cell, with the parts before its hyperlink.
var cellLink = regexp.MustCompile(`\[([0-9a-f]+,[0-9a-f]+(?:,[0-9a-f]+)?)(?:,[^\]]*)?\]`)

func TestWidths(t *testing.T) {
	x := startXterm(t)
	want := x.ask('U', x.newTerm(80, 24, 0), "")
	for i, w := range []byte(want) {
		if r := rune(i + 0xa0); width(r) != int(w-'0') {
			t.Fatalf("width(%U) = %d, xterm.js says %c", r, width(r), w)
		}
	}
}
