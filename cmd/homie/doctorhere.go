package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"homie/internal/localsock"
	"homie/node/pty/holder"
)

// here looks at what Homie keeps on this machine: in the directory given, else
// in the usual ones.
func (d *diagnosis) here(p process, dir string) {
	found := false
	for _, role := range []string{roleGateway, roleNode, roleClient} {
		for _, at := range stateDirs(p, dir, role) {
			if _, err := os.Stat(filepath.Join(at, mark(role))); err != nil && role != roleNode {
				continue
			}
			if !isDir(at) {
				continue
			}
			found = true
			d.secrecy(role, at)
			if role == roleNode {
				d.node(at)
			}
		}
	}
	if !found {
		d.ok(aboutHere, "state", "No gateway and no node of this account keep anything here.")
	}
	if year := time.Now().Year(); year < firstYear {
		d.fail(aboutHere, "clock", fmt.Sprintf("The clock of this machine says that it is the year %d.", year), "Set it: no certificate is valid at that time.")
	}
}

// firstYear is one in which there was a Homie.
const firstYear = 2026

// stateDirs are where the state of a role may be.
func stateDirs(p process, dir, role string) []string {
	if dir == "" {
		dir = p.Env("HOMIE_STATE_DIR")
	}
	if dir == "" {
		dir = defaultStateDir(p, role)
		return []string{dir}
	}
	if _, err := os.Stat(filepath.Join(dir, mark(role))); err == nil {
		return []string{dir}
	}
	return []string{filepath.Join(dir, role)} // of 'homie up'
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// secrecy looks whether others can read a state directory, which has the keys of
// a device.
func (d *diagnosis) secrecy(role, dir string) {
	var open []string
	if runtime.GOOS != "windows" { // where the account's own folder keeps others out
		open = openToOthers(dir)
	}
	switch {
	case len(open) == 0:
		d.ok(aboutHere, "state", "The state of the %s in %s is closed to other accounts.", role, dir)
	default:
		d.fail(aboutHere, "state", fmt.Sprintf("Other accounts can reach the state of the %s: %s.", role, strings.Join(open, ", ")),
			"It holds private keys. Run: chmod -R go= "+dir)
	}
	writable, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		d.fail(aboutHere, "state", fmt.Sprintf("The state of the %s in %s can't be written to: %v.", role, dir, errors.Unwrap(err)),
			fmt.Sprintf("Give it to the account that runs Homie (chown -R %d %s), or make room on its disk.", os.Getuid(), dir))
		return
	}
	writable.Close()
	_ = os.Remove(writable.Name()) // an empty file
}

// fewOpen is how many files are named.
const fewOpen = 3

// openToOthers returns what others may do something with, if the directory does
// not keep them out of all of it.
func openToOthers(dir string) []string {
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	open := []string{fmt.Sprintf("%s has mode %04o", dir, info.Mode().Perm())}
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || len(open) > fewOpen {
			return nil //nolint:nilerr // what can't be read is not open
		}
		if info, err := e.Info(); err == nil && info.Mode().Perm()&0o077 != 0 && info.Mode().Type()&fs.ModeSymlink == 0 {
			open = append(open, fmt.Sprintf("%s has mode %04o", e.Name(), info.Mode().Perm()))
		}
		return nil
	})
	return open
}

// node looks at the node of this machine.
func (d *diagnosis) node(dir string) {
	var paired struct {
		Gateway  string   `json:"gateway"`
		Name     string   `json:"name"`
		Approved []string `json:"approved"`
	}
	b, err := os.ReadFile(filepath.Join(dir, mark(roleNode)))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.warn(aboutHere, "pairing", "The node of this machine has not been let in by an owner yet.", "Run 'homie node', and approve it in the web app or with 'homie pair approve'.")
	case err != nil:
		d.fail(aboutHere, "pairing", "What this machine is paired with can't be read: "+err.Error()+".", "Run this as the account that runs the node.")
	case json.Unmarshal(b, &paired) != nil || paired.Gateway == "":
		d.fail(aboutHere, "pairing", filepath.Join(dir, mark(roleNode))+" is damaged.", "Move it away, restart the node, and approve it anew.")
	default:
		d.ok(aboutHere, "pairing", "The node is paired as %s with the gateway %s, for %s.", paired.Name, paired.Gateway, strings.Join(paired.Approved, ", "))
	}
	d.terminals(dir)
}

// holderPatience bounds the wait for the process that holds the terminals.
const holderPatience = 2 * time.Second

// terminals looks whether the process that holds the terminals answers.
func (d *diagnosis) terminals(dir string) {
	socket, err := holder.Socket(dir)
	if err != nil || !localsock.There(socket) {
		d.ok(aboutHere, "terminals", "No terminals are held here at the moment.")
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), holderPatience)
	defer cancel()
	var conn net.Conn
	if conn, err = localsock.Dial(ctx, socket); err != nil {
		d.warn(aboutHere, "terminals", "The process that holds the terminals does not answer: "+err.Error()+".",
			"Start 'homie node', which finds it or starts another; "+filepath.Join(dir, holder.LogName)+" says more.")
		return
	}
	conn.Close()
	d.ok(aboutHere, "terminals", "The process that holds the terminals answers.")
}
