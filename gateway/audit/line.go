package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"homie/store"
	wireaudit "homie/wire/audit"
)

// lines are the log: each value is one line as it is exported and hashed.
// Nothing writes a line a second time.
var lines = store.NewSequence[uint64, json.RawMessage]("audit")

// heads has the last line's number and hash, for a log that lost its end to
// somebody who did not know.
var heads = store.NewTable[string, wireaudit.Head]("audit.last")

const headKey = "head"

// begin is the hash before the first line.
var begin = strings.Repeat("0", 2*sha256.Size)

// hashOf is a line's hash: of its bytes, without the line break.
func hashOf(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

// headOf is the last line, the zero head of an empty log.
func headOf(tx *store.Tx) (wireaudit.Head, error) {
	h, ok, err := heads.Get(tx, headKey)
	if err != nil || ok {
		return h, err
	}
	for seq, line := range lines.Latest(tx, 1) {
		return wireaudit.Head{Seq: seq, Hash: hashOf(line)}, nil
	}
	return wireaudit.Head{Hash: begin}, nil
}

// chain appends an entry to the log. The number and the hash before it are the
// log's to say.
func chain(tx *store.Tx, e Entry) (Entry, error) {
	last, err := headOf(tx)
	if err != nil {
		return Entry{}, err
	}
	var line json.RawMessage
	_, err = lines.Append(tx, func(seq uint64) json.RawMessage {
		e.Seq, e.Prev = seq, last.Hash
		// An Entry is made of texts, numbers and times of this century.
		if line, err = json.Marshal(e); err != nil {
			panic(fmt.Sprintf("audit: encoding an entry: %v", err))
		}
		return line
	})
	if err != nil {
		return Entry{}, err
	}
	return e, heads.Put(tx, headKey, wireaudit.Head{Seq: e.Seq, Hash: hashOf(line)})
}

// Migrate chains the entries of a log from before there was a chain, in their
// order and under their numbers.
func Migrate(tx *store.Tx) error {
	prev, last, through := begin, uint64(0), uint64(0)
	for seq, raw := range lines.All(tx) {
		var e Entry
		if err := json.Unmarshal(raw, &e); err != nil {
			return fmt.Errorf("reading entry %d of the audit log: %w", seq, err)
		}
		if last == 0 {
			through = seq - 1 // were dropped, without a word
		}
		e.Seq, e.Prev = seq, prev
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		if err := lines.Put(tx, seq, line); err != nil {
			return err
		}
		prev, last = hashOf(line), seq
	}
	if last == 0 {
		return nil
	}
	if err := heads.Put(tx, headKey, wireaudit.Head{Seq: last, Hash: prev}); err != nil {
		return err
	}
	e := own(methodChained, fmt.Sprintf("Entries up to %d are from before the log was chained.", last))
	if through > 0 {
		e.Dropped = &Dropped{Through: through, Hash: begin}
	}
	_, err := chain(tx, e)
	return err
}
