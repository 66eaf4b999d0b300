package store_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"homie/store"
	"homie/store/storetest"
)

// A store that is rebuilt from the write sets of another one, through their
// encoding, is equal to it and to a plain map.
func TestRebuildFromWriteSets(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir := t.TempDir()
		var journal [][]byte
		original := storetest.OpenAt(t, filepath.Join(dir, "original.db"), store.Options{
			Journal: func(set store.WriteSet) error {
				b, err := set.MarshalBinary()
				journal = append(journal, b)
				return err
			},
		})
		model := map[noteID]note{}
		for range rapid.IntRange(0, 20).Draw(rt, "transactions") {
			transact(rt, original, model)
		}
		copied := storetest.OpenAt(t, filepath.Join(dir, "copy.db"), store.Options{})
		for i, b := range journal {
			var set store.WriteSet
			if err := set.UnmarshalBinary(b); err != nil {
				rt.Fatalf("UnmarshalBinary of set %d = %v", i, err)
			}
			for range 2 { // a set that comes twice is applied once
				if err := copied.Apply(set); err != nil {
					rt.Fatalf("Apply(set %d) = %v", i, err)
				}
			}
		}
		want, got := dump(rt, original), dump(rt, copied)
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Errorf("rebuilt store differs (-original +rebuilt):\n%s", diff)
		}
		if diff := cmp.Diff(model, want.Notes); diff != "" {
			rt.Errorf("store differs from the model (-model +store):\n%s", diff)
		}
		storetest.CheckClose(t, original)
		storetest.CheckClose(t, copied)
	})
}

// transact makes a few random writes in one transaction, which may fail.
func transact(rt *rapid.T, s *store.Store, model map[noteID]note) {
	abort := errors.New("abort")
	next := map[noteID]note{}
	for k, v := range model {
		next[k] = v
	}
	err := s.Update(func(tx *store.Tx) error {
		for range rapid.IntRange(0, 8).Draw(rt, "writes") {
			k := noteID(fmt.Sprint("k", rapid.IntRange(0, 9).Draw(rt, "key")))
			var err error
			switch rapid.IntRange(0, 3).Draw(rt, "kind") {
			case 0:
				err = notes.Delete(tx, k)
				delete(next, k)
			case 1:
				_, err = entries.Append(tx, func(n uint64) entry { return entry{Seq: n} })
			default:
				v := note{Text: rapid.String().Draw(rt, "text")}
				v.Text = string([]rune(v.Text))
				err = notes.Put(tx, k, v)
				next[k] = v
			}
			if err != nil {
				return err
			}
		}
		if rapid.IntRange(0, 5).Draw(rt, "abort") == 0 {
			return abort
		}
		return nil
	})
	switch {
	case err == nil:
		clear(model)
		for k, v := range next {
			model[k] = v
		}
	case !errors.Is(err, abort):
		rt.Fatalf("Update() = %v", err)
	}
}

// content is all that a store of these tests holds.
type content struct {
	Seq     uint64
	Notes   map[noteID]note
	Entries map[uint64]entry
	Next    uint64 // what the sequence gives next
}

func dump(rt *rapid.T, s *store.Store) content {
	c := content{Notes: map[noteID]note{}, Entries: map[uint64]entry{}}
	var err error
	if c.Seq, err = s.Seq(); err != nil {
		rt.Fatal(err)
	}
	abort := errors.New("abort")
	err = s.Update(func(tx *store.Tx) error {
		for k, v := range notes.All(tx) {
			c.Notes[k] = v
		}
		for k, v := range entries.All(tx) {
			c.Entries[k] = v
		}
		if _, err := entries.Append(tx, func(n uint64) entry { c.Next = n; return entry{} }); err != nil {
			return err
		}
		return abort
	})
	if !errors.Is(err, abort) {
		rt.Fatalf("Update() = %v", err)
	}
	return c
}

