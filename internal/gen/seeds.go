package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"
)

// addSeeds adds one seed per method for the fuzz test of the whole table: the
// method's name and params with every member set.
func addSeeds(m *model, files map[string][]byte) error {
	for _, x := range m.methods {
		params, err := json.Marshal(example(x.Params, 0))
		if err != nil {
			return fmt.Errorf("%s: %w", x.Name, err)
		}
		files["gateway/testdata/fuzz/FuzzCall/"+x.Name] = fmt.Appendf(nil, "go test fuzz v1\nstring(%q)\n[]byte(%q)\n", x.Name, params)
	}
	return nil
}

// example returns a value of t in which everything has a value.
func example(t reflect.Type, depth int) any {
	v := reflect.New(t).Elem()
	fill(v, depth)
	return v.Interface()
}

const maxDepth = 6

func fill(v reflect.Value, depth int) {
	if depth > maxDepth {
		return
	}
	switch {
	case opaque(v.Type()):
		v.SetBytes([]byte("{}"))
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Unix(1, 0).UTC()))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), depth+1)
			}
		}
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth+1)
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth+1)
	case v.Kind() == reflect.String:
		v.SetString("text")
	case v.CanInt():
		v.SetInt(1)
	case v.CanUint():
		v.SetUint(1)
	case v.CanFloat():
		v.SetFloat(0.5)
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	}
}
