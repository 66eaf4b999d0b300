package rpc

import (
	"crypto/rand"
	"encoding/hex"
	stdjson "encoding/json"
	"fmt"

	"github.com/go-json-experiment/json"

	"homie/wire"
)

// decodeStrict decodes one JSON value as a server must: unknown and duplicate
// members, wrong letter case, invalid UTF-8 and trailing data are errors.
func decodeStrict(raw []byte, v any) error {
	return json.Unmarshal(raw, v, json.RejectUnknownMembers(true))
}

// decodeLenient decodes what a newer peer may have added members to.
func decodeLenient(raw []byte, v any) error { return json.Unmarshal(raw, v) }

// encode never writes null for an empty list.
func encode(v any) (stdjson.RawMessage, error) {
	if raw, ok := v.(stdjson.RawMessage); ok {
		return raw, nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding %T: %w", v, err)
	}
	return b, nil
}

// validator is implemented by params that can check their own shape.
type validator interface{ Validate() error }

func decodeParams[P any](raw stdjson.RawMessage) (P, error) {
	var p P
	if len(raw) == 0 || string(raw) == "null" {
		raw = stdjson.RawMessage("{}")
	}
	if raw[0] != '{' {
		return p, wire.Errorf(wire.InvalidParams, "params must be an object")
	}
	if err := decodeStrict(raw, &p); err != nil {
		return p, wire.Errorf(wire.InvalidParams, "params: %s", jsonWords(err)).Because(err)
	}
	if v, ok := any(&p).(validator); ok { // whatever its receiver is
		if err := v.Validate(); err != nil {
			return p, wire.Errorf(wire.InvalidParams, "params: %v", err).Because(err)
		}
	}
	return p, nil
}

// newID returns a random id for a request, a trace or a life of a process.
func newID() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
