// Package accounts reads which OS accounts this machine has, from the files in
// which they stand: /etc/passwd, /etc/group and, for those that have ended,
// /etc/shadow.
//
// It is strict, because whoever is found here is who a program runs as. A file
// that others than its owner may write, an account that stands there twice, an
// account of which anything is malformed: each is an error, with words, and not
// a guess. Lines of other accounts are not judged.
//
// Accounts that stand nowhere but in a directory server (LDAP, Active
// Directory) or in macOS's are not found. Nothing is cached, so that a change
// counts at once.
package accounts

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Errors that callers tell apart. Others mean that the files are not to be
// relied on.
var (
	ErrUnknown = errors.New("there is no such account")
	// ErrDamaged means that what stands there of the account is no account.
	ErrDamaged = errors.New("the account is damaged")
)

// Bounds of what is read.
const (
	maxFile   = 8 << 20 // bytes
	maxName   = 64      // bytes, as in grants
	maxText   = 4096    // bytes in a path
	maxGroups = 1024    // of one account
	nobodyID  = 1<<32 - 1
)

// Account is one OS account.
type Account struct {
	Name   string
	UID    uint32
	GID    uint32
	Groups []uint32 // all of them, the first is GID
	Home   string   // absolute
	Shell  string   // absolute
	// Ended is the day from which on the account is not to be used any more; zero
	// for never.
	Ended time.Time
}

// Database is where accounts stand. A name that is empty, and a shadow file that
// does not exist, has nothing in it.
type Database struct {
	Passwd, Group, Shadow string
}

// System is this machine's.
func System() Database {
	return Database{Passwd: "/etc/passwd", Group: "/etc/group", Shadow: "/etc/shadow"}
}

// Lookup returns the account of a name.
func (d Database) Lookup(name string) (Account, error) {
	if !validName(name) {
		return Account{}, fmt.Errorf("%w: %.80q can't be the name of one", ErrUnknown, name)
	}
	a, err := d.passwd(func(f []string) bool { return f[0] == name })
	if err != nil {
		return a, err
	}
	if a.Groups, err = d.groups(a); err != nil {
		return a, err
	}
	a.Ended, err = d.ended(name)
	return a, err
}

// Name returns what the account with a number is called, "" if there is none.
func (d Database) Name(uid uint32) string {
	lines, err := readLines(d.Passwd)
	if err != nil {
		return ""
	}
	for _, line := range lines {
		if f := strings.Split(line, ":"); len(f) == 7 && validName(f[0]) {
			if n, err := number(f[2]); err == nil && n == uid {
				return f[0]
			}
		}
	}
	return ""
}

// passwd reads the one line for which is holds.
func (d Database) passwd(is func(fields []string) bool) (a Account, err error) {
	lines, err := readLines(d.Passwd)
	if err != nil {
		return a, err
	}
	found := ""
	for _, line := range lines {
		f := strings.Split(line, ":")
		if !is(f) || line == found {
			continue
		}
		if found != "" {
			return a, fmt.Errorf("%w: %s stands in %s twice", ErrDamaged, f[0], d.Passwd)
		}
		found = line
		if a, err = parse(f); err != nil {
			return a, fmt.Errorf("%w: %s in %s: %w", ErrDamaged, f[0], d.Passwd, err)
		}
	}
	if found == "" {
		return a, ErrUnknown
	}
	return a, nil
}

func parse(f []string) (a Account, err error) {
	if len(f) != 7 {
		return a, fmt.Errorf("it has %d fields, not 7", len(f))
	}
	a = Account{Name: f[0], Home: f[5], Shell: f[6]}
	if a.UID, err = number(f[2]); err != nil {
		return a, fmt.Errorf("its user id: %w", err)
	}
	if a.GID, err = number(f[3]); err != nil {
		return a, fmt.Errorf("its group id: %w", err)
	}
	if a.Home == "" {
		a.Home = "/" // as login has it
	}
	if a.Shell == "" {
		a.Shell = "/bin/sh" // as passwd(5) has it
	}
	for what, path := range map[string]string{"home": a.Home, "shell": a.Shell} {
		if !filepath.IsAbs(path) || len(path) > maxText || strings.ContainsFunc(path, isControl) {
			return a, fmt.Errorf("its %s is no absolute path", what)
		}
	}
	a.Home = filepath.Clean(a.Home)
	return a, nil
}

// groups lists what an account belongs to.
func (d Database) groups(a Account) ([]uint32, error) {
	list := []uint32{a.GID}
	if d.Group == "" {
		return list, nil
	}
	lines, err := readLines(d.Group)
	if err != nil {
		return nil, err
	}
	for _, line := range lines {
		f := strings.Split(line, ":")
		if len(f) != 4 || !slices.Contains(strings.Split(f[3], ","), a.Name) {
			continue
		}
		gid, err := number(f[2])
		if err != nil {
			return nil, fmt.Errorf("%w: the group %.80q in %s: %w", ErrDamaged, f[0], d.Group, err)
		}
		if !slices.Contains(list, gid) {
			list = append(list, gid)
		}
	}
	if len(list) > maxGroups {
		return nil, fmt.Errorf("%w: %s is in more than %d groups", ErrDamaged, a.Name, maxGroups)
	}
	return list, nil
}

// GroupID returns the number of a group, false if there is none of that name.
func (d Database) GroupID(name string) (uint32, bool) {
	lines, err := readLines(d.Group)
	if err != nil {
		return 0, false
	}
	for _, line := range lines {
		if f := strings.Split(line, ":"); len(f) == 4 && f[0] == name {
			gid, err := number(f[2])
			return gid, err == nil
		}
	}
	return 0, false
}

// number reads a user's or a group's. The last one means nobody to the kernel.
func number(s string) (uint32, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || n == nobodyID || s[0] == '+' {
		return 0, fmt.Errorf("%.20q is no number of one", s)
	}
	return uint32(n), nil
}

// validName takes the names that grants may have, and of those none that begins
// with what stands before foreign entries.
func validName(name string) bool {
	if name == "" || len(name) > maxName || strings.ContainsAny(name[:1], "-+") {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == ':' || r == ',' || r == '/' })
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }
