package holder

import (
	"fmt"
	"strings"

	"homie/internal/vt"
)

// Bounds of the marks that come with a state.
const (
	maxMarks     = 1000 // the latest
	maxMarksNote = 3000 // bytes of text in one note
)

// letters are how OSC 133 calls the kinds of marks.
var letters = map[vt.MarkKind]byte{vt.Prompt: 'A', vt.CommandStart: 'B', vt.OutputStart: 'C', vt.CommandEnd: 'D'}

// markNotes writes marks as terminal.SessionNote has them, for a state whose
// first line has that number.
func markNotes(marks []vt.Mark, first int64) []string {
	var notes []string
	var b strings.Builder
	for _, m := range marks[max(0, len(marks)-maxMarks):] {
		if m.Line < first {
			continue
		}
		if b.Len() > maxMarksNote {
			notes = append(notes, b.String())
			b.Reset()
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%c%d,%d", letters[m.Kind], m.Line-first, m.Col)
		if m.Kind == vt.CommandEnd && m.Exit >= 0 {
			fmt.Fprintf(&b, ",%d", m.Exit)
		}
	}
	if b.Len() > 0 {
		notes = append(notes, b.String())
	}
	return notes
}
