package holder

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"
)

// TestRingModel compares a Ring with the whole stream in a []byte.
func TestRingModel(t *testing.T) {
	stream := make([]byte, 8*maxRing)
	rand.NewChaCha8([32]byte{}).Read(stream)
	rapid.Check(t, func(t *rapid.T) {
		var r Ring
		all := stream[:0]
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				n := rapid.OneOf(rapid.IntRange(0, 200), rapid.IntRange(0, 3*minRing), rapid.IntRange(maxRing-10, maxRing+10)).Draw(t, "n")
				old := len(all)
				all = stream[:min(len(stream), old+n)]
				r.Append(all[old:])
			},
			"read": func(t *rapid.T) {
				offset := rapid.Uint64Range(0, uint64(len(all))+10).Draw(t, "offset")
				buf := make([]byte, rapid.IntRange(0, 64<<10).Draw(t, "len"))
				checkRead(t, &r, all, offset, buf)
			},
			"": func(t *rapid.T) {
				start, end := r.Bounds()
				if want := uint64(max(0, len(all)-maxRing)); start != want || end != uint64(len(all)) {
					t.Fatalf("Bounds() = %d, %d, want %d, %d", start, end, want, len(all))
				}
			},
		})
	})
}

func checkRead(t *rapid.T, r *Ring, all []byte, offset uint64, buf []byte) {
	t.Helper()
	oldest := uint64(max(0, len(all)-maxRing))
	n, from := r.ReadAt(offset, buf)
	if want := max(offset, oldest); from != want {
		t.Fatalf("ReadAt(%d) is from %d, want %d", offset, from, want)
	}
	var want []byte
	if from < uint64(len(all)) {
		want = all[from:]
		want = want[:min(len(want), len(buf))]
	}
	if !bytes.Equal(buf[:n], want) {
		t.Fatalf("ReadAt(%d) of %d bytes gave %d bytes that differ from the model's %d", offset, len(buf), n, len(want))
	}
}

func TestRingStartsSmallAndStopsGrowing(t *testing.T) {
	var r Ring
	r.Append(make([]byte, 10))
	if len(r.buf) != minRing {
		t.Errorf("buffer after 10 bytes = %d, want %d", len(r.buf), minRing)
	}
	for range 40 {
		r.Append(make([]byte, 100_000))
	}
	if len(r.buf) != maxRing {
		t.Errorf("buffer after 4 MB = %d, want %d", len(r.buf), maxRing)
	}
}

func TestRingLineFrom(t *testing.T) {
	var r Ring
	r.Append([]byte("one\ntwo\nthree"))
	for offset, want := range map[uint64]uint64{0: 0, 1: 4, 4: 8, 9: 9, 13: 13} {
		if got := r.LineFrom(offset); got != want {
			t.Errorf("LineFrom(%d) = %d, want %d", offset, got, want)
		}
	}
}

func TestRingWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Ring
		type result struct {
			more bool
			err  error
		}
		wait := func(ctx context.Context, offset uint64) <-chan result {
			c := make(chan result, 1)
			go func() {
				more, err := waitFor(ctx, &r, offset)
				c <- result{more, err}
			}()
			synctest.Wait()
			return c
		}

		first, second := wait(t.Context(), 0), wait(t.Context(), 3)
		r.Append([]byte("abc"))
		if got := <-first; got != (result{more: true}) {
			t.Errorf("Wait(0) = %v, want bytes", got)
		}
		synctest.Wait()
		if len(second) != 0 {
			t.Error("Wait(3) returned at byte 3")
		}

		gone := errors.New("gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		third := wait(ctx, 3)
		cancel(gone)
		if got := <-third; !errors.Is(got.err, gone) {
			t.Errorf("Wait after cancel = %v, want the cause", got)
		}

		r.Close()
		if got := <-second; got != (result{}) {
			t.Errorf("Wait(3) after Close = %v, want no more", got)
		}
		if more, err := waitFor(t.Context(), &r, 1); !more || err != nil {
			t.Errorf("Wait(1) after Close = %v, %v, want the rest", more, err)
		}
	})
}

func TestRingHammer(t *testing.T) {
	const total = 4 << 20
	var r Ring
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			buf := make([]byte, 10_000)
			for at := uint64(0); ; {
				if more, err := waitFor(t.Context(), &r, at); !more || err != nil {
					return
				}
				n, from := r.ReadAt(at, buf)
				for i, b := range buf[:n] {
					if want := byte(from+uint64(i)) | 1; b != want {
						t.Errorf("byte %d = %d, want %d", from+uint64(i), b, want)
						return
					}
				}
				at = from + uint64(n)
			}
		})
	}
	p := make([]byte, 1<<12)
	for end := 0; end < total; end += len(p) {
		for i := range p {
			p[i] = byte(end+i) | 1
		}
		r.Append(p)
	}
	r.Close()
	wg.Wait()
}

func BenchmarkRingAppend(b *testing.B) {
	for _, size := range []int{16, 4095, 64 << 10} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			var r Ring
			p := make([]byte, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				r.Append(p)
			}
		})
	}
}

// waitFor returns when there is more than up to an offset, or will never be.
func waitFor(ctx context.Context, r *Ring, offset uint64) (more bool, err error) {
	for {
		if _, end := r.Bounds(); end > offset {
			return true, nil
		}
		changed, closed := r.Changed(offset)
		if closed {
			return false, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
}
