package vt

import "strings"

// A link is a hyperlink of OSC 8. Cells that were printed while it was open
// belong together; so do all of the same id and address.
type link struct{ id, uri string }

func (l link) size() int { return len(l.id) + len(l.uri) + 64 }

// links are the hyperlinks that cells refer to by number, the latest of them:
// text of an older one is plain.
type links struct {
	first uint32 // number of list[0]; 0 is no link
	list  []link
	named map[link]uint32
	bytes int
}

// get is the link of that number, false if it is forgotten.
func (l *links) get(number uint32) (link, bool) {
	if i := number - l.first; number >= l.first && i < uint32(len(l.list)) {
		return l.list[i], true
	}
	return link{}, false
}

// add gives k a number.
func (l *links) add(k link) uint32 {
	if k.id != "" {
		if n, ok := l.named[k]; ok {
			return n
		}
	}
	if l.first == 0 {
		l.first = 1
	}
	n := l.first + uint32(len(l.list))
	l.list = append(l.list, k)
	l.bytes += k.size()
	if k.id != "" {
		if l.named == nil {
			l.named = make(map[link]uint32)
		}
		l.named[k] = n
	}
	for len(l.list) > maxLinks || l.bytes > maxLinkBytes {
		l.bytes -= l.list[0].size()
		delete(l.named, l.list[0])
		l.list = l.list[1:]
		l.first++
	}
	return n
}

// hyperlink is OSC 8.
func (t *Terminal) hyperlink(data string) {
	id, uri, ok := strings.Cut(data, ";")
	if !ok || len(data) > maxLink {
		return
	}
	id = strings.TrimSpace(id)
	a := t.attr
	switch {
	case uri != "":
		a.link = t.links.add(link{linkID(id), uri})
	case id != "":
		return
	default:
		a.link = 0
	}
	a.updateExtended()
	t.setAttr(a)
}

func linkID(params string) string {
	for p := range strings.SplitSeq(params, ":") {
		if id, ok := strings.CutPrefix(p, "id="); ok {
			return id
		}
	}
	return ""
}
