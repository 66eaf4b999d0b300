package audit

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homie/rpc"
	"homie/store"
	"homie/store/storetest"
	"homie/tsidentity"
)

var olivia = tsidentity.Caller{
	Class:  tsidentity.ClassPerson,
	Person: tsidentity.Person{ID: "101", Login: "olivia@example.com", Name: "Olivia"},
	Device: tsidentity.Device{ID: "nLaptop", Name: "olivia-laptop"},
}

// did is an act of Olivia's.
func did(method, target string, at time.Time) rpc.Audit {
	return rpc.Audit{At: at, Caller: olivia, Method: method, Target: target, Decision: allowed, RequestID: "r"}
}

func open(t testing.TB) *Service {
	return New(storetest.Open(t), slog.New(slog.DiscardHandler))
}

// fill records n different acts.
func fill(t testing.TB, s *Service, n int) {
	for i := range n {
		s.Record(t.Context(), did("pairing.approve", fmt.Sprintf("n%d", i), time.Now()))
	}
}

// exported is the whole log, as a file has it.
func exported(t testing.TB, s *Service) []string {
	t.Helper()
	var out []string
	for after := uint64(0); ; {
		page, err := s.export(t.Context(), olivia, ExportParams{After: after, Limit: 7})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, page.Lines...)
		if after = page.Next; after == 0 {
			return out
		}
	}
}

// verdict checks lines as a file.
func verdict(t testing.TB, v *Verifier, lines []string) Verdict {
	t.Helper()
	if err := v.Read(strings.NewReader(strings.Join(lines, "\n") + "\n")); err != nil {
		t.Fatal(err)
	}
	return v.Verdict()
}

func TestAnExportIsWhole(t *testing.T) {
	s := open(t)
	fill(t, s, 40)
	got := verdict(t, &Verifier{}, exported(t, s))
	head, err := s.readHead()
	if err != nil {
		t.Fatal(err)
	}
	if want := (Verdict{Lines: 40, First: 1, Head: head, Breaks: []Break{}, Notes: []string{}}); !cmp.Equal(got, want) {
		t.Errorf("Verdict() of an untouched log (-want +got):\n%s", cmp.Diff(want, got))
	}
	live, err := s.verify(t.Context(), olivia, struct{}{})
	if err != nil || !cmp.Equal(live.Verdict, got) {
		t.Errorf("verify of the live log = %+v, %v, want %+v", live.Verdict, err, got)
	}
}

// Whatever is done to a line of a log but the last, it shows, and where. What is
// done to the last one shows to whoever knows the head.
func TestEveryChangeShows(t *testing.T) {
	s := open(t)
	fill(t, s, 12)
	whole := exported(t, s)
	head, err := s.readHead()
	if err != nil {
		t.Fatal(err)
	}
	broken := func(what string, lines []string, from, to uint64) {
		t.Helper()
		v := &Verifier{}
		v.Want(head)
		if err := v.Read(strings.NewReader(strings.Join(lines, "\n") + "\n")); err != nil {
			t.Errorf("%s: %v", what, err)
			return
		}
		v.Compare(head, "den")
		got := v.Verdict()
		if len(got.Breaks) == 0 {
			t.Errorf("%s does not show", what)
		} else if b := got.Breaks[0]; b.Seq != 0 && (b.Seq < from || b.Seq > to) {
			t.Errorf("%s shows at entry %d: %s; want it at %d to %d", what, b.Seq, b.Problem, from, to)
		}
	}
	for i := range whole {
		seq := uint64(i + 1)
		last := i == len(whole)-1
		broken(fmt.Sprintf("removing line %d", seq), slices.Delete(slices.Clone(whole), i, i+1), seq-1, seq+1)
		broken(fmt.Sprintf("doubling line %d", seq), slices.Insert(slices.Clone(whole), i, whole[i]), seq, seq)
		if !last {
			swapped := slices.Clone(whole)
			swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
			broken(fmt.Sprintf("swapping line %d with the next", seq), swapped, seq, seq+1)
		}
		for at := range len(whole[i]) { // each byte
			changed := slices.Clone(whole)
			b := []byte(whole[i])
			if b[at] ^= 1; b[at] == '\n' {
				continue
			}
			changed[i] = string(b)
			broken(fmt.Sprintf("changing byte %d of line %d", at, seq), changed, 1, seq+1<<20)
		}
		broken(fmt.Sprintf("cutting off from line %d", seq), whole[:i], seq-1, seq)
		// Whoever changes a line may chain all that follow anew: that shows in
		// the head.
		rewritten := slices.Clone(whole)
		for j := i; j < len(whole); j++ {
			var e Entry
			if err := json.Unmarshal([]byte(rewritten[j]), &e); err != nil {
				t.Fatal(err)
			}
			if j == i {
				e.Person = "Nobody"
			} else {
				e.Prev = hashOf([]byte(rewritten[j-1]))
			}
			b, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			rewritten[j] = string(b)
		}
		broken(fmt.Sprintf("writing the log anew from line %d", seq), rewritten, 12, 12)
	}
}

