package rpc

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Audited marks a method as consequential. args are the params, by their names on
// the wire, that its audit entries have: the others stay out, so that no secret,
// text of a message or input of a terminal gets there unless somebody wrote its
// name here. A name that is none of a text, a number, a choice or a list of texts
// is a bug, and a panic.
func Audited(args ...string) Option {
	return func(m *Method) {
		for _, name := range args {
			f, ok := memberOf(m.Params, name)
			if !ok || !recordable(f.Type) {
				panic(fmt.Sprintf("rpc: %s has no param %q that can stand in the audit log", m.Name, name))
			}
		}
		m.Consequential, m.OnRecord = true, args
	}
}

// maxArgument bounds what the audit log has of one param, in bytes.
const maxArgument = 200

// arguments are the named members of params that are there, as text.
func arguments(params any, names []string) map[string]string {
	if len(names) == 0 {
		return nil
	}
	out := map[string]string{}
	v := reflect.ValueOf(params)
	for _, name := range names {
		f, ok := memberOf(v.Type(), name)
		if !ok {
			continue
		}
		x := reflect.Indirect(v.FieldByIndex(f.Index))
		if !x.IsValid() || (x.IsZero() && f.Type.Kind() != reflect.Pointer) {
			continue
		}
		out[name] = plain(text(x), maxArgument)
	}
	return out
}

func text(v reflect.Value) string {
	if v.Kind() != reflect.Slice {
		return fmt.Sprint(v.Interface())
	}
	items := make([]string, v.Len())
	for i := range items {
		items[i] = v.Index(i).String()
	}
	return strings.Join(items, ", ")
}

// memberOf finds a field by its name on the wire.
func memberOf(t reflect.Type, name string) (f reflect.StructField, ok bool) {
	if t.Kind() != reflect.Struct {
		return f, false
	}
	fields := reflect.VisibleFields(t)
	i := slices.IndexFunc(fields, func(f reflect.StructField) bool {
		wireName, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		return f.IsExported() && wireName == name
	})
	if i < 0 {
		return f, false
	}
	return fields[i], true
}

// recordable reports whether a param of the type reads well on one line.
func recordable(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Uint64:
		return true
	case reflect.Slice:
		return t.Elem().Kind() == reflect.String
	default:
		return false
	}
}
