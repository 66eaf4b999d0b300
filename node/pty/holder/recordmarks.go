package holder

import "bytes"

// commandEnd is how a shell says that a command has ended: OSC 133 D, with the
// exit status behind another semicolon, up to BEL or ST.
var commandEnd = []byte("\x1b]133;D")

// maxStatus bounds the exit status that is looked for, in bytes.
const maxStatus = 16

// ends finds, in output that comes in pieces, where commands end.
type ends struct {
	matched int // bytes of commandEnd
	status  []byte
}

// next looks for the next end in p. It returns how many bytes of p belong
// before it, all of them if there is none, and the exit status as the shell says
// it, "" for none.
func (e *ends) next(p []byte) (n int, status string, found bool) {
	for i := 0; i < len(p); i++ {
		if e.matched == 0 {
			at := bytes.IndexByte(p[i:], commandEnd[0])
			if at < 0 {
				return len(p), "", false
			}
			i += at
			e.matched = 1
			continue
		}
		c := p[i]
		switch {
		case e.matched < len(commandEnd):
			switch c {
			case commandEnd[e.matched]:
				e.matched++
			case commandEnd[0]:
				e.matched = 1
			default:
				e.restart()
			}
		case c == '\a' || (c == '\\' && e.escaped()):
			status := e.said()
			e.restart()
			return i + 1, status, true
		case len(e.status) >= maxStatus:
			e.restart()
		default:
			e.status = append(e.status, c)
		}
	}
	return len(p), "", false
}

// escaped reports whether the latest byte is the first of ST.
func (e *ends) escaped() bool { return len(e.status) > 0 && e.status[len(e.status)-1] == 0x1b }

// said returns the digits of the status.
func (e *ends) said() string {
	s, ok := bytes.CutPrefix(e.status, []byte(";"))
	if !ok {
		return ""
	}
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return string(s[:n])
}

func (e *ends) restart() { e.matched, e.status = 0, e.status[:0] }

// endLabel is what a marker in a recording says at the end of a command.
func endLabel(status string) string {
	if status == "" {
		return "command finished"
	}
	return "command finished, exit " + status
}