// Old entries are dropped, and the log says which, so that it is whole; and not
// if somebody else dropped them.
func TestRetentionKeepsTheChain(t *testing.T) {
	s := open(t)
	s.keep = 1_500
	for i := range 4 { // written together, as a full disk would have it
		for j := range 999 {
			s.waiting = append(s.waiting, item{entryOf(did("pairing.approve", fmt.Sprint(i, j), time.Now())), act{"c", "m", fmt.Sprint(i, j)}})
		}
		s.flush()
	}
	whole := exported(t, s)
	v := &Verifier{Kept: s.keep}
	got := verdict(t, v, whole)
	if got.First != 1_501 || len(got.Breaks) != 0 || len(got.Notes) != 1 {
		t.Fatalf("after the oldest were dropped: first %d, breaks %v, notes %v", got.First, got.Breaks, got.Notes)
	}
	if live, err := s.verify(t.Context(), olivia, struct{}{}); err != nil || len(live.Verdict.Breaks) != 0 {
		t.Errorf("verify of the live log = %+v, %v", live.Verdict, err)
	}
	if got := verdict(t, &Verifier{Kept: s.keep}, whole[1:]); len(got.Breaks) != 1 || !strings.Contains(got.Breaks[0].Problem, "no entry says") {
		t.Errorf("one line more is gone, and the breaks are %v", got.Breaks)
	}
	if got := verdict(t, &Verifier{}, whole); len(got.Breaks) != 1 || !strings.Contains(got.Breaks[0].Problem, "too few") {
		t.Errorf("lines were dropped from a short log, and the breaks are %v", got.Breaks)
	}
}

