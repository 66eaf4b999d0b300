package accounts

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// readLines reads one of the files. Comments and empty lines are left out.
func readLines(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the accounts of this machine: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("reading the accounts of this machine: %w", err)
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o022 != 0 {
		return nil, fmt.Errorf("%s is no file that its owner alone may write, so that what stands in it counts for nothing", path)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading the accounts of this machine: %w", err)
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, maxFile)
	}
	var lines []string
	for line := range strings.SplitSeq(string(b), "\n") {
		if line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// ended reads the day on which an account ends.
func (d Database) ended(name string) (time.Time, error) {
	if d.Shadow == "" {
		return time.Time{}, nil
	}
	lines, err := readLines(d.Shadow)
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	for _, line := range lines {
		f := strings.Split(line, ":")
		if f[0] != name {
			continue
		}
		if len(f) != 9 {
			return time.Time{}, fmt.Errorf("%w: %s in %s has %d fields, not 9", ErrDamaged, name, d.Shadow, len(f))
		}
		if f[7] == "" {
			return time.Time{}, nil
		}
		days, err := strconv.ParseInt(f[7], 10, 32)
		if err != nil {
			return time.Time{}, fmt.Errorf("%w: the day on which %s ends in %s is no number", ErrDamaged, name, d.Shadow)
		}
		if days < 0 { // as chage -E -1 has it
			return time.Time{}, nil
		}
		return time.Unix(0, 0).UTC().AddDate(0, 0, int(days)), nil
	}
	return time.Time{}, nil
}

// noShells are what accounts have for a shell that nobody is to work with. The
// last ones are what some systems gave accounts of their own.
var noShells = map[string]bool{
	"nologin": true, "false": true, "true": true,
	"sync": true, "halt": true, "shutdown": true, "reboot": true,
}

// NoLogin reports whether the account's shell says that nobody is to log in.
func (a Account) NoLogin() bool { return noShells[filepath.Base(a.Shell)] }

// HasEnded reports whether the account has ended by now.
func (a Account) HasEnded(now time.Time) bool { return !a.Ended.IsZero() && !now.Before(a.Ended) }
