package vt

// The states of the parser, and what it does on the way to the next one, are
// those of vt100.net/emu/dec_ansi_parser with xterm.js's changes.
type state uint8

const (
	ground state = iota
	escape
	escapeIntermediate
	csiEntry
	csiParam
	csiIntermediate
	csiIgnore
	ignoredString // SOS, PM, APC
	oscString
	dcsEntry
	dcsParam
	dcsIgnore
	dcsIntermediate
	dcsPassthrough
	states
)

type action uint8

const (
	doIgnore action = iota
	doError
	doPrint
	doExecute
	doOSCStart
	doOSCPut
	doOSCEnd
	doCSI
	doParam
	doCollect
	doESC
	doClear
	doDCSHook
	doDCSPut
	doDCSUnhook
)

// printable stands for all code points from 0xa0 on.
const printable = 0xa0

// A transition is an action and the next state.
type transition uint8

func (t transition) action() action { return action(t >> 4) }
func (t transition) next() state    { return state(t & 15) }

type transitions [states][printable + 1]transition

func (t *transitions) add(in state, lo, hi int, do action, next state) {
	for c := lo; c <= hi; c++ {
		t[in][c] = transition(do)<<4 | transition(next)
	}
}

// executables are the C0 controls that stand for themselves.
func (t *transitions) executables(in state, do action, next state) {
	t.add(in, 0x00, 0x17, do, next)
	t.add(in, 0x19, 0x19, do, next)
	t.add(in, 0x1c, 0x1f, do, next)
}

// table is the transitions of the parser, by state and code point.
var table = func() *transitions {
	t := &transitions{}
	for s := range states {
		t.add(s, 0, printable, doError, ground)
	}
	t.add(ground, 0x20, 0x7e, doPrint, ground)
	for s := range states {
		for _, c := range []int{0x18, 0x1a, 0x99, 0x9a} {
			t.add(s, c, c, doExecute, ground)
		}
		t.add(s, 0x80, 0x97, doExecute, ground)
		t.add(s, 0x9c, 0x9c, doIgnore, ground)
		t.add(s, 0x1b, 0x1b, doClear, escape)
		t.add(s, 0x9d, 0x9d, doOSCStart, oscString)
		for _, c := range []int{0x98, 0x9e, 0x9f} {
			t.add(s, c, c, doIgnore, ignoredString)
		}
		t.add(s, 0x9b, 0x9b, doClear, csiEntry)
		t.add(s, 0x90, 0x90, doClear, dcsEntry)
	}
	t.executables(ground, doExecute, ground)
	for _, s := range []state{escape, csiEntry, csiParam, csiIgnore, csiIntermediate, escapeIntermediate} {
		t.executables(s, doExecute, s)
		if s != csiIgnore {
			t.add(s, 0x7f, 0x7f, doIgnore, s)
		}
	}
	t.executables(oscString, doIgnore, oscString)
	t.strings()
	t.controls()
	t.devices()
	for _, s := range []state{csiIgnore, dcsIgnore} {
		t.add(s, printable, printable, doIgnore, s)
	}
	t.add(ground, printable, printable, doPrint, ground)
	t.add(oscString, printable, printable, doOSCPut, oscString)
	t.add(dcsPassthrough, printable, printable, doDCSPut, dcsPassthrough)
	return t
}()

// strings adds OSC, SOS, PM and APC.
func (t *transitions) strings() {
	t.add(escape, 0x5d, 0x5d, doOSCStart, oscString)
	t.add(oscString, 0x20, 0x7f, doOSCPut, oscString)
	for _, c := range []int{0x9c, 0x1b, 0x18, 0x1a, 0x07} {
		t.add(oscString, c, c, doOSCEnd, ground)
	}
	for _, c := range []int{0x58, 0x5e, 0x5f} {
		t.add(escape, c, c, doIgnore, ignoredString)
	}
	t.add(ignoredString, 0x20, 0x7f, doIgnore, ignoredString)
	t.executables(ignoredString, doIgnore, ignoredString)
}