// Entries of before the chain are in it after the migration, with what they said.
func TestMigrate(t *testing.T) {
	for _, first := range []int{1, 301} { // nothing was dropped, or something
		path := filepath.Join(t.TempDir(), "homie.db")
		db := storetest.OpenAt(t, path, store.Options{})
		old := store.NewSequence[uint64, map[string]any]("audit")
		err := db.Update(func(tx *store.Tx) error {
			for i := range 500 {
				_, err := old.Append(tx, func(seq uint64) map[string]any {
					return map[string]any{"seq": seq, "at": "2026-01-02T03:04:05Z", "person": "Max <b>", "method": "pairing.approve", "decision": "allowed", "again": i}
				})
				if err != nil {
					return err
				}
			}
			for i := 1; i < first; i++ {
				if err := old.Delete(tx, uint64(i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = storetest.OpenAt(t, path, store.Options{Migrations: []store.Migration{{Version: 1, Name: "chain", Apply: Migrate}}})
		if err := db.Degraded(); err != nil {
			t.Fatal(err)
		}
		s := New(db, slog.New(slog.DiscardHandler))
		fill(t, s, 3)
		got := verdict(t, &Verifier{Kept: 10}, exported(t, s))
		if len(got.Breaks) != 0 || got.First != uint64(first) || got.Lines != 500-first+1+1+3 {
			t.Errorf("after the migration of a log that begins with %d: %+v", first, got)
		}
		page, err := s.list(t.Context(), olivia, ListParams{Before: 500, Limit: 1})
		if e := page.Entries; err != nil || len(e) != 1 || e[0].Person != "Max <b>" || e[0].Again != 498 {
			t.Errorf("an entry of before is %+v, %v", e, err)
		}
	}
}

// What repeats itself is counted beside the log, and is in it in the end: also
// after a restart, and when it goes on later.
func TestRepetitionsBecomeEntries(t *testing.T) {
	s := open(t)
	at := time.Now().Add(-time.Hour)
	for i := range 5 {
		s.Record(t.Context(), did("terminal.session.attach", "den/1", at.Add(time.Duration(i)*time.Minute)))
	}
	if n := len(exported(t, s)); n != 1 {
		t.Errorf("%d lines while it goes on, want 1", n)
	}
	s.Record(t.Context(), did("terminal.session.attach", "den/1", at.Add(20*time.Minute))) // a new first
	s.Record(t.Context(), did("terminal.session.attach", "den/1", at.Add(21*time.Minute)))
	s = New(s.db, s.log) // as after a crash
	s.endRepeats(time.Now())
	page, err := s.list(t.Context(), olivia, ListParams{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range slices.Backward(page.Entries) {
		got = append(got, fmt.Sprint(e.Seq, e.Again, e.Of))
	}
	if want := []string{"1 0 0", "2 0 0", "3 4 1", "4 1 2"}; !slices.Equal(got, want) {
		t.Errorf("seq, again, of = %q, want %q", got, want)
	}
	if v := verdict(t, &Verifier{}, exported(t, s)); len(v.Breaks) != 0 {
		t.Errorf("breaks: %v", v.Breaks)
	}
}

func TestFilters(t *testing.T) {
	s := open(t)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	max := olivia
	max.Person = tsidentity.Person{ID: "102", Login: "max@example.com", Name: "Max"}
	max.Device = tsidentity.Device{ID: "nTablet", Name: "max-tablet"}
	s.Record(t.Context(), did("pairing.approve", "nDen", at))
	s.Record(t.Context(), rpc.Audit{At: at.Add(time.Minute), Caller: max, Method: "terminal.session.start", Target: "den", Decision: "allowed", Args: map[string]string{"account": "media"}})
	s.Record(t.Context(), rpc.Audit{At: at.Add(2 * time.Minute), Caller: max, Method: "pairing.list", Decision: "denied", Reason: "no"})
	later, early := at.Add(time.Minute), at
	for _, tt := range []struct {
		p    ListParams
		want string
	}{
		{ListParams{}, "[3 2 1]"},
		{ListParams{Person: "MAX@"}, "[3 2]"},
		{ListParams{Person: "101"}, "[1]"},
		{ListParams{Person: "10"}, "[]"}, // an id counts as a whole
		{ListParams{Device: "tablet"}, "[3 2]"},
		{ListParams{Device: "nLaptop"}, "[1]"},
		{ListParams{Method: "pairing."}, "[3 1]"},
		{ListParams{Method: "list"}, "[]"},
		{ListParams{Target: "DEN"}, "[2 1]"},
		{ListParams{Decision: "denied"}, "[3]"},
		{ListParams{From: &later}, "[3 2]"},
		{ListParams{To: &later}, "[1]"},
		{ListParams{From: &early, To: &later}, "[1]"},
		{ListParams{Person: "max", Decision: "allowed", Method: "terminal"}, "[2]"},
		{ListParams{Before: 3, Limit: 1}, "[2]"},
	} {
		page, err := s.list(t.Context(), olivia, tt.p)
		var got []uint64
		for _, e := range page.Entries {
			got = append(got, e.Seq)
		}
		if fmt.Sprint(got) != tt.want || err != nil {
			t.Errorf("list(%+v) = %v, %v, want %s", tt.p, got, err, tt.want)
		}
		if wantNext := tt.p.Limit == 1; (page.Next != 0) != wantNext {
			t.Errorf("list(%+v) has the next page %d", tt.p, page.Next)
		}
	}
	if page, _ := s.list(t.Context(), olivia, ListParams{Before: 3, Limit: 1}); page.Entries[0].Args["account"] != "media" {
		t.Errorf("the arguments are %v", page.Entries[0].Args)
	}
}

// A log that can't be written keeps what it can, counts the rest, says so, and
// puts all of it on record when there is room again.
func TestNothingIsLostSilently(t *testing.T) {
	full := true
	var mu sync.Mutex
	db := storetest.OpenAt(t, filepath.Join(t.TempDir(), "homie.db"), store.Options{Journal: func(store.WriteSet) error {
		mu.Lock()
		defer mu.Unlock()
		if full {
			return fmt.Errorf("no room: %w", store.ErrFull)
		}
		return nil
	}})
	s := New(db, slog.New(slog.DiscardHandler))
	if w := s.Warning(olivia); w != "" {
		t.Errorf("Warning() = %q before anything is wrong", w)
	}
	fill(t, s, maxWaiting+7)
	if w := s.Warning(olivia); !strings.Contains(w, "disk of Homie's gateway is full: 1000 entries") || !strings.Contains(w, "7 are lost") {
		t.Errorf("Warning() = %q", w)
	}
	if page, err := s.list(t.Context(), olivia, ListParams{}); err != nil || page.Waiting != maxWaiting+7 {
		t.Errorf("list says that %d wait, %v", page.Waiting, err)
	}
	mu.Lock()
	full = false
	mu.Unlock()
	s.flush()
	v := verdict(t, &Verifier{}, exported(t, s))
	if v.Lines != maxWaiting+1 || len(v.Breaks) != 0 || len(v.Notes) != 1 || !strings.Contains(v.Notes[0], "7 entries between") {
		t.Errorf("afterwards: %+v", v)
	}
	if w := s.Warning(olivia); w != "" {
		t.Errorf("Warning() = %q when there is room again", w)
	}
}

// Entries of many callers at once are all there, in a chain.
func TestHammer(t *testing.T) {
	s := open(t)
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			for j := range 25 {
				s.Record(t.Context(), did("pairing.approve", fmt.Sprint(i, "/", j), time.Now()))
				s.Record(t.Context(), did("terminal.session.attach", "den/1", time.Now()))
			}
		})
	}
	group.Wait()
	s.endRepeats(time.Now().Add(time.Hour))
	v := verdict(t, &Verifier{}, exported(t, s))
	if len(v.Breaks) != 0 || v.Lines != 16*25+2 {
		t.Errorf("%d lines, breaks %v", v.Lines, v.Breaks)
	}
	page, err := s.list(t.Context(), olivia, ListParams{Limit: 1})
	if err != nil || page.Entries[0].Again != 16*25-1 {
		t.Errorf("the repetitions are %+v, %v", page.Entries, err)
	}
}

// A line that was made unreadable does not hide the others.
func TestUnreadableLines(t *testing.T) {
	s := open(t)
	fill(t, s, 3)
	err := s.db.Update(func(tx *store.Tx) error { return lines.Put(tx, 2, json.RawMessage(`"gone"`)) })
	if err != nil {
		t.Fatal(err)
	}
	page, err := s.list(t.Context(), olivia, ListParams{})
	if err != nil || len(page.Entries) != 3 || page.Entries[1].Decision != "failed" {
		t.Errorf("list = %+v, %v", page, err)
	}
	live, err := s.verify(t.Context(), olivia, struct{}{})
	if err != nil || len(live.Verdict.Breaks) == 0 {
		t.Errorf("verify = %+v, %v", live, err)
	}
}

// The worked example of the documentation is right.
func TestDocumentedExample(t *testing.T) {
	text, err := os.ReadFile("../../docs/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	var example []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, `{"seq":`) {
			example = append(example, strings.TrimSuffix(line, "\n"))
		}
	}
	v := verdict(t, &Verifier{}, example)
	if v.Lines != 2 || len(v.Breaks) > 0 || !strings.Contains(string(text), "\n"+v.Head.Hash+"  -\n") {
		t.Errorf("the example of docs/audit.md: %+v", v)
	}
	for _, line := range example { // and it is what Homie writes
		var e Entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if b, err := json.Marshal(e); err != nil || string(b) != line {
			t.Errorf("Homie writes %s, %v, and the example has %s", b, err, line)
		}
	}
}

// FuzzVerify reads any file: it ends, with a verdict or an error, and a file that
// is whole is one that Homie's own lines make.
func FuzzVerify(f *testing.F) {
	s := open(f)
	fill(f, s, 4)
	whole := exported(f, s)
	f.Add([]byte(strings.Join(whole, "\n") + "\n"))
	f.Add([]byte(strings.Join(whole[1:], "\n")))
	f.Add([]byte(`{"seq":2,"prev":"","class":"homie","dropped":{"through":1,"hash":""}}`))
	f.Add([]byte("\n\n{}\n{\"seq\":18446744073709551615}\n{\"seq\":1}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		v := &Verifier{}
		if err := v.Read(strings.NewReader(string(data))); err != nil {
			return
		}
		got := v.Verdict()
		if got.Breaks == nil || got.Notes == nil || len(got.Breaks) > maxBreaks+1 || len(got.Notes) > 2*maxBreaks {
			t.Fatalf("Verdict() = %+v", got)
		}
		// An intact prefix of a real log stays one whatever follows it.
		v = &Verifier{}
		if err := v.Read(strings.NewReader(strings.Join(whole, "\n") + "\n" + string(data))); err != nil {
			return
		}
		if got := v.Verdict(); got.Lines > len(whole) && len(got.Breaks) > 0 && got.Breaks[0].Line <= len(whole) && got.Breaks[0].Line > 0 {
			t.Fatalf("what follows a whole log breaks it at line %d", got.Breaks[0].Line)
		}
	})
}

func BenchmarkRecord(b *testing.B) {
	for _, callers := range []int{1, 32} {
		b.Run(fmt.Sprint(callers, " at once"), func(b *testing.B) {
			s := open(b)
			b.SetParallelism(callers)
			var n int
			var mu sync.Mutex
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					mu.Lock()
					n++
					target := fmt.Sprint(n)
					mu.Unlock()
					s.Record(b.Context(), did("pairing.approve", target, time.Now()))
				}
			})
		})
	}
}
