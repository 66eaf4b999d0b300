package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// memory returns what a process has in memory, and the most it had, in MB.
func memory(pid int) (now, peak float64, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, fmt.Errorf("reading the memory of process %d: %w", pid, err)
	}
	for line := range bytes.Lines(b) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		kb, err := strconv.ParseFloat(string(bytes.TrimSuffix(bytes.TrimSpace(value), []byte(" kB"))), 64)
		switch {
		case string(name) == "VmRSS" && err == nil:
			now = kb * 1024 / 1e6
		case string(name) == "VmHWM" && err == nil:
			peak = kb * 1024 / 1e6
		}
	}
	return now, peak, nil
}

// shared returns what a process has in memory that others may have, too, such as
// its program, in MB.
func shared(pid int) (mb float64, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, fmt.Errorf("reading the memory of process %d: %w", pid, err)
	}
	for line := range bytes.Lines(b) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		kb, err := strconv.ParseFloat(string(bytes.TrimSuffix(bytes.TrimSpace(value), []byte(" kB"))), 64)
		if err == nil && (string(name) == "Shared_Clean" || string(name) == "Shared_Dirty") {
			mb += kb * 1024 / 1e6
		}
	}
	return mb, nil
}

// entries returns how many things of a kind a process has: "task" for operating
// system threads, "fd" for descriptors.
func entries(pid int, kind string) (float64, error) {
	list, err := os.ReadDir(fmt.Sprintf("/proc/%d/%s", pid, kind))
	return float64(len(list)), err
}

// ticksPerSecond is the unit of processor time in /proc, on every architecture
// that Go knows.
const ticksPerSecond = 100

// processor returns the processor time that a process has used, in seconds.
func processor(pid int) (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("reading the processor time of process %d: %w", pid, err)
	}
	// The name may have spaces and parentheses; user and system time are the
	// 12th and 13th field after it.
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	var ticks float64
	for _, i := range []int{11, 12} {
		if i >= len(fields) {
			return 0, fmt.Errorf("reading the processor time of process %d: %q", pid, b)
		}
		n, err := strconv.ParseFloat(string(fields[i]), 64)
		if err != nil {
			return 0, fmt.Errorf("reading the processor time of process %d: %w", pid, err)
		}
		ticks += n
	}
	return ticks / ticksPerSecond, nil
}
