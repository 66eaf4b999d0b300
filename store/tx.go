package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Our own buckets. A table's name can't begin with a dot, so that they never
// meet. Sequences and the schema version are ordinary keys, and so a write set
// needs no more than puts and deletes to carry them.
const (
	metaTable     = ".meta"
	sequenceTable = ".sequences"
)

// Keys of metaTable.
var (
	seqKey     = []byte("seq")     // number of the last write set, big-endian; in no set
	versionKey = []byte("version") // of the schema, big-endian
)

// Tx is a transaction. It ends with the function it was given to, and is for
// one goroutine.
type Tx struct {
	s       *Store
	tx      *bbolt.Tx
	ops     []Op
	touched map[string]int // table, NUL, key → index in ops
	changes int            // writes so far; each moves the ground under a cursor
	deleted bool           // one of them was a delete
	err     error          // the first an iteration met
}

// Check reads all pages and reports the first inconsistency.
func (tx *Tx) Check() error {
	var first error
	for err := range tx.tx.Check() {
		if first == nil {
			first = corrupt(tx.s.path, err)
		}
	}
	return first
}

// get returns a copy of a value, nil if there is none.
func (tx *Tx) get(table string, key []byte) (v []byte, err error) {
	err = tx.s.guarded(func() error {
		if b := tx.tx.Bucket([]byte(table)); b != nil {
			v = bytes.Clone(b.Get(key))
		}
		return nil
	})
	return v, err
}

// put and remove are the choke point: there is no other way to write.
func (tx *Tx) put(table string, key, value []byte) error {
	return tx.write(Op{Table: table, Key: key, Value: value})
}

func (tx *Tx) remove(table string, key []byte) error {
	return tx.write(Op{Table: table, Key: key, Delete: true})
}

func (tx *Tx) write(op Op) error {
	if !tx.tx.Writable() {
		return ErrReadOnly
	}
	if err := op.validate(); err != nil {
		return err
	}
	if op.Value == nil && !op.Delete {
		op.Value = []byte{} // nil is what bbolt returns for no value
	}
	if err := tx.s.guarded(func() error { return apply(tx.tx, op) }); err != nil {
		return err
	}
	tx.changes++
	tx.deleted = tx.deleted || op.Delete
	id := op.Table + "\x00" + string(op.Key)
	if i, ok := tx.touched[id]; ok {
		tx.ops[i] = op
		return nil
	}
	if tx.touched == nil {
		tx.touched = map[string]int{}
	}
	tx.touched[id] = len(tx.ops)
	tx.ops = append(tx.ops, op)
	return nil
}

// apply carries out one write.
func apply(tx *bbolt.Tx, op Op) error {
	if op.Delete {
		b := tx.Bucket([]byte(op.Table))
		if b == nil {
			return nil
		}
		return b.Delete(op.Key)
	}
	b, err := tx.CreateBucketIfNotExists([]byte(op.Table))
	if err != nil {
		return err
	}
	return b.Put(op.Key, op.Value)
}

// next counts a sequence up and returns its new number, which is never given
// again.
func (tx *Tx) next(name string) (uint64, error) {
	n, err := tx.number(sequenceTable, []byte(name))
	if err != nil {
		return 0, err
	}
	return n + 1, tx.put(sequenceTable, []byte(name), encodeUint(n+1))
}

// number reads a stored number, 0 if there is none.
func (tx *Tx) number(table string, key []byte) (uint64, error) {
	v, err := tx.get(table, key)
	if err != nil || v == nil {
		return 0, err
	}
	if len(v) != 8 {
		return 0, fmt.Errorf("%s %q holds %d bytes, not a number", table, key, len(v))
	}
	return binary.BigEndian.Uint64(v), nil
}

// commit numbers the write set, shows it to the journal and commits.
func (tx *Tx) commit() (WriteSet, error) {
	if len(tx.ops) == 0 {
		return WriteSet{}, nil
	}
	seq, err := tx.number(metaTable, seqKey)
	if err != nil {
		return WriteSet{}, err
	}
	set := WriteSet{Seq: seq + 1, Ops: tx.ops}
	err = tx.s.guarded(func() error {
		return apply(tx.tx, Op{Table: metaTable, Key: seqKey, Value: encodeUint(set.Seq)})
	})
	if err != nil {
		return WriteSet{}, err
	}
	if tx.s.journal != nil {
		if err := tx.s.journal(set); err != nil {
			return WriteSet{}, fmt.Errorf("journal: %w", err)
		}
	}
	return set, tx.s.guarded(tx.tx.Commit)
}

// rollback ends the transaction; after a commit it does nothing.
func (tx *Tx) rollback() {
	err := tx.s.guarded(tx.tx.Rollback)
	if err != nil && !errors.Is(err, berrors.ErrTxClosed) {
		tx.s.log.Error("transaction can't be rolled back", "error", err)
	}
}

func encodeUint(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
