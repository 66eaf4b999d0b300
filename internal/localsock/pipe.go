package localsock

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// pipeName is the named pipe that stands for a socket's file, whose path is
// absolute. Paths that differ in case or in the kind of slash are one file there.
func pipeName(path string) string {
	path = strings.ToLower(strings.ReplaceAll(path, "/", `\`))
	sum := sha256.Sum256([]byte(path))
	return `\\.\pipe\homie-` + hex.EncodeToString(sum[:16])
}

// accessList is a security descriptor, in the language that Windows has for them
// (SDDL), that makes an account the owner and lets in nobody else: no group, no
// inheritance. A program that runs as administrator has a second token of the same
// account, and those without are kept out by a label: without it, whoever gets
// into the person's browser could type into an administrator's shell.
func accessList(sid string, elevated bool) string {
	list := fmt.Sprintf("O:%[1]sD:P(A;;GA;;;%[1]s)", sid)
	if elevated {
		list += "S:(ML;;NWNRNX;;;HI)"
	}
	return list
}

// number is the last part of an account's security identifier, which tells the
// accounts of one machine apart and is short enough for a log; Nobody for what is
// no identifier.
func number(sid string) int {
	if !strings.HasPrefix(sid, "S-1-") {
		return Nobody
	}
	n, err := strconv.ParseUint(sid[strings.LastIndexByte(sid, '-')+1:], 10, 31)
	if err != nil {
		return Nobody
	}
	return int(n)
}
