//go:build !linux

package main

import "errors"

var errNoProc = errors.New("memory and processor time are measured on Linux only")

func memory(int) (now, peak float64, err error) { return 0, 0, errNoProc }

func shared(int) (mb float64, err error) { return 0, errNoProc }

func processor(int) (float64, error) { return 0, errNoProc }

func entries(int, string) (float64, error) { return 0, errNoProc }