// controls adds CSI and ESC sequences.
func (t *transitions) controls() {
	t.add(escape, 0x5b, 0x5b, doClear, csiEntry)
	t.add(csiEntry, 0x40, 0x7e, doCSI, ground)
	t.add(csiEntry, 0x30, 0x3b, doParam, csiParam)
	t.add(csiEntry, 0x3c, 0x3f, doCollect, csiParam)
	t.add(csiParam, 0x30, 0x3b, doParam, csiParam)
	t.add(csiParam, 0x40, 0x7e, doCSI, ground)
	t.add(csiParam, 0x3c, 0x3f, doIgnore, csiIgnore)
	t.add(csiIgnore, 0x20, 0x3f, doIgnore, csiIgnore)
	t.add(csiIgnore, 0x7f, 0x7f, doIgnore, csiIgnore)
	t.add(csiIgnore, 0x40, 0x7e, doIgnore, ground)
	t.add(csiEntry, 0x20, 0x2f, doCollect, csiIntermediate)
	t.add(csiIntermediate, 0x20, 0x2f, doCollect, csiIntermediate)
	t.add(csiIntermediate, 0x30, 0x3f, doIgnore, csiIgnore)
	t.add(csiIntermediate, 0x40, 0x7e, doCSI, ground)
	t.add(csiParam, 0x20, 0x2f, doCollect, csiIntermediate)
	t.add(escape, 0x20, 0x2f, doCollect, escapeIntermediate)
	t.add(escapeIntermediate, 0x20, 0x2f, doCollect, escapeIntermediate)
	t.add(escapeIntermediate, 0x30, 0x7e, doESC, ground)
	t.add(escape, 0x30, 0x4f, doESC, ground)
	t.add(escape, 0x51, 0x57, doESC, ground)
	for _, c := range []int{0x59, 0x5a, 0x5c} {
		t.add(escape, c, c, doESC, ground)
	}
	t.add(escape, 0x60, 0x7e, doESC, ground)
}

// devices adds DCS sequences.
func (t *transitions) devices() {
	t.add(escape, 0x50, 0x50, doClear, dcsEntry)
	for _, s := range []state{dcsEntry, dcsIgnore, dcsParam, dcsIntermediate} {
		t.executables(s, doIgnore, s)
		t.add(s, 0x7f, 0x7f, doIgnore, s)
	}
	t.add(dcsEntry, 0x20, 0x2f, doCollect, dcsIntermediate)
	t.add(dcsEntry, 0x30, 0x3b, doParam, dcsParam)
	t.add(dcsEntry, 0x3c, 0x3f, doCollect, dcsParam)
	t.add(dcsIgnore, 0x20, 0x7f, doIgnore, dcsIgnore)
	t.add(dcsParam, 0x30, 0x3b, doParam, dcsParam)
	t.add(dcsParam, 0x3c, 0x3f, doIgnore, dcsIgnore)
	t.add(dcsParam, 0x20, 0x2f, doCollect, dcsIntermediate)
	t.add(dcsIntermediate, 0x20, 0x2f, doCollect, dcsIntermediate)
	t.add(dcsIntermediate, 0x30, 0x3f, doIgnore, dcsIgnore)
	for _, s := range []state{dcsIntermediate, dcsParam, dcsEntry} {
		t.add(s, 0x40, 0x7e, doDCSHook, dcsPassthrough)
	}
	t.executables(dcsPassthrough, doDCSPut, dcsPassthrough)
	t.add(dcsPassthrough, 0x20, 0x7e, doDCSPut, dcsPassthrough)
	t.add(dcsPassthrough, 0x7f, 0x7f, doIgnore, dcsPassthrough)
	for _, c := range []int{0x1b, 0x9c, 0x18, 0x1a} {
		t.add(dcsPassthrough, c, c, doDCSUnhook, ground)
	}
}
