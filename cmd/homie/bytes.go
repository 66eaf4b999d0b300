package main

import (
	"cmp"
	"flag"
	"fmt"
	"strconv"
	"strings"
)

// byteCount is a number of bytes.
type byteCount int64

// units are of a thousand each, as disks have them.
const units = "kMGT"

// parseBytes reads a number of bytes such as 500M or 2G.
func parseBytes(s string) (byteCount, error) {
	number, unit := strings.TrimSuffix(strings.TrimSpace(s), "B"), int64(1)
	if n := len(number); n > 0 {
		if i := strings.IndexByte(strings.ToLower(units), number[n-1]|0x20); i >= 0 {
			number = strings.TrimSpace(number[:n-1])
			for range i + 1 {
				unit *= 1000
			}
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > (1<<62)/unit {
		return 0, fmt.Errorf("%q is no number of bytes such as 500M or 2G", s)
	}
	return byteCount(n * unit), nil
}

// String is the number as people say it.
func (n byteCount) String() string {
	v, i := float64(n), -1
	for v >= 999.5 && i < len(units)-1 {
		v, i = v/1000, i+1
	}
	switch {
	case i < 0:
		return fmt.Sprintf("%d B", n)
	case v < 9.95:
		return fmt.Sprintf("%.1f %cB", v, units[i])
	}
	return fmt.Sprintf("%.0f %cB", v, units[i])
}

// maxUploadFlag declares --max-upload and returns what reads it.
func maxUploadFlag(p process, f *flag.FlagSet) func() (byteCount, error) {
	text := f.String("max-upload", cmp.Or(p.Env("HOMIE_MAX_UPLOAD"), "0"), "`size` of the largest file to be sent here, such as 2G; 0 is for any that fits (HOMIE_MAX_UPLOAD)")
	return func() (byteCount, error) {
		n, err := parseBytes(*text)
		if err != nil {
			return 0, usagef("--max-upload: %v", err)
		}
		return n, nil
	}
}
