package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"homie/rpc"
	"homie/wire"
)

// model is the table of methods with the types that they speak of.
type model struct {
	src     *source
	methods []method
	topics  []topic
	types   []named // sorted by name
	names   map[reflect.Type]string
}

type method struct {
	*rpc.Method
	doc string
}

type topic struct {
	rpc.TopicInfo
}

// named is a type that gets a name of its own in generated code.
type named struct {
	t      reflect.Type
	name   string
	doc    string
	fields []field  // of a struct
	values []string // of a string type with constants
}

type field struct {
	name     string // on the wire
	doc      string
	t        reflect.Type
	optional bool // may be absent
	nullable bool // may be null
}

func newModel(r *rpc.Registry, src *source) (*model, error) {
	m := &model{src: src, names: map[reflect.Type]string{}}
	found := map[reflect.Type]bool{}
	for _, x := range r.Methods() {
		doc, err := src.handlerDoc(x.Handler)
		if err != nil {
			return nil, err
		}
		m.methods = append(m.methods, method{x, doc})
		collect(x.Params, found)
		collect(x.Result, found)
		if x.Told != nil {
			collect(x.Tells, found)
			collect(x.Told, found)
		}
	}
	for _, x := range r.Topics() {
		m.topics = append(m.topics, topic{x})
		collect(x.Data, found)
	}
	for _, t := range []reflect.Type{reflect.TypeFor[wire.Error](), reflect.TypeFor[wire.Event](), reflect.TypeFor[wire.Reason]()} {
		collect(t, found)
	}
	m.nameAll(found)
	for t, name := range m.names {
		n, err := m.describe(t, name)
		if err != nil {
			return nil, err
		}
		m.types = append(m.types, n)
	}
	slices.SortFunc(m.types, func(a, b named) int { return strings.Compare(a.name, b.name) })
	return m, nil
}

// opaque are types that are any JSON on the wire.
func opaque(t reflect.Type) bool {
	return t == reflect.TypeFor[json.RawMessage]() || t == reflect.TypeFor[rpc.Document]()
}

func collect(t reflect.Type, found map[reflect.Type]bool) {
	switch {
	case opaque(t) || t == reflect.TypeFor[time.Time]():
		return
	case t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map:
		collect(t.Elem(), found)
		return
	case !strings.HasPrefix(t.PkgPath(), module) || found[t]:
		return
	}
	found[t] = true
	if t.Kind() == reflect.Struct {
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() {
				collect(f.Type, found)
			}
		}
	}
}

// nameAll gives each type a name. Where two packages use the same one, the
// package comes first; the wire's own Error would hide the language's.
func (m *model) nameAll(found map[reflect.Type]bool) {
	count := map[string]int{}
	for t := range found {
		count[t.Name()]++
	}
	for t := range found {
		name, pkg := t.Name(), t.PkgPath()[strings.LastIndex(t.PkgPath(), "/")+1:]
		if count[name] > 1 || name == "Error" {
			name = strings.ToUpper(pkg[:1]) + pkg[1:] + name
		}
		m.names[t] = name
	}
}

func (m *model) describe(t reflect.Type, name string) (named, error) {
	doc, err := m.src.typeDoc(t)
	if err != nil {
		return named{}, err
	}
	n := named{t: t, name: name, doc: doc}
	if t.Kind() == reflect.String {
		n.values, err = m.src.values(t)
		return n, err
	}
	if t.Kind() != reflect.Struct {
		return n, nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == "" {
			return named{}, fmt.Errorf("%s.%s has no json name", t, f.Name)
		}
		doc, err := m.src.fieldDoc(t, f.Name)
		if err != nil {
			return named{}, err
		}
		optional := strings.Contains(options, "omitzero") || strings.Contains(options, "omitempty")
		n.fields = append(n.fields, field{
			name: tag, doc: doc, t: f.Type, optional: optional,
			nullable: f.Type.Kind() == reflect.Pointer && !optional,
		})
	}
	return n, nil
}
