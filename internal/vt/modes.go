package vt

// Modes are what programs switch on and off.
type Modes struct {
	Alt         bool // the alternate screen is shown
	Insert      bool // IRM
	NewLine     bool // LNM: a line feed returns the carriage too
	AppCursor   bool // DECCKM
	AppKeypad   bool // DECNKM
	Origin      bool // DECOM
	Wrap        bool // DECAWM
	ReverseWrap bool
	HideCursor  bool // DECTCEM off
	Focus       bool // reports focus
	Paste       bool // bracketed
	Sync        bool // synchronized output
	Mouse       Mouse
	Encoding    Encoding // of the mouse
	Shape       Shape    // of the cursor
	ShapeBlinks Switch   // as part of the shape
	Blink       Switch   // of the cursor, mode 12
	Kitty       uint8    // keyboard flags
}

// Mouse is which events of the mouse are reported.
type Mouse uint8

// What programs ask of the mouse.
const (
	MouseOff  Mouse = iota
	MouseX10        // mode 9
	MouseVT         // mode 1000
	MouseDrag       // mode 1002
	MouseAny        // mode 1003
)

// Encoding is how events of the mouse are reported.
type Encoding uint8

// How events of the mouse are reported.
const (
	EncodingX10    Encoding = iota
	EncodingSGR             // mode 1006
	EncodingPixels          // mode 1016
)

// Shape is that of the cursor.
type Shape uint8

// Shapes of the cursor; ShapeUnset is the viewer's choice.
const (
	ShapeUnset Shape = iota
	ShapeBlock
	ShapeUnderline
	ShapeBar
)

// Switch is a choice that may have been left to the viewer.
type Switch uint8

// Values of a Switch.
const (
	Unset Switch = iota
	On
	Off
)

func switched(on bool) Switch {
	if on {
		return On
	}
	return Off
}

// softReset is what DECSTR does to the modes. As in xterm.js the mouse keeps
// its, and the options New line and Blink are left alone.
func (m *Modes) softReset() {
	*m = Modes{Wrap: true, Mouse: m.Mouse, Encoding: m.Encoding, NewLine: m.NewLine, Blink: m.Blink}
}

// reset is what RIS does to the modes. As in xterm.js a hidden cursor stays so.
func (m *Modes) reset() {
	*m = Modes{Wrap: true, NewLine: m.NewLine, Blink: m.Blink, HideCursor: m.HideCursor}
}

// flag is the mode of that number that is nothing but a flag.
func (m *Modes) flag(number int32) *bool {
	switch number {
	case 1:
		return &m.AppCursor
	case 7:
		return &m.Wrap
	case 45:
		return &m.ReverseWrap
	case 66:
		return &m.AppKeypad
	case 2004:
		return &m.Paste
	case 2026:
		return &m.Sync
	}
	return nil
}

func setMode(t *Terminal, p *params)   { t.ansiModes(p, true) }
func resetMode(t *Terminal, p *params) { t.ansiModes(p, false) }

func (t *Terminal) ansiModes(p *params, on bool) {
	for _, v := range p.v[:p.n] {
		switch v {
		case 4:
			t.modes.Insert = on
		case 20:
			t.modes.NewLine = on
		}
	}
}

func setPrivateMode(t *Terminal, p *params) {
	for _, v := range p.v[:p.n] {
		t.privateMode(v, true)
	}
}

func resetPrivateMode(t *Terminal, p *params) {
	for _, v := range p.v[:p.n] {
		t.privateMode(v, false)
	}
}

func (t *Terminal) privateMode(number int32, on bool) {
	m := &t.modes
	if f := m.flag(number); f != nil {
		*f = on
		return
	}
	switch number {
	case 2:
		if on {
			for level := range t.charsets {
				t.designate(level, 0)
			}
		}
	case 6:
		m.Origin = on
		t.setCursor(0, 0)
	case 12:
		m.Blink = switched(on)
	case 25:
		m.HideCursor = !on
	case 9, 1000, 1002, 1003, 1006, 1016:
		m.mouse(number, on)
	case 1004:
		m.Focus = on
		if on {
			t.answers.add("\x1b[O") // nobody looks
		}
	case 47, 1047, 1048, 1049:
		t.screenMode(number, on)
	}
}

func (m *Modes) mouse(number int32, on bool) {
	mouse, encoding := MouseOff, EncodingX10
	if on {
		switch number {
		case 9:
			mouse = MouseX10
		case 1000:
			mouse = MouseVT
		case 1002:
			mouse = MouseDrag
		case 1003:
			mouse = MouseAny
		case 1006:
			encoding = EncodingSGR
		case 1016:
			encoding = EncodingPixels
		}
	}
	if number == 1006 || number == 1016 {
		m.Encoding = encoding
	} else {
		m.Mouse = mouse
	}
}

// screenMode switches screens, saves the cursor, or both.
func (t *Terminal) screenMode(number int32, on bool) {
	save := number == 1048 || number == 1049
	if on {
		if save {
			t.saveCursor()
		}
		if number != 1048 {
			t.showAlt()
		}
		return
	}
	if number != 1048 {
		t.showMain()
	}
	if save {
		t.restoreCursor()
	}
}

// cursorShape is DECSCUSR.
func cursorShape(t *Terminal, p *params) {
	m := &t.modes
	n := p.get(0)
	if n == 0 {
		m.Shape, m.ShapeBlinks = ShapeUnset, Unset
		return
	}
	if n <= 6 {
		m.Shape = Shape((n + 1) / 2)
	}
	m.ShapeBlinks = switched(n%2 == 1)
}

// Keyboard flags are kept for the viewer: xterm.js 6 has no handler for them.

func pushKeyboard(t *Terminal, p *params) {
	k := t.s.kitty
	if len(k) == maxKitty {
		k = append(k[:0], k[1:]...)
	}
	t.s.kitty = append(k, uint8(p.get(0)&31))
}

func popKeyboard(t *Terminal, p *params) {
	k := t.s.kitty
	t.s.kitty = k[:len(k)-min(p.one(0), len(k))]
}

func setKeyboard(t *Terminal, p *params) {
	if len(t.s.kitty) == 0 {
		t.s.kitty = append(t.s.kitty, 0)
	}
	top, flags := &t.s.kitty[len(t.s.kitty)-1], uint8(p.get(0)&31)
	switch p.one(1) {
	case 1:
		*top = flags
	case 2:
		*top |= flags
	case 3:
		*top &^= flags
	}
}
