//go:build !linux

package main

import "github.com/rogpeppe/go-internal/testscript"

func (s *stage) asNobody(ts *testscript.TestScript, _ []string) {
	ts.Fatalf("this works on Linux only")
}
