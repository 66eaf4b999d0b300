package pty

import "strconv"

func byteCount(n int) string { return strconv.Itoa(n) + "B" }
