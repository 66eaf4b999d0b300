package main

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/invopop/jsonschema"

	"homie/rpc"
	"homie/wire"
)

// openRPC returns the OpenRPC 1.3 document (https://spec.open-rpc.org): every
// method with the JSON Schemas of its params and result. Params are one object,
// "by name". Topics, streams and capabilities are extensions, "x-".
func openRPC(m *model) ([]byte, error) {
	r := m.reflector()
	methods := []map[string]any{}
	for _, x := range m.methods {
		params := []map[string]any{}
		schema := r.ReflectFromType(x.Params)
		if schema.Properties != nil {
			required := map[string]bool{}
			for _, name := range schema.Required {
				required[name] = true
			}
			for p := schema.Properties.Oldest(); p != nil; p = p.Next() {
				params = append(params, map[string]any{"name": p.Key, "required": required[p.Key], "schema": p.Value})
			}
		}
		entry := map[string]any{
			"name": x.Name, "summary": x.doc, "paramStructure": "by-name", "params": params,
			"result":       map[string]any{"name": "result", "schema": bare(r.ReflectFromType(x.Result))},
			"x-capability": x.Capability, "x-stream": x.Streaming, "x-audited": x.Consequential, "x-confirmed": x.Confirmed(),
		}
		if x.Class != "" {
			rate := rpc.Classes()[x.Class]
			entry["x-limit"] = map[string]any{"class": x.Class, "perMinute": math.Round(60 * rate.PerSecond), "atOnce": rate.Burst}
		}
		if x.Told != nil {
			entry["x-notes"] = map[string]any{"tells": bare(r.ReflectFromType(x.Tells)), "told": bare(r.ReflectFromType(x.Told))}
		}
		methods = append(methods, entry)
	}
	topics := []map[string]any{}
	for _, x := range m.topics {
		topics = append(topics, map[string]any{
			"name": x.Name, "x-capability": x.Capability, "schema": bare(r.ReflectFromType(x.Data)),
		})
	}
	doc := map[string]any{
		"openrpc":  "1.3.2",
		"info":     map[string]any{"title": "Homie", "version": "1", "description": "JSON-RPC 2.0 over " + wire.Path + ", by POST or as the WebSocket subprotocol " + wire.Subprotocol + "."},
		"methods":  methods,
		"x-topics": topics,
		"x-errors": wire.Reasons(),
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(doc); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// bare drops what only a document of its own needs.
func bare(s *jsonschema.Schema) *jsonschema.Schema {
	s.Version, s.ID = "", ""
	return s
}

func (m *model) reflector() *jsonschema.Reflector {
	r := &jsonschema.Reflector{Anonymous: true, DoNotReference: true}
	r.Mapper = func(t reflect.Type) *jsonschema.Schema {
		switch {
		case t == reflect.TypeFor[time.Time]():
			return &jsonschema.Schema{Type: "string", Format: "date-time"}
		case opaque(t):
			return &jsonschema.Schema{}
		case t.Kind() == reflect.String && m.names[t] != "":
			s := &jsonschema.Schema{Type: "string"}
			for _, n := range m.types {
				if n.t == t {
					s.Description = n.doc
					for _, v := range n.values {
						s.Enum = append(s.Enum, v)
					}
				}
			}
			return s
		}
		return nil
	}
	r.LookupComment = func(t reflect.Type, field string) string {
		if !strings.HasPrefix(t.PkgPath(), module) || t.Name() == "" {
			return ""
		}
		if field == "" {
			doc, err := m.src.typeDoc(t)
			return orEmpty(doc, err)
		}
		doc, err := m.src.fieldDoc(t, field)
		return orEmpty(doc, err)
	}
	return r
}

func orEmpty(s string, err error) string {
	if err != nil {
		return ""
	}
	return s
}