// A set has each key once, and is numbered without gaps; a transaction that
// writes nothing has no number.
func TestJournal(t *testing.T) {
	var sets []store.WriteSet
	s := storetest.OpenAt(t, filepath.Join(t.TempDir(), "homie.db"), store.Options{
		Journal: func(set store.WriteSet) error { sets = append(sets, set); return nil },
	})
	update(t, s, func(tx *store.Tx) error {
		return errors.Join(notes.Put(tx, "a", note{Text: "1"}), notes.Put(tx, "b", note{}),
			notes.Put(tx, "a", note{Text: "2"}), notes.Delete(tx, "b"))
	})
	update(t, s, func(*store.Tx) error { return nil })
	update(t, s, func(tx *store.Tx) error { return notes.Delete(tx, "a") })
	want := []store.WriteSet{
		{Seq: 1, Ops: []store.Op{
			{Table: "notes", Key: []byte("a"), Value: []byte(`{"text":"2","tags":null}`)},
			{Table: "notes", Key: []byte("b"), Delete: true},
		}},
		{Seq: 2, Ops: []store.Op{{Table: "notes", Key: []byte("a"), Delete: true}}},
	}
	if diff := cmp.Diff(want, sets); diff != "" {
		t.Errorf("journal differs (-want +got):\n%s", diff)
	}
}

func TestJournalRefuses(t *testing.T) {
	boom := errors.New("boom")
	s := storetest.OpenAt(t, filepath.Join(t.TempDir(), "homie.db"), store.Options{
		Journal: func(store.WriteSet) error { return boom },
	})
	if err := s.Update(func(tx *store.Tx) error { return notes.Put(tx, "a", note{}) }); !errors.Is(err, boom) {
		t.Errorf("Update() = %v, want the journal's error", err)
	}
	if seq, err := s.Seq(); seq != 0 || err != nil {
		t.Errorf("Seq() = %v, %v, want 0", seq, err)
	}
}

func TestApplyOutOfOrder(t *testing.T) {
	s := storetest.Open(t)
	put := []store.Op{{Table: "notes", Key: []byte("a"), Value: []byte("{}")}}
	for _, set := range []store.WriteSet{{Seq: 2, Ops: put}, {Seq: 1}} {
		if err := s.Apply(set); !errors.Is(err, store.ErrGap) {
			t.Errorf("Apply(%v) = %v, want ErrGap", set, err)
		}
	}
	if err := s.Apply(store.WriteSet{Seq: 1, Ops: []store.Op{{Table: "notes"}}}); err == nil {
		t.Error("Apply of an empty key = nil, want an error")
	}
}

func FuzzWriteSet(f *testing.F) {
	for _, set := range []store.WriteSet{
		{},
		{Seq: 1, Ops: []store.Op{{Table: "t", Key: []byte("k"), Value: []byte("v")}}},
		{Seq: 1 << 60, Ops: []store.Op{{Table: "t", Key: []byte("k"), Delete: true}, {Table: "u", Key: []byte{0}, Value: []byte{}}}},
	} {
		b, err := set.MarshalBinary()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[:len(b)-4])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var plain store.WriteSet
		_ = plain.UnmarshalBinary(body) // must not panic
		var set store.WriteSet
		if set.UnmarshalBinary(withSum(body)) != nil {
			return
		}
		b, err := set.MarshalBinary()
		if err != nil {
			t.Fatalf("MarshalBinary of a decoded set = %v", err)
		}
		var again store.WriteSet
		if err := again.UnmarshalBinary(b); err != nil || !reflect.DeepEqual(set, again) {
			t.Errorf("decoding %x again = %v, %v, want %v", b, again, err, set)
		}
	})
}

// Each bit of an encoded set that is changed, and each byte that is missing or
// too many, is noticed.
func TestWriteSetDamage(t *testing.T) {
	good, err := store.WriteSet{Seq: 7, Ops: []store.Op{{Table: "t", Key: []byte("k"), Value: []byte("v")}}}.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var set store.WriteSet
	for bit := range len(good) * 8 {
		bad := append([]byte(nil), good...)
		bad[bit/8] ^= 1 << (bit % 8)
		if set.UnmarshalBinary(bad) == nil {
			t.Errorf("bit %d changed: UnmarshalBinary = nil, want an error", bit)
		}
	}
	for n := range len(good) {
		if set.UnmarshalBinary(good[:n]) == nil {
			t.Errorf("cut to %d bytes: UnmarshalBinary = nil, want an error", n)
		}
	}
	if set.UnmarshalBinary(withSum(append(good[:len(good)-4:len(good)-4], 0))) == nil {
		t.Error("a byte too many: UnmarshalBinary = nil, want an error")
	}
}

// withSum adds the checksum that gets a fuzzed body past the first check.
func withSum(body []byte) []byte {
	sum := crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli))
	return binary.BigEndian.AppendUint32(append([]byte(nil), body...), sum)
}
