package tsidentity

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Bounds on grant values. What is over them is reported, not read.
const (
	maxValues     = 64      // of one capability
	maxValueBytes = 8 << 10 // of JSON in one value
	maxEntries    = 64      // in one list
)

// text is a JSON string and nothing else: a null that counted as absent would
// turn `"nodes": null` into every machine.
type text struct {
	set bool
	s   string
}

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (t *text) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	s, err := readText(dec)
	*t = text{set: true, s: s}
	return err
}

// texts is a JSON list of strings. It is nil only if it was absent.
type texts []string

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (t *texts) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != '[' {
		return errNotList
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	*t = texts{}
	for dec.PeekKind() != ']' {
		s, err := readText(dec)
		if err != nil {
			return err
		}
		if len(*t) == maxEntries {
			return fmt.Errorf("has more than %d entries", maxEntries)
		}
		*t = append(*t, s)
	}
	_, err := dec.ReadToken()
	return err
}

func readText(dec *jsontext.Decoder) (string, error) {
	if k := dec.PeekKind(); k != '"' && k != 0 { // 0 is a syntax error to come
		return "", errNotText
	}
	tok, err := dec.ReadToken()
	if err != nil {
		return "", err
	}
	return tok.String(), nil
}

var (
	errNotList = errors.New("must be a list of texts, like [\"one\", \"two\"]")
	errNotText = errors.New("must be text in double quotes")
)

// decodeValue decodes one grant value into v, a struct of text and texts.
// Unknown, misspelled and doubled fields are errors, in words for the person
// who edits the policy file; fields lists those there are.
func decodeValue(raw string, v any, fields string) error {
	if len(raw) > maxValueBytes {
		return fmt.Errorf("it is longer than %d bytes", maxValueBytes)
	}
	if kind := jsontext.Value(raw).Kind(); kind != '{' {
		return errors.New("it is not an object in braces")
	}
	err := json.Unmarshal([]byte(raw), v, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return fmt.Errorf("the field %s stands in it twice", quote(syntax.JSONPointer.LastToken()))
		}
		return errors.New("it is not well-formed JSON")
	}
	if sem, ok := errors.AsType[*json.SemanticError](err); ok {
		if errors.Is(err, json.ErrUnknownName) {
			return fmt.Errorf("unknown field %s; the fields are %s, spelled exactly so", quote(sem.JSONPointer.LastToken()), fields)
		}
		field, _, _ := strings.Cut(strings.TrimPrefix(string(sem.JSONPointer), "/"), "/")
		if sem.Err != nil {
			return fmt.Errorf("%s %w", quote(field), sem.Err)
		}
	}
	return fmt.Errorf("it cannot be read: %w", err)
}

// check is a field of a value with what its members must be.
type check struct {
	field string
	list  []string
	valid func(string) error
}

// firstProblem returns the first thing wrong with the members of the fields.
func firstProblem(checks ...check) error {
	for _, c := range checks {
		for _, s := range c.list {
			if err := c.valid(s); err != nil {
				return fmt.Errorf("%s: %w", quote(c.field), err)
			}
		}
	}
	return nil
}
