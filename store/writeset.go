package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// WriteSet is what one transaction wrote. Each key appears once, with its last
// write.
type WriteSet struct {
	Seq uint64 // counts the transactions that wrote something, from 1
	Ops []Op
}

// Op is one put or delete.
type Op struct {
	Table  string
	Key    []byte
	Value  []byte // of a put
	Delete bool
}

// Bounds of a key and a value, in bytes.
const (
	MaxKey   = 1 << 10
	MaxValue = 64 << 20
)

// setVersion is the first byte of an encoded set.
const setVersion = 1

// The kinds of Op in an encoded set.
const (
	opPut    = 1
	opDelete = 2
)

func (op Op) validate() error {
	switch {
	case op.Table == "":
		return errors.New("write to a table without a name")
	case len(op.Key) == 0:
		return fmt.Errorf("write to table %s with an empty key", op.Table)
	case len(op.Key) > MaxKey:
		return fmt.Errorf("write to table %s with a key of %d bytes, the limit is %d", op.Table, len(op.Key), MaxKey)
	case len(op.Value) > MaxValue:
		return fmt.Errorf("write to table %s with a value of %d bytes, the limit is %d", op.Table, len(op.Value), MaxValue)
	}
	return nil
}

// Apply replays a set of another store on this one. Sets are applied in order;
// one that this store has already is ignored, one that leaves out others is
// ErrGap.
func (s *Store) Apply(set WriteSet) error {
	return s.Update(func(tx *Tx) error {
		seq, err := tx.number(metaTable, seqKey)
		switch {
		case err != nil:
			return err
		case set.Seq <= seq:
			return nil
		case set.Seq != seq+1 || len(set.Ops) == 0:
			return fmt.Errorf("%w: number %d with %d writes, after number %d", ErrGap, set.Seq, len(set.Ops), seq)
		}
		for _, op := range set.Ops {
			if err := tx.write(op); err != nil {
				return err
			}
		}
		return nil
	})
}

// Seq is the number of the last write set.
func (s *Store) Seq() (seq uint64, err error) {
	err = s.View(func(tx *Tx) (err error) {
		seq, err = tx.number(metaTable, seqKey)
		return err
	})
	return seq, err
}

// AppendBinary appends the encoded set: a version byte, the number, the writes,
// each string with its length before it, and a CRC-32C of all that.
func (w WriteSet) AppendBinary(b []byte) ([]byte, error) {
	start := len(b)
	b = append(b, setVersion)
	b = binary.AppendUvarint(b, w.Seq)
	b = binary.AppendUvarint(b, uint64(len(w.Ops)))
	for _, op := range w.Ops {
		if err := op.validate(); err != nil {
			return nil, err
		}
		kind := byte(opPut)
		if op.Delete {
			kind = opDelete
		}
		b = append(b, kind)
		b = appendString(b, []byte(op.Table))
		b = appendString(b, op.Key)
		if !op.Delete {
			b = appendString(b, op.Value)
		}
	}
	sum := crc32.Checksum(b[start:], crc32.MakeTable(crc32.Castagnoli))
	return binary.BigEndian.AppendUint32(b, sum), nil
}

// MarshalBinary encodes the set.
func (w WriteSet) MarshalBinary() ([]byte, error) { return w.AppendBinary(nil) }

// UnmarshalBinary decodes a set and refuses one that is cut short, altered, or
// longer than it says. The set keeps nothing of b.
func (w *WriteSet) UnmarshalBinary(b []byte) error {
	if len(b) < 5 || b[0] != setVersion {
		return errors.New("not a write set of a known version")
	}
	body, sum := b[:len(b)-4], binary.BigEndian.Uint32(b[len(b)-4:])
	if crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)) != sum {
		return errors.New("write set fails its checksum")
	}
	r := reader{b: body[1:]}
	set := WriteSet{Seq: r.uvarint()}
	for n := r.uvarint(); n > 0 && r.err == nil; n-- {
		set.Ops = append(set.Ops, r.op())
	}
	if r.err == nil && len(r.b) > 0 {
		r.err = fmt.Errorf("write set has %d bytes too many", len(r.b))
	}
	if r.err != nil {
		return r.err
	}
	*w = set
	return nil
}

func appendString(b, s []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// reader takes an encoded set apart. After an error it returns zeros.
type reader struct {
	b   []byte
	err error
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) string() []byte {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.fail()
		return nil
	}
	s := append([]byte{}, r.b[:n]...)
	r.b = r.b[n:]
	return s
}

func (r *reader) op() (op Op) {
	kind := r.uvarint()
	op.Table, op.Key = string(r.string()), r.string()
	switch kind {
	case opPut:
		op.Value = r.string()
	case opDelete:
		op.Delete = true
	default:
		r.fail()
	}
	if r.err == nil {
		r.err = op.validate()
	}
	return op
}

func (r *reader) fail() {
	r.b = nil
	if r.err == nil {
		r.err = errors.New("write set is cut short or malformed")
	}
}
