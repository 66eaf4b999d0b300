package vt

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestHistoryIsAList compares a history with a list of lines.
func TestHistoryIsAList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		term := New(40, 5, 0)
		h := &history{max: rapid.IntRange(1, 300).Draw(t, "max")}
		var model []string
		var first int64
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0:
				n := rapid.IntRange(0, len(model)).Draw(t, "keep")
				h.truncate(n)
				model = model[:n]
			case 1:
				h.clear()
				first += int64(len(model))
				model = nil
			default:
				for range rapid.IntRange(1, 200).Draw(t, "lines") {
					text := fmt.Sprint(first+int64(len(model)), " ", rapid.StringN(0, 20, 2000).Draw(t, "text"))
					r := row{wrapped: len(text)%3 == 0}
					for i, c := range []byte(text) {
						r.set(i, MaxCols, cell(max(c&0x7f, ' ')&^1)) // no byte but ASCII
					}
					h.push(&r, term)
					model = append(model, rowText(term, &r))
					if len(model) > h.max {
						model = model[1:]
						first++
					}
				}
			}
			var got []string
			h.each(0, func(_ int, line []byte) bool {
				r := term.decodeRow(line, MaxCols)
				got = append(got, rowText(term, &r))
				return true
			})
			if !slices.Equal(got, model) || h.n != len(model) || h.first != first {
				t.Fatalf("history of %d lines from %d, want %d from %d", h.n, h.first, len(model), first)
			}
			from := rapid.IntRange(0, len(model)).Draw(t, "from")
			if tail := h.tail(len(model) - from); len(tail) != len(model)-from {
				t.Fatalf("tail of %d lines, want %d", len(tail), len(model)-from)
			}
			size := 0
			for _, l := range h.tail(h.n) {
				size += len(l) + lineHeader
			}
			if size != h.size {
				t.Fatalf("size %d, want %d", h.size, size)
			}
		}
	})
}

// TestRowIsAnArray compares what moves cells with the same on an array.
func TestRowIsAnArray(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cols := rapid.IntRange(2, 40).Draw(t, "cols")
		var r row
		model := make([]cell, cols)
		blank := cell(rapid.IntRange(0, 1).Draw(t, "blank")) << styleShift
		for range 30 {
			x, n := rapid.IntRange(0, cols-1).Draw(t, "x"), rapid.IntRange(1, cols+3).Draw(t, "n")
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				c := cell(rapid.IntRange('a', 'z').Draw(t, "c"))
				r.set(x, cols, c)
				model[x] = c
			case 1:
				r.replace(x, x+n, cols, blank)
				for i := x; i < min(x+n, cols); i++ {
					model[i] = blank
				}
			case 2:
				r.insert(x, n, cols, blank)
				n = min(n, cols-x)
				model = slices.Concat(model[:x], slices.Repeat([]cell{blank}, n), model[x:cols-n])
			default:
				r.remove(x, n, cols, blank)
				n = min(n, cols-x)
				model = slices.Concat(model[:x], model[x+n:], slices.Repeat([]cell{blank}, n))
			}
			for i := range model {
				if r.at(i) != model[i] {
					t.Fatalf("column %d is %x, want %x", i, r.at(i), model[i])
				}
			}
		}
	})
}

// TestHugeNumbers gives each control sequence numbers that would take years to
// count to.
func TestHugeNumbers(t *testing.T) {
	for c := byte('@'); c < 0x7f; c++ {
		for _, before := range []string{"", "?", ">", "<", "="} {
			for _, between := range []string{"", " ", "'", "\"", "!", "$"} {
				v := New(100, 30, 100)
				_, _ = fmt.Fprintf(v, "text\x1b[2C漢e\u0301\x1b[%s2147483647;2147483647%s%cmore", before, between, c)
				if _, err := Restore(v.Encode()); err != nil {
					t.Fatalf("after CSI %s…%s%c: %v", before, between, c, err)
				}
			}
		}
	}
}
