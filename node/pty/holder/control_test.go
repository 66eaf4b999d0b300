//go:build linux || darwin

package holder

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// data is the next piece that a viewer types.
func data(c *onlooker, keys []byte) rpc.Chunk {
	k := rpc.Chunk{Kind: wire.Data, Offset: c.typed, Data: keys}
	c.typed += uint64(len(keys))
	return k
}

func (g *guest) asks(t *testing.T) {
	t.Helper()
	asks := true
	b, err := json.Marshal(terminal.ViewerNote{Asks: &asks})
	if err != nil {
		t.Fatal(err)
	}
	g.keys <- rpc.Chunk{Kind: wire.Note, Data: b}
	synctest.Wait()
}

func gives(key terminal.ViewerKey) terminal.ControlParams {
	return terminal.ControlParams{Mode: terminal.One, Viewer: key}
}

var opens = terminal.ControlParams{Mode: terminal.Open}

// TestControl lets one type alone: what others type meanwhile is dropped and
// counted, never kept for later.
func TestControl(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t)
		olivia := c.joins(t, person("Olivia"), "o", false)
		max := c.joins(t, person("Max"), "m", false)
		mia := c.joins(t, person("Mia"), "w", true)
		olivia.say(t, "a")
		max.say(t, "b")
		if err := c.Control(person("Max"), gives(max.key)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		olivia.say(t, "lost")
		max.say(t, "c")
		if got := c.program.text(); got != "abc" {
			t.Errorf("the program was typed %q, want %q", got, "abc")
		}
		if *olivia.latest().Heard || !*max.latest().Heard || *mia.latest().Heard {
			t.Error("somebody was told wrongly whether their keys are taken")
		}
		if n := *c.takenOf("o"); n != 5 {
			t.Errorf("%d bytes count as taken of Olivia's, want all 5: she must not send them again", n)
		}
		for v := range c.viewersNow() {
			if v.key == olivia.key && v.unheard != 4 {
				t.Errorf("%d bytes are counted as dropped, want 4", v.unheard)
			}
			if drives := c.driver.Load() == v; drives != (v.key == max.key) {
				t.Errorf("%s drives: %v", v.by.Name, drives)
			}
		}
		wantReason(t, "Olivia takes it", c.Control(person("Olivia"), gives(olivia.key)), wire.Forbidden)
		wantReason(t, "Olivia opens it", c.Control(person("Olivia"), opens), wire.Forbidden)
		wantReason(t, "to a watcher", c.Control(person("Max"), gives(mia.key)), wire.Conflict)
		wantReason(t, "to nobody", c.Control(person("Max"), gives("nobody")), wire.NotFound)
		wantReason(t, "a call of Olivia's types", c.mayAct(person("Olivia")), wire.Conflict)
		if err := c.mayAct(person("Max")); err != nil {
			t.Errorf("a call of Max's: %v", err)
		}
		took := gives(olivia.key)
		took.Override = true
		if err := c.Control(person("Olivia"), took); err != nil || c.Info().Control.Viewer != olivia.key {
			t.Errorf("taking it back: %v", err)
		}
		olivia.say(t, "d")
		max.say(t, "lost, too")
		if err := c.Control(person("Olivia"), opens); err != nil {
			t.Fatal(err)
		}
		max.say(t, "e")
		if got := c.program.text(); got != "abcde" {
			t.Errorf("the program was typed %q, want %q", got, "abcde")
		}
	})
}

// TestAskForControl asks, and is answered by being given it, or by its being
// kept.
func TestAskForControl(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t)
		olivia := c.joins(t, person("Olivia"), "o", false)
		max := c.joins(t, person("Max"), "m", false)
		asks := func() bool { return c.Info().People[0].Asks }
		olivia.asks(t)
		if asks() {
			t.Error("somebody asks for what they have")
		}
		for _, to := range []*guest{max, olivia} {
			if err := c.Control(person("Max"), gives(max.key)); err != nil {
				t.Fatal(err)
			}
			olivia.asks(t)
			if !asks() {
				t.Fatal("nobody asks")
			}
			if err := c.Control(person("Max"), gives(to.key)); err != nil || asks() || c.Info().Control.Viewer != to.key {
				t.Errorf("giving it to %s: %v, %+v", to.key, err, c.Info())
			}
		}
	})
}

