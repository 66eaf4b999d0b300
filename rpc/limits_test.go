package rpc

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"homie/tsidentity"
	"homie/wire"
)

func someone(n int) tsidentity.Caller {
	return tsidentity.Caller{Class: tsidentity.ClassPerson, Person: tsidentity.Person{ID: fmt.Sprint(n)}, Device: tsidentity.Device{ID: "n1"}}
}

// waitOf returns how long a refusal asks to wait, and fails the test if it has
// no words for it.
func waitOf(t *testing.T, err error) time.Duration {
	t.Helper()
	e, ok := errors.AsType[*wire.Error](err)
	if !ok || e.Data.Reason != wire.RateLimited || !e.Data.Retryable || e.Data.RetryAfterMs < 1 || !strings.Contains(e.Message, "Try again in ") {
		t.Fatalf("%v, want a refusal that says when to try again", err)
	}
	return time.Duration(e.Data.RetryAfterMs) * time.Millisecond
}

// Each class has its own bucket for each caller, whose refusal says when it has
// a token again; waiting that long does.
func TestLimitsByClass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimits(Rate{}, nil)
		dear, note, plain := &Method{Name: "a.dear", Class: Expensive}, &Method{Name: "a.note", Class: Message}, &Method{Name: "a.plain"}
		for m, rate := range map[*Method]Rate{dear: Classes()[Expensive], note: Classes()[Message]} {
			for i := range rate.Burst {
				if err := l.admit(someone(1), m); err != nil {
					t.Fatalf("%s number %d: %v", m.Name, i+1, err)
				}
			}
			wait := waitOf(t, l.admit(someone(1), m))
			if want := time.Duration(float64(time.Second) / rate.PerSecond); wait > want || wait < want/2 {
				t.Errorf("%s asks to wait %v, want about %v", m.Name, wait, want)
			}
			time.Sleep(wait + time.Millisecond)
			if err := l.admit(someone(1), m); err != nil {
				t.Errorf("%s after the wait: %v", m.Name, err)
			}
		}
		for _, m := range []*Method{plain, nil} { // other methods, and other callers, go on
			if err := l.admit(someone(1), m); err != nil {
				t.Error(err)
			}
		}
		if err := l.admit(someone(2), dear); err != nil {
			t.Error(err)
		}
	})
}

// A minute of a class is no more than the design has: 60 and 10.
func TestClassesAreWhatTheDocumentsSay(t *testing.T) {
	for c, want := range map[Class]string{Expensive: "60 a minute, 40 at once", Message: "10 a minute, 5 at once"} {
		if got := Classes()[c].String(); got != want {
			t.Errorf("%s: %s, want %s", c, got, want)
		}
	}
	if got := DefaultRate.String(); got != "100 a second, 400 at once" {
		t.Error(got)
	}
}

// Whoever guesses waits, longer each time; one who gets it right is trusted anew.
func TestGuessingBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimits(Rate{}, nil)
		m, wrong := &Method{Name: "door.open", Guessed: true}, wire.Errorf(wire.Forbidden, "no")
		for range guesses.Free {
			if err := l.admit(someone(1), m); err != nil {
				t.Fatal(err)
			}
			l.note(someone(1), m, wrong)
		}
		want := guesses.First
		for range 12 {
			if err := l.admit(someone(1), m); err != nil {
				t.Fatalf("an attempt after the wait: %v", err)
			}
			l.note(someone(1), m, wrong)
			wait := waitOf(t, l.admit(someone(1), m))
			if wait != want {
				t.Errorf("the wait is %v, want %v", wait, want)
			}
			if err := l.admit(someone(2), m); err != nil {
				t.Errorf("somebody else: %v", err)
			}
			time.Sleep(wait)
			want = min(2*want, guesses.Most)
		}
		l.note(someone(1), m, nil)
		l.note(someone(1), m, wrong)
		if err := l.admit(someone(1), m); err != nil {
			t.Errorf("after a success: %v", err)
		}
		l.note(someone(1), m, wire.Errorf(wire.Unavailable, "the machine is offline")) // no guess
		if f := l.failed.byKey[someone(1).Key()+" door.open"]; f.n != 1 {
			t.Errorf("%d failures are counted, want 1", f.n)
		}
	})
}

// Hundred thousand callers cost no more memory than a few thousand, and those
// who call are not the ones forgotten.
func TestLimitersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, b := NewLimiter(Rate{PerSecond: 0.001, Burst: 2}), NewBackoff(BackoffConfig{Free: 0, First: time.Hour, Most: time.Hour})
		l.Allow("regular")
		l.Allow("regular")
		for i := range 100_000 {
			time.Sleep(time.Microsecond)
			l.Allow(fmt.Sprint(i))
			b.Failed(fmt.Sprint(i))
			if i%100 == 0 {
				if _, ok := l.Allow("regular"); ok {
					t.Fatalf("one who calls all the time was forgotten after %d others", i)
				}
			}
		}
		if n, m := len(l.byKey), len(b.byKey); n > maxKeys || m > maxKeys {
			t.Errorf("%d and %d keys are remembered, want at most %d", n, m, maxKeys)
		}
	})
}

func TestParseRates(t *testing.T) {
	all, classes, err := ParseRates("expensive=600, message=100,all=12000")
	if err != nil || classes[Expensive] != (Rate{10, 400}) || classes[Message].Burst != 50 || all != (Rate{200, 800}) {
		t.Errorf("%v, %v, %v", all, classes, err)
	}
	if all, classes, err := ParseRates(""); err != nil || all != (Rate{}) || len(classes) != 0 {
		t.Errorf("%v, %v, %v", all, classes, err)
	}
	for _, bad := range []string{"x=1", "expensive", "expensive=", "expensive=0", "message=-1", "message=NaN", "all=1e300", "expensive=60/m", "=3"} {
		if _, _, err := ParseRates(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestWaitsInWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Millisecond: "a second", time.Second: "a second", 1001 * time.Millisecond: "2 seconds", 119 * time.Second: "119 seconds",
		2 * time.Minute: "2 minutes", 270 * time.Second: "5 minutes",
	} {
		if got := inWords(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

// BenchmarkAdmit is what the limits cost a call; they are on the way of each.
func BenchmarkAdmit(b *testing.B) {
	for name, m := range map[string]*Method{"plain": {Name: "a.b"}, "expensive": {Name: "a.b", Class: Expensive}, "guessed": {Name: "a.b", Guessed: true}} {
		b.Run(name, func(b *testing.B) {
			l := newLimits(Rate{1e9, 1e9}, map[Class]Rate{Expensive: {1e9, 1e9}})
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				who := someone(1)
				for pb.Next() {
					if err := l.admit(who, m); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

// BenchmarkAdmitCrowded has more callers than are remembered.
func BenchmarkAdmitCrowded(b *testing.B) {
	l := NewLimiter(Rate{100, 400})
	keys := make([]string, 3*maxKeys)
	for i := range keys {
		keys[i] = someone(i).Key()
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		l.Allow(keys[i%len(keys)])
	}
}
