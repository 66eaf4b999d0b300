package vt

// tabs are the tab stops of a screen; nil stops are the usual ones, every
// eight columns.
type tabs struct{ stops []bool }

const tabWidth = 8

func (s *tabs) reset() { s.stops = nil }

func (s *tabs) at(x int) bool {
	if s.stops == nil {
		return x%tabWidth == 0
	}
	return x < len(s.stops) && s.stops[x]
}

// own makes the stops ones that can be changed.
func (s *tabs) own(cols int) {
	if s.stops != nil {
		return
	}
	s.stops = make([]bool, cols+1)
	for x := 0; x < cols; x += tabWidth {
		s.stops[x] = true
	}
}

func (s *tabs) set(x, cols int, on bool) {
	if s.at(x) == on && (s.stops != nil || x < cols) {
		return
	}
	s.own(cols)
	if x >= len(s.stops) {
		if !on || x > MaxCols {
			return
		}
		s.stops = append(s.stops, make([]bool, x+1-len(s.stops))...)
	}
	s.stops[x] = on
}

func (s *tabs) clear(cols int) {
	s.own(cols)
	clear(s.stops)
}

// next is the stop after x, or the last column.
func (s *tabs) next(x, cols int) int {
	for x++; x < cols && !s.at(x); x++ {
	}
	return min(x, cols-1)
}

// previous is the stop before x, or the first column.
func (s *tabs) previous(x, cols int) int {
	for x--; x > 0 && !s.at(x); x-- {
	}
	return max(0, min(x, cols-1))
}

// resize adds the stops that a wider screen has, as xterm.js does: from the
// last one on, even if they were cleared.
func (s *tabs) resize(cols int) {
	if s.stops == nil {
		return
	}
	i := cols
	if !s.at(i) {
		i = s.previous(i, cols)
	}
	for ; i < cols; i += tabWidth {
		s.set(i, cols, true)
	}
}
