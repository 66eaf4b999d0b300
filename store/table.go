package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Key is what a table can be keyed on. Strings order bytewise, numbers by
// value.
type Key interface{ ~string | ~uint64 }

// Table is a named, typed part of the store. Values are kept as JSON; a field
// that this program does not know is ignored when read. A Table is a name and
// nothing else: declare it as a package variable, in one place.
type Table[K Key, V any] struct{ name string }

// NewTable declares a table. It panics on a name that is empty or begins with a
// dot.
func NewTable[K Key, V any](name string) Table[K, V] {
	if name == "" || strings.HasPrefix(name, ".") || strings.ContainsRune(name, 0) {
		panic(fmt.Sprintf("store: %q can't name a table", name))
	}
	return Table[K, V]{name: name}
}

// Name is the table's.
func (t Table[K, V]) Name() string { return t.name }

// Get returns the value of k, and whether there is one.
func (t Table[K, V]) Get(tx *Tx, k K) (v V, ok bool, err error) {
	raw, err := tx.get(t.name, encodeKey(k))
	if err != nil || raw == nil {
		return v, false, err
	}
	v, err = t.decode(k, raw)
	return v, err == nil, err
}

// Put sets the value of k.
func (t Table[K, V]) Put(tx *Tx, k K, v V) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding %s %v: %w", t.name, k, err)
	}
	return tx.put(t.name, encodeKey(k), raw)
}

// Delete removes k; there need not be one.
func (t Table[K, V]) Delete(tx *Tx, k K) error {
	return tx.remove(t.name, encodeKey(k))
}

func (t Table[K, V]) decode(k K, raw []byte) (v V, err error) {
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, fmt.Errorf("decoding %s %v: %w", t.name, k, err)
	}
	return v, nil
}

// Sequence is a table whose keys count up from 1. A number that was given is
// not given again, even after its value was deleted.
type Sequence[K ~uint64, V any] struct{ Table[K, V] }

// NewSequence declares a sequence, as NewTable does a table.
func NewSequence[K ~uint64, V any](name string) Sequence[K, V] {
	return Sequence[K, V]{NewTable[K, V](name)}
}

// Append stores the value that fill returns for the next key, and returns it.
func (t Sequence[K, V]) Append(tx *Tx, fill func(K) V) (V, error) {
	n, err := tx.next(t.name)
	if err != nil {
		var none V
		return none, err
	}
	v := fill(K(n))
	return v, t.Put(tx, K(n), v)
}

// encodeKey keeps the order of keys in the order of bytes.
func encodeKey[K Key](k K) []byte {
	if v := reflect.ValueOf(k); v.Kind() == reflect.Uint64 {
		return encodeUint(v.Uint())
	}
	return []byte(reflect.ValueOf(k).String())
}

func decodeKey[K Key](raw []byte) (k K, err error) {
	v := reflect.ValueOf(&k).Elem()
	if v.Kind() == reflect.String {
		v.SetString(string(raw))
		return k, nil
	}
	if len(raw) != 8 {
		return k, fmt.Errorf("key %x is not a number", raw)
	}
	v.SetUint(binary.BigEndian.Uint64(raw))
	return k, nil
}
