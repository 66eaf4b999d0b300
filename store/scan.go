package store

import (
	"bytes"
	"fmt"
	"iter"

	"go.etcd.io/bbolt"
)

// All iterates over the table in the order of its keys. The table may be
// written to meanwhile. An error ends the iteration, and View or Update
// returns it.
func (t Table[K, V]) All(tx *Tx) iter.Seq2[K, V] {
	return t.scan(tx, span{})
}

// After iterates over the keys greater than k in ascending order, at most limit
// of them; 0 is no limit. Errors are as in All.
func (t Table[K, V]) After(tx *Tx, k K, limit int) iter.Seq2[K, V] {
	return t.scan(tx, span{above: encodeKey(k), limit: limit})
}

// Before iterates over the keys less than k in descending order, at most limit
// of them; 0 is no limit. Errors are as in All.
func (t Table[K, V]) Before(tx *Tx, k K, limit int) iter.Seq2[K, V] {
	return t.scan(tx, span{below: encodeKey(k), limit: limit, descend: true})
}

// Latest iterates from the greatest key downwards, over at most limit of them;
// 0 is no limit. Errors are as in All.
func (t Table[K, V]) Latest(tx *Tx, limit int) iter.Seq2[K, V] {
	return t.scan(tx, span{limit: limit, descend: true})
}

// Range iterates over the keys k with from <= k < to in ascending order. Errors
// are as in All.
func (t Table[K, V]) Range(tx *Tx, from, to K) iter.Seq2[K, V] {
	return t.scan(tx, span{from: encodeKey(from), below: encodeKey(to)})
}

// Len counts the table's entries by reading it.
func (t Table[K, V]) Len(tx *Tx) (n int, err error) {
	err = tx.s.guarded(func() error {
		if b := tx.tx.Bucket([]byte(t.name)); b != nil {
			return b.ForEach(func(_, _ []byte) error { n++; return nil })
		}
		return nil
	})
	return n, err
}

// span is which keys to visit, and in which direction; nil bounds are open.
type span struct {
	from, above, below []byte
	limit              int
	descend            bool
}

func (t Table[K, V]) scan(tx *Tx, in span) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		c := cursor{tx: tx, table: t.name, span: in}
		for n := 0; in.limit == 0 || n < in.limit; n++ {
			rawKey, rawValue, err := c.next()
			if rawKey == nil && err == nil {
				return
			}
			k, v, err := t.entry(rawKey, rawValue, err)
			if err != nil {
				tx.fail(err)
				return
			}
			if !yield(k, v) {
				return
			}
		}
	}
}

func (t Table[K, V]) entry(rawKey, rawValue []byte, err error) (k K, v V, _ error) {
	if err != nil {
		return k, v, err
	}
	if k, err = decodeKey[K](rawKey); err != nil {
		return k, v, fmt.Errorf("table %s: %w", t.name, err)
	}
	v, err = t.decode(k, rawValue)
	return k, v, err
}

func (tx *Tx) fail(err error) {
	if tx.err == nil {
		tx.err = err
	}
}

// cursor walks a span. It hides two habits of bbolt's own cursor: that one
// loses its place when its bucket is written to, and on its way down, over pages
// that the transaction has emptied, it ends early or runs for ever.
type cursor struct {
	tx    *Tx
	table string
	span  span

	c       *bbolt.Cursor
	last    []byte // the key returned last, nil before the first
	changes int    // tx.changes when c was placed

	collected bool
	keys      [][]byte // if collected: those still to visit, ascending
}

// next returns copies of the next key and value, or nil at the end.
func (c *cursor) next() (key, value []byte, err error) {
	err = c.tx.s.guarded(func() error {
		b := c.tx.tx.Bucket([]byte(c.table))
		switch {
		case b == nil:
			return nil
		case c.span.descend && c.tx.deleted:
			key, value = c.pop(b)
		case c.c == nil || c.changes != c.tx.changes:
			c.c, c.changes = b.Cursor(), c.tx.changes
			key, value = c.place()
		default:
			key, value = c.step()
		}
		if key != nil && c.beyond(key) {
			key, value = nil, nil
		}
		key, value = bytes.Clone(key), bytes.Clone(value)
		return nil
	})
	c.last = key
	return key, value, err
}

// place puts a fresh bbolt cursor on the entry that follows last.
func (c *cursor) place() (key, value []byte) {
	if c.span.descend {
		bound := c.bound()
		if bound == nil {
			return c.c.Last()
		}
		if key, _ = c.c.Seek(bound); key == nil {
			return c.c.Last()
		}
		return c.c.Prev()
	}
	bound := c.last
	if bound == nil {
		bound = c.span.above
	}
	if bound == nil {
		return c.c.Seek(c.span.from)
	}
	if key, value = c.c.Seek(bound); bytes.Equal(key, bound) {
		return c.c.Next()
	}
	return key, value
}

func (c *cursor) step() (key, value []byte) {
	if c.span.descend {
		return c.c.Prev()
	}
	return c.c.Next()
}

// bound is what a descending walk is still below, nil at its start if it is
// open.
func (c *cursor) bound() []byte {
	if c.last != nil {
		return c.last
	}
	return c.span.below
}

// beyond says whether key is past the end of an ascending span. A descending
// one ends with the table.
func (c *cursor) beyond(key []byte) bool {
	return !c.span.descend && c.span.below != nil && bytes.Compare(key, c.span.below) >= 0
}

// pop is a descending step in a transaction that has deleted something: over
// keys that are gathered once, on the way up.
func (c *cursor) pop(b *bbolt.Bucket) (key, value []byte) {
	if !c.collected {
		c.collected = true
		bound := c.bound()
		up := b.Cursor()
		for k, _ := up.First(); k != nil && (bound == nil || bytes.Compare(k, bound) < 0); k, _ = up.Next() {
			c.keys = append(c.keys, bytes.Clone(k))
		}
	}
	for len(c.keys) > 0 {
		key, c.keys = c.keys[len(c.keys)-1], c.keys[:len(c.keys)-1]
		if value = b.Get(key); value != nil {
			return key, value
		}
	}
	return nil, nil
}
