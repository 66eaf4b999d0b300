package vt

const (
	maxParams = 32
	maxParam  = 1<<31 - 1
)

// params are the numbers of a control sequence, as xterm.js reads them: no more
// than 32, with as many behind colons, which belong to the one before. A number
// left out is 0, behind a colon -1. There is always at least one.
type params struct {
	v        [maxParams]int32
	n        int
	sub      [maxParams]int32
	subs     int
	from, to [maxParams]uint8 // of sub, by parameter

	full, subFull, inSub bool
}

// zero is what a sequence begins with.
func (p *params) zero() {
	p.n, p.subs = 0, 0
	p.full, p.subFull, p.inSub = false, false, false
	p.add()
}

// read takes a digit or separator.
func (p *params) read(r rune) {
	switch r {
	case ';':
		p.add()
	case ':':
		p.addSub()
	default:
		p.digit(r - '0')
	}
}

func (p *params) add() {
	p.inSub = false
	if p.n >= maxParams {
		p.full = true
		return
	}
	p.from[p.n], p.to[p.n] = uint8(p.subs), uint8(p.subs)
	p.v[p.n] = 0
	p.n++
}

func (p *params) addSub() {
	p.inSub = true
	if p.full || p.subs >= maxParams {
		p.subFull = true
		return
	}
	p.sub[p.subs] = -1
	p.subs++
	p.to[p.n-1]++
}

func (p *params) digit(d int32) {
	if p.full || p.inSub && (p.subFull || p.subs == 0) {
		return
	}
	v := &p.v[p.n-1]
	if p.inSub {
		v = &p.sub[p.subs-1]
	}
	if *v == -1 {
		*v = d
		return
	}
	*v = int32(min(int64(*v)*10+int64(d), maxParam))
}

// get is parameter i, 0 if there are fewer.
func (p *params) get(i int) int {
	if i < p.n {
		return int(p.v[i])
	}
	return 0
}

// one is parameter i, or 1 if it is 0 or left out.
func (p *params) one(i int) int {
	if v := p.get(i); v != 0 {
		return v
	}
	return 1
}

// behind are the numbers behind colons of parameter i.
func (p *params) behind(i int) []int32 { return p.sub[p.from[i]:p.to[i]] }