// TestControlIsLeft opens the session again when the one with control leaves, at
// once; when the connection was lost, after a while.
func TestControlIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t)
		olivia := c.joins(t, person("Olivia"), "o", false)
		max := c.joins(t, person("Max"), "m", false)
		give := func(key terminal.ViewerKey) {
			t.Helper()
			if err := c.Control(person("Max"), terminal.ControlParams{Mode: terminal.One, Viewer: key, Override: true}); err != nil {
				t.Fatal(err)
			}
		}
		give(max.key)
		max.leaves()
		if c.Info().Control != nil {
			t.Error("who left has control")
		}

		max = c.joins(t, person("Max"), "m", false)
		give(max.key)
		max.drop()
		if got := c.Info().Control; got == nil || !got.Away || got.Name != "Max" {
			t.Errorf("after the connection was lost control is %+v, want Max's, who is away", got)
		}
		time.Sleep(controlGrace - time.Second)
		olivia.say(t, "lost")
		max = c.joins(t, person("Max"), "m", false)
		if got := c.Info().Control; got == nil || got.Away {
			t.Errorf("Max is back, and control is %+v", got)
		}
		time.Sleep(2 * controlGrace)
		synctest.Wait()
		if c.Info().Control == nil {
			t.Error("control was lost though Max came back")
		}

		max.drop() // and loads the page again: another viewer, the same device
		max = c.joins(t, person("Max"), "m2", false)
		if got := c.Info().Control; got == nil || got.Away || got.Viewer != max.key {
			t.Errorf("Max is back as another viewer, and control is %+v", got)
		}

		max.drop()
		max = c.joins(t, person("Max"), "m2", true) // as one who watches
		if got := c.Info().Control; got != nil {
			t.Errorf("Max is back to watch, and control is %+v", got)
		}
		max.drop()
		max = c.joins(t, person("Max"), "m2", false)
		give(max.key)
		max.drop()
		c.joins(t, person("Max"), "m3", true) // watches in another tab
		if got := c.Info().Control; got == nil || !got.Away {
			t.Errorf("control is %+v, want Max's, who is away", got)
		}
		time.Sleep(controlGrace)
		synctest.Wait()
		if got := c.Info().Control; got != nil {
			t.Errorf("after a while control is %+v, want it open", got)
		}
		olivia.say(t, "heard")
		if got := c.program.text(); got != "heard" {
			t.Errorf("the program was typed %q, want %q", got, "heard")
		}
	})
}

// TestControlMoves takes control along to the program that replaces this one.
func TestControlMoves(t *testing.T) {
	m := run(t, Config{})
	s := begin(t, m, "cat")
	c, zero := newOnlooker(0), uint64(0)
	done := make(chan error, 1)
	go func() {
		done <- s.Serve(t.Context(), c, person("Max"), terminal.AttachParams{Offset: &zero, Viewer: "m"}, terminal.Attached{Session: s.Info()})
	}()
	c.told(t, "who they are", func(n note) bool { return n.You != "" })
	if err := s.Control(person("Max"), gives(keyOf("m"))); err != nil {
		t.Fatal(err)
	}
	_, thaw := m.freeze()
	<-done
	saved, err := s.save()
	thaw()
	if err != nil {
		t.Fatal(err)
	}
	saved.PID, saved.Info.State = 0, terminal.Running
	b, err := json.Marshal(saved.Info)
	if err != nil {
		t.Fatal(err)
	}
	var info terminal.Session
	if err := json.Unmarshal(b, &info); err != nil {
		t.Fatal(err)
	}
	next := newSession(info, 1, &quiet{}, s.log, func(*Session) {})
	next.goOnLocked()
	if got := next.Info().Control; got == nil || !got.Away || got.Viewer != keyOf("m") {
		t.Errorf("the next program has control as %+v, want Max's, who is to come back", got)
	}
	next.clock.Stop()
}

func wantReason(t *testing.T, what string, err error, want wire.Reason) {
	t.Helper()
	if got := wire.ReasonOf(err); got != want {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}
