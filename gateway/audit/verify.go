package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	wireaudit "homie/wire/audit"
)

// maxBreaks bounds the breaks that a verdict has in words: one change can make
// many.
const maxBreaks = 20

// MaxLine bounds a line of a log, in bytes. Those that Homie writes are far
// shorter.
const MaxLine = 64 << 10

// Verifier checks the lines of a log, one after the other. The zero Verifier is
// ready.
type Verifier struct {
	// Kept is how many entries have to be in a log before older ones may be
	// dropped; 0 is Homie's bound.
	Kept uint64

	verdict Verdict
	last    uint64 // number of the line before
	prev    string // its hash
	start   string // what the first line has as prev
	dropped []reached
	wanted  map[uint64]string // number → hash, of the lines that witnesses saw
}

// reached is a Dropped, and the number of the entry that says it.
type reached struct {
	Dropped
	seq uint64
}

// Want has the hash of a line remembered, for Compare.
func (v *Verifier) Want(h wireaudit.Head) {
	if v.wanted == nil {
		v.wanted = map[uint64]string{}
	}
	v.wanted[h.Seq] = ""
}

// Line checks the next line, without its line break.
func (v *Verifier) Line(raw []byte) {
	v.verdict.Lines++
	var e struct {
		Seq     *uint64  `json:"seq"`
		Prev    string   `json:"prev"`
		Method  string   `json:"method"`
		Class   string   `json:"class"`
		Reason  string   `json:"reason"`
		Dropped *Dropped `json:"dropped"`
	}
	if err := json.Unmarshal(raw, &e); err != nil || e.Seq == nil || *e.Seq == 0 {
		v.bad(0, "this is no entry of an audit log: it was changed")
		v.prev = hashOf(raw)
		v.last++ // most likely
		return
	}
	seq := *e.Seq
	switch {
	case v.verdict.Lines == 1:
		v.verdict.First, v.start = seq, e.Prev
		if seq == 1 && e.Prev != begin {
			v.bad(seq, "the first entry says that there was one before")
		}
	case seq <= v.last:
		v.bad(seq, fmt.Sprintf("entry %d stands after entry %d: it was moved, or stands there twice", seq, v.last))
	case seq > v.last+1:
		v.bad(seq, missing(v.last+1, seq-1))
	case e.Prev != v.prev:
		v.bad(seq, fmt.Sprintf("entry %d does not follow from entry %d: one of the two was changed", seq, v.last))
	}
	v.last, v.prev = seq, hashOf(raw)
	if _, ok := v.wanted[seq]; ok {
		v.wanted[seq] = v.prev
	}
	if e.Class == logClass && e.Dropped != nil {
		v.dropped = append(v.dropped[max(0, len(v.dropped)-maxDropped):], reached{*e.Dropped, seq})
	}
	if e.Class == logClass && (e.Method == methodLost || e.Method == methodChained) {
		v.note(fmt.Sprintf("Entry %d: %s", seq, e.Reason))
	}
}

// maxDropped bounds what is remembered of what was dropped; the newest counts.
const maxDropped = 64

func missing(from, to uint64) string {
	if from == to {
		return fmt.Sprintf("entry %d is missing", from)
	}
	return fmt.Sprintf("entries %d to %d are missing", from, to)
}

func (v *Verifier) bad(seq uint64, problem string) {
	if len(v.verdict.Breaks) >= maxBreaks {
		v.verdict.More++
		return
	}
	v.verdict.Breaks = append(v.verdict.Breaks, Break{Seq: seq, Line: v.verdict.Lines, Problem: problem})
}

func (v *Verifier) note(words string) {
	if len(v.verdict.Notes) < maxBreaks {
		v.verdict.Notes = append(v.verdict.Notes, words)
	}
}

// Verdict returns what came out. It is to be asked once, after the last line.
func (v *Verifier) Verdict() Verdict {
	v.checkStart()
	out := v.verdict
	out.Head = wireaudit.Head{Seq: v.last, Hash: v.prev}
	if out.Lines == 0 {
		out.Head.Hash = begin
	}
	out.Breaks = append([]Break{}, out.Breaks...)
	out.Notes = append([]string{}, out.Notes...)
	return out
}

// checkStart wants an entry that says why a log does not begin with 1.
func (v *Verifier) checkStart() {
	first := v.verdict.First
	if first <= 1 {
		return
	}
	i := slices.IndexFunc(v.dropped, func(d reached) bool { return d.Through == first-1 && d.Hash == v.start })
	if i < 0 {
		v.verdict.Breaks = slices.Insert(v.verdict.Breaks, 0, Break{
			Seq: first, Line: 1, Problem: missing(1, first-1) + ", and no entry says that Homie dropped them",
		})
		return
	}
	kept := v.Kept
	if kept == 0 {
		kept = keepEntries
	}
	d := v.dropped[i]
	if d.seq <= d.Through || d.seq-d.Through < kept {
		v.verdict.Breaks = slices.Insert(v.verdict.Breaks, 0, Break{
			Seq: d.seq, Problem: fmt.Sprintf("entry %d says that the entries up to %d were dropped, when there were too few for that", d.seq, d.Through),
		})
		return
	}
	v.note(fmt.Sprintf("The log begins with entry %d: entry %d says which were dropped before.", first, d.seq))
}

// Compare checks the log against a head that somebody remembers, and reports
// whether it fits. Ask Want for it before the first line, and Compare after the
// last.
func (v *Verifier) Compare(h wireaudit.Head, who string) bool {
	switch got := v.wanted[h.Seq]; {
	case got == h.Hash:
		return true
	case v.verdict.First > 0 && h.Seq < v.verdict.First:
		return true // it was dropped since, or Line has said that it is missing
	case h.Seq > v.last:
		v.bad(v.last, fmt.Sprintf("%s has seen entry %d: %s at the end", who, h.Seq, missing(v.last+1, h.Seq)))
	case got == "":
		return true // it is missing in between, which Line has said
	default:
		v.bad(h.Seq, fmt.Sprintf("%s has seen another entry %d: the log was written anew from some place before it", who, h.Seq))
	}
	return false
}

// Read checks a log in the form of lines, as it is exported. An error means that
// it can't be read; what is wrong with its lines is in the verdict.
func (v *Verifier) Read(r io.Reader) error {
	in := bufio.NewReaderSize(r, MaxLine)
	for {
		line, err := in.ReadSlice('\n')
		cut := errors.Is(err, io.EOF)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return fmt.Errorf("line %d is longer than %d bytes, and no line of an audit log", v.verdict.Lines+1, MaxLine)
		case err != nil && !cut:
			return err
		case cut && len(line) == 0:
			return nil
		}
		v.Line(bytes.TrimSuffix(line, []byte("\n")))
		if cut {
			v.note("The last line has no line break at its end: something may be cut off.")
			return nil
		}
	}
}

func sortWitnesses(w []Witness) {
	slices.SortFunc(w, func(a, b Witness) int { return strings.Compare(string(a.Node), string(b.Node)) })
}
