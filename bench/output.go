package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
)

// seed makes the output the same in every run.
const seed = 2

// writeOutput writes a file of n bytes or a little more that looks like what
// terminals show: logs, colours of all three kinds, tables, wide characters and
// emoji, progress bars, and a cursor that repaints a screen. It returns what it
// wrote.
func writeOutput(path string, n int) ([]byte, error) {
	random := rand.New(rand.NewPCG(seed, seed))
	kinds := []func(*bytes.Buffer, *rand.Rand){logLines, listing, diff, wide, progress, repaint}
	const block = 1 << 20 // enough that a repetition is out of every cache
	var b bytes.Buffer
	for b.Len() < min(n, block) {
		kinds[random.IntN(len(kinds))](&b, random)
	}
	all := bytes.Repeat(b.Bytes(), (n+b.Len()-1)/b.Len())
	if err := os.WriteFile(path, all, 0o600); err != nil {
		return nil, fmt.Errorf("writing the output to be shown: %w", err)
	}
	return all, nil
}

func logLines(b *bytes.Buffer, r *rand.Rand) {
	levels := []string{"\x1b[32mINFO\x1b[0m", "\x1b[33mWARN\x1b[0m", "\x1b[1;31mERROR\x1b[0m", "\x1b[2mDEBUG\x1b[0m"}
	for range 12 {
		fmt.Fprintf(b, "2026-03-%02dT%02d:%02d:%02d.%03dZ %s unit=backup.service pid=%d msg=\"copied %d files\" took=%dms\n",
			1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(1000), levels[r.IntN(len(levels))], r.IntN(65536), r.IntN(10000), r.IntN(5000))
	}
}

func listing(b *bytes.Buffer, r *rand.Rand) {
	for range 10 {
		fmt.Fprintf(b, "drwxr-xr-x  %2d olivia family %7d Mar %2d %02d:%02d \x1b[01;34mproject-%04x\x1b[0m\n",
			r.IntN(40), r.IntN(1<<20), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(1<<16))
	}
}

func diff(b *bytes.Buffer, r *rand.Rand) {
	for range 10 {
		fmt.Fprintf(b, "\x1b[38;5;%dm+\tfor i := range %d {\x1b[0m \x1b[48;2;%d;%d;%dm// %s\x1b[0m\n",
			r.IntN(256), r.IntN(100), r.IntN(256), r.IntN(256), r.IntN(256), strings.Repeat("word ", 1+r.IntN(8)))
	}
}

func wide(b *bytes.Buffer, r *rand.Rand) {
	texts := []string{"こんにちは世界", "请稍候，正在同步", "안녕하세요", "✅ 👩‍🚀 🏠 🚀", "naïve café — “déjà vu”", "┌──────┬──────┐ │ ░▒▓█ │"}
	for range 6 {
		fmt.Fprintf(b, "%s %d %s\n", texts[r.IntN(len(texts))], r.IntN(1000), texts[r.IntN(len(texts))])
	}
}

func progress(b *bytes.Buffer, r *rand.Rand) {
	for done := 0; done <= 100; done += 4 + r.IntN(8) {
		fmt.Fprintf(b, "\r\x1b[K[%-50s] %3d%% %4.1f MB/s", strings.Repeat("#", done/2), done, 100*r.Float64())
	}
	b.WriteByte('\n')
}

func repaint(b *bytes.Buffer, r *rand.Rand) {
	b.WriteString("\x1b[?25l\x1b[H")
	for row := 1; row <= 24; row++ {
		fmt.Fprintf(b, "\x1b[%d;1H\x1b[7m%5d\x1b[27m %-8s %5.1f %5.1f \x1b[%d;40H%s\x1b[K", row, r.IntN(65536), "homie", 100*r.Float64(), 100*r.Float64(), row, strings.Repeat("|", r.IntN(40)))
	}
	b.WriteString("\x1b[?25h\n")
}
