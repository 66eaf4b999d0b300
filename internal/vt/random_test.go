package vt

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
)

// A babbler makes streams that reach many states of a terminal.
type babbler struct {
	*rand.Rand
	cols, rows int
}

func newBabbler(seed uint64, cols, rows int) *babbler {
	return &babbler{rand.New(rand.NewPCG(seed, 1)), cols, rows}
}

func (b *babbler) pick(s ...string) string { return s[b.IntN(len(s))] }

// n is a small number, sometimes none, seldom one that does not fit.
func (b *babbler) n(most int) string {
	switch b.IntN(12) {
	case 0:
		return ""
	case 1:
		return fmt.Sprint(b.IntN(3 * most))
	default:
		return fmt.Sprint(b.IntN(most + 1))
	}
}

func (b *babbler) text() string {
	words := []string{
		"the quick brown fox", "a", " ", "   ", "0123456789", "日本語", "漢", "한글", "🙂", "👩‍💻", "é", "e\u0301", "a\u0300\u0301",
		"\u0301", "\u200b", "Ω≈ç√∫", "─│┌┐", "~`{}|[]\\@#", "ﬁ", "\u00a0", "\ufe0f", "❤\ufe0f", "\ufeffx", "ไทย", "नमस्ते",
	}
	s := ""
	for range 1 + b.IntN(4) {
		s += b.pick(words...)
	}
	if b.IntN(8) == 0 {
		s += strings.Repeat(b.pick("x", "漢", "ab"), b.IntN(2*b.cols))
	}
	return s
}

func (b *babbler) sgr() string {
	var p []string
	for range 1 + b.IntN(3) {
		switch b.IntN(8) {
		case 0:
			p = append(p, fmt.Sprintf("38;5;%d", b.IntN(256)), fmt.Sprintf("48;2;%d;%d;%d", b.IntN(256), b.IntN(256), b.IntN(256)))
		case 1:
			p = append(p, b.pick("4:3", "4:0", "4:4", "58:2::1:2:3", "58;5;9", "59", "38:2:1:2:3", "38:5:77", "48:2::9:8:7", "4:9", "38", "48;2;1", "38;5"))
		case 2:
			p = append(p, fmt.Sprint(b.IntN(110)))
		case 3:
			p = append(p, "0")
		default:
			p = append(p, b.pick("1", "2", "3", "4", "7", "9", "22", "24", "27", "31", "42", "97", "104", "39", "49", "53", ""))
		}
	}
	return "\x1b[" + strings.Join(p, ";") + "m"
}

func (b *babbler) move() string {
	return "\x1b[" + b.pick(
		b.n(b.rows)+"A", b.n(b.rows)+"B", b.n(b.cols)+"C", b.n(b.cols)+"D", b.n(b.rows)+"E", b.n(b.rows)+"F", b.n(b.cols)+"G",
		b.n(b.rows)+";"+b.n(b.cols)+"H", b.n(b.rows)+";"+b.n(b.cols)+"f", b.n(b.rows)+"d", b.n(4)+"I", b.n(4)+"Z", b.n(b.cols)+"`",
		b.n(b.cols)+"a", b.n(b.rows)+"e", "H", "s", "u")
}

func (b *babbler) edit() string {
	// ED 3 moves saved cursors, see excluded: save another one.
	// ED 1 in the last column makes xterm.js throw: "\x1b[24;80H\x1b[1J".
	if b.IntN(12) == 0 {
		return "\x1b[" + fmt.Sprint(1+b.IntN(b.cols-2)) + "G\x1b[" + b.pick("?", "") + "1J"
	}
	return "\x1b[" + b.pick(
		b.pick("0", "2")+"J", b.n(2)+"K", b.n(3)+"L", b.n(3)+"M", b.n(5)+"P", b.n(5)+"@", b.n(5)+"X", b.n(3)+"S", b.n(3)+"T",
		"?"+b.pick("0", "2")+"J", "?"+b.n(2)+"K", b.n(3)+" @", b.n(3)+" A", b.n(3)+"'}", b.n(3)+"'~", b.n(9)+"b", "3J\x1b7", "K", "J", "1\"q", "0\"q")
}

