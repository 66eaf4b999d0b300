package rpc

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// jsonWords says to whoever sent JSON what is wrong with it. What the decoder
// says names types of Go.
func jsonWords(err error) string {
	if e, ok := errors.AsType[*json.SemanticError](err); ok {
		member := clip(e.JSONPointer.LastToken())
		switch {
		case errors.Is(err, json.ErrUnknownName):
			return fmt.Sprintf("there is no member %q; %s", member, members(e.GoType))
		case member == "" || e.GoType == nil:
			return "a value is of the wrong kind"
		}
		sent, want := kindSent(e.JSONKind), kindWanted(e.GoType)
		if sent == "a number" && strings.Contains(want, "number") {
			sent = "a number that does not fit"
		}
		return fmt.Sprintf("%q is %s, want %s", member, sent, want)
	}
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return fmt.Sprintf("%q stands there twice", clip(e.JSONPointer.LastToken()))
		}
		return fmt.Sprintf("that is not JSON, from byte %d on", e.ByteOffset)
	}
	return "that is not JSON, or it is cut off"
}

// members lists what a type of the wire has.
func members(t reflect.Type) string {
	var names []string
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t != nil && t.Kind() == reflect.Struct {
		for _, f := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.IsExported() && name != "" && name != "-" {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return "it takes none"
	}
	return "there are: " + strings.Join(names, ", ")
}

// kindSent names a kind of JSON value.
func kindSent(k jsontext.Kind) string {
	switch k {
	case '"':
		return "text"
	case '0':
		return "a number"
	case '{':
		return "an object"
	case '[':
		return "a list"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	default:
		return "something else"
	}
}

// kindWanted names the JSON values that a type takes.
func kindWanted(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number from 0 on"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	default:
		return "another value"
	}
}
