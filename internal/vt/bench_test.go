//go:build unix

package vt

import (
	"bytes"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// cpu is the processor time of this process so far, which other programs on the
// machine do not change as much as they do the time that passes.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkWrite(b *testing.B) {
	for _, c := range []struct {
		name   string
		stream []byte
	}{
		{"mixed", mixed(8 << 20)},
		{"ascii", asciiLines(8 << 20)},
		{"sgr", sgrStream(8 << 20)},
		{"tui", tuiStream(8 << 20)},
		{"yes", bytes.Repeat([]byte("y\r\n"), 2<<20)},
		{"wide", bytes.Repeat([]byte("日本語のログ処理が完了しました\r\n"), 100_000)},
	} {
		b.Run(c.name, func(b *testing.B) {
			t := New(120, 40, 10_000)
			b.SetBytes(int64(len(c.stream)))
			b.ReportAllocs()
			start, n := cpu(b), 0
			for b.Loop() {
				for p := c.stream; len(p) > 0; p = p[min(len(p), 4096):] {
					_, _ = t.Write(p[:min(len(p), 4096)])
				}
				n++
			}
			b.ReportMetric(float64(n)*float64(len(c.stream))/1e6/(cpu(b)-start).Seconds(), "MB/cpu-s")
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	for _, name := range []string{"mixed", "tui"} {
		b.Run(name, func(b *testing.B) {
			t := New(120, 40, 10_000)
			stream := map[string][]byte{"mixed": mixed(4 << 20), "tui": tuiStream(1 << 20)}[name]
			_, _ = t.Write(stream)
			b.ReportAllocs()
			var size int
			start, n := cpu(b), 0
			for b.Loop() {
				size = len(t.Snapshot(0).Data)
				n++
			}
			b.ReportMetric((cpu(b)-start).Seconds()*1e6/float64(n), "cpu-us/op")
			b.ReportMetric(float64(size), "bytes")
		})
	}
}

// heapOf is the memory that n of what make gives take, each.
func heapOf(n int, one func() *Terminal) float64 {
	var before, after runtime.MemStats
	kept := make([]*Terminal, n)
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range kept {
		kept[i] = one()
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(kept)
	return float64(after.HeapAlloc-before.HeapAlloc) / float64(n)
}

const prompt = "Linux nas 6.1.0 #1 SMP x86_64\r\n\r\nThe programs included with the system are free software;\r\n" +
	"\r\n\x1b]133;A\x07\x1b[01;32mroot@nas\x1b[00m:\x1b[01;34m~\x1b[00m$ \x1b[?2004h\x1b]133;B\x07"

func BenchmarkMemory(b *testing.B) {
	lines := asciiLines(10_100 * 102)
	for _, c := range []struct {
		name   string
		stream []byte
	}{{"idle", []byte(prompt)}, {"10000lines", lines}, {"2MBmixed", mixed(2 << 20)}} {
		b.Run(c.name, func(b *testing.B) {
			var size float64
			for b.Loop() {
				size = heapOf(8, func() *Terminal {
					t := New(120, 40, 10_000)
					_, _ = t.Write(c.stream)
					return t
				})
			}
			b.ReportMetric(size, "bytes/session")
		})
	}
}
