//go:build linux || darwin

package holder

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A paste came in pieces, and what another typed meanwhile got into it.
func TestPasteStaysWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t)
		olivia := c.joins(t, person("Olivia"), "o", false)
		max := c.joins(t, person("Max"), "m", false)
		olivia.say(t, "\x1b[20") // even the mark comes in pieces
		olivia.say(t, "0~one ")
		max.types(t, "x") // who then waits
		time.Sleep(pasteWait / 2)
		olivia.say(t, "two\x1b[201")
		olivia.say(t, "~")
		synctest.Wait()
		if got, want := c.program.text(), "\x1b[200~one two\x1b[201~x"; got != want {
			t.Errorf("the program was typed %q, want %q", got, want)
		}
	})
}

// The rest of a paste may never come: the others do not wait for long.
func TestPasteWithoutAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t)
		olivia := c.joins(t, person("Olivia"), "o", false)
		max := c.joins(t, person("Max"), "m", false)
		olivia.say(t, "\x1b[200~one")
		max.say(t, "x")
		if got := c.program.text(); strings.Contains(got, "x") {
			t.Errorf("the program was typed %q before the paste has had its time", got)
		}
		time.Sleep(pasteWait)
		synctest.Wait()
		if got, want := c.program.text(), "\x1b[200~onex"; got != want {
			t.Errorf("the program was typed %q, want %q", got, want)
		}
		olivia.say(t, "\x1b[200~two")
		olivia.drop()
		max.say(t, "y")
		if got := c.program.text(); !strings.HasSuffix(got, "twoy") {
			t.Errorf("the program was typed %q, want what comes after somebody left", got)
		}
	})
}

// Who loses control in the middle of a paste leaves no program that waits for
// its end.
func TestPasteIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t)
		olivia := c.joins(t, person("Olivia"), "o", false)
		max := c.joins(t, person("Max"), "m", false)
		olivia.say(t, "\x1b[200~one")
		if err := c.Control(person("Max"), gives(max.key)); err != nil {
			t.Fatal(err)
		}
		olivia.say(t, "two")
		olivia.say(t, "three\x1b[201~")
		max.say(t, "x")
		if got, want := c.program.text(), "\x1b[200~one\x1b[201~x"; got != want {
			t.Errorf("the program was typed %q, want %q", got, want)
		}
	})
}

// TestTwoPastes has two people paste at once into a real terminal, in pieces.
func TestTwoPastes(t *testing.T) {
	m := run(t, Config{})
	s := shell(t, m, "stty raw -echo; echo ready; head -c 24012 | tr -d '\\033' | fold -w 12006; echo; echo done")
	a, _ := attach(t, s, 0)
	b, _ := attach(t, s, 0)
	a.shows(t, "ready")
	pieces := func(c *onlooker, letter string) {
		text := "\x1b[200~" + strings.Repeat(letter, 11994) + "\x1b[201~"
		for len(text) > 0 {
			n := min(len(text), 401)
			c.types(t, text[:n])
			text = text[n:]
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		pieces(a, "a")
	}()
	pieces(b, "b")
	<-done
	out := output(t, s)
	for _, letter := range []string{"a", "b"} {
		if whole := "[200~" + strings.Repeat(letter, 11994) + "[201~"; !strings.Contains(strings.ReplaceAll(strings.ReplaceAll(out, "\n", ""), "\r", ""), whole) {
			t.Errorf("the paste of %ss is not whole", letter)
		}
	}
}