func (b *babbler) mode() string {
	return b.pick("\x1b["+b.n(b.rows/2)+";"+b.n(b.rows)+"r", "\x1b[r", "\x1b[4h", "\x1b[4l", "\x1b[20h", "\x1b[20l",
		"\x1b[?"+b.pick("1", "6", "7", "12", "25", "45", "66", "9", "1000", "1002", "1003", "1004", "1006", "1016", "2004", "2026", "7", "25")+b.pick("h", "l"),
		"\x1b[?"+b.pick("47", "1047", "1049", "1048", "1049")+b.pick("h", "l"),
		"\x1b(0", "\x1b(B", "\x1b)0", "\x1b(A", "\x1b(4", "\x1b)K", "\x1b*0", "\x1b+A", "\x0e", "\x0f", "\x1bn", "\x1bo", "\x1b}", "\x1b|", "\x1b~", "\x1b%G",
		"\x1b["+b.n(7)+" q", "\x1bH", "\x1b[g", "\x1b[3g", "\x1b=", "\x1b>", "\x1b[!p", "\x1bc", "\x1b#8", "\x1b7", "\x1b8", "\x1b7", "\x1b8")
}

func (b *babbler) command() string {
	end := b.pick("\x07", "\x1b\\", "\u009c")
	return b.pick("\x1b]0;title "+b.n(99)+" ü"+end, "\x1b]1;icon"+end, "\x1b]2;日本"+end,
		"\x1b]8;;https://example.com/"+b.n(9)+end, "\x1b]8;id=a"+b.n(3)+";https://example.com/x;y"+end, "\x1b]8;;"+end, "\x1b]8;;"+end,
		"\x1b]4;"+b.n(255)+";rgb:12/34/56"+end, "\x1b]10;#abc"+end, "\x1b]11;rgb:1/2/3"+end, "\x1b]12;#123456789"+end, "\x1b]104"+end, "\x1b]104;1;2"+end, "\x1b]110"+end,
		"\x1b]52;c;aGk="+end, "\x1b]133;A"+end, "\x1b]7;file://h/tmp"+end, "\x1b]9;done"+end, "\x1bP$qm\x1b\\", "\x1bPq#0~~\x1b\\", "\x1b_apc\x1b\\", "\x1b]x;bad"+end, "\x1b]0;cut\x18", "\x1b[?1;2$p")
}

// next is a piece of a stream.
func (b *babbler) next() string {
	switch k := b.IntN(100); {
	case k < 30:
		return b.text()
	case k < 45:
		return b.pick("\r\n", "\n", "\r", "\b", "\t", "\x1bD", "\x1bE", "\x1bM", "\u0084", "\u0085", "\u0088", "\x0b", "\x7f", "\x00")
	case k < 60:
		return b.sgr()
	case k < 74:
		return b.move()
	case k < 87:
		return b.edit()
	case k < 94:
		return b.mode()
	case k < 97:
		return b.command()
	default:
		raw := make([]byte, 1+b.IntN(6))
		for i := range raw {
			raw[i] = b.pick("\x1b", "[", "]", ";", "?", "1", "m", "H", "\x9b", "\xc2", "\xe2", "\x80", "\xf0", "P", "$", "q", "x", "\x18", ":", " ", "<", "\xff")[0]
		}
		return string(raw)
	}
}

func (b *babbler) stream(pieces int) []byte {
	var s []byte
	for range pieces {
		s = append(s, b.next()...)
	}
	return s
}

// TestRandom compares with xterm.js after streams of all sequences, step by
// step where they differ.
func TestRandom(t *testing.T) {
	x := startXterm(t)
	for seed := range uint64(seeds()) {
		b := newBabbler(seed, 20, 6)
		if seed%3 == 0 {
			b = newBabbler(seed, 80, 24)
		}
		var pieces []string
		for range 120 {
			pieces = append(pieces, b.next())
		}
		if compareStream(x, b, pieces) != "" {
			for n := 1; n <= len(pieces); n++ {
				if d := compareStream(x, b, pieces[:n]); d != "" {
					t.Errorf("seed %d: after %q\nand then %q:\n%s", seed, pieces[max(0, n-8):n-1], pieces[n-1], d)
					break
				}
			}
		}
		if t.Failed() {
			return
		}
	}
}

// seeds is how many random streams are tried: VT_SEEDS, if it is set.
func seeds() int {
	if s := os.Getenv("VT_SEEDS"); s != "" {
		n, _ := strconv.Atoi(s)
		return n
	}
	return 300
}

func compareStream(x *xterm, b *babbler, pieces []string) string {
	vt := New(b.cols, b.rows, 50)
	id := x.newTerm(b.cols, b.rows, 50)
	defer x.forget(id)
	stream := []byte(strings.Join(pieces, ""))
	_, _ = vt.Write(stream)
	x.write(id, stream)
	return differ(x.dump(id, 50), dump(vt, 50))
}
