package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"homie/gateway"
	"homie/internal/localsock"
)

// The roles of a homie process, each with a state directory of its own.
const (
	roleGateway = "gateway"
	roleNode    = "node"
	roleClient  = "client"
)

// mark returns the file by which a role's state directory is known.
func mark(role string) string {
	switch role {
	case roleGateway:
		return "homie.db"
	case roleNode:
		return "node.json"
	default:
		return clientFile
	}
}

// dir returns the state directory, made if need be and closed to others.
func (s *settings) dir(p process) (string, error) {
	dir := s.stateDir
	if dir == "" {
		dir = defaultStateDir(p, s.role)
	}
	if dir == "" {
		return "", errors.New("there is no home directory to keep state in; name a directory with --state-dir")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("finding the state directory: %w", err)
	}
	if err := s.ours(dir); err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("making the state directory: %w; name another one with --state-dir", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // 0700 is right for a directory
		return "", fmt.Errorf("closing the state directory to others: %w; name one of your own with --state-dir", err)
	}
	return dir, nil
}

// ours refuses a directory that is another role's: a node that runs on a
// gateway's state would be the gateway's device on the tailnet.
func (s *settings) ours(dir string) error {
	for _, role := range []string{roleGateway, roleNode, roleClient} {
		if role == s.role {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, mark(role))); err == nil {
			this := "this " + s.role
			if s.role == "" {
				this = "'homie up', which keeps its two parts in folders of it,"
			}
			return fmt.Errorf("the state directory %s is that of a %s; give %s one of its own with --state-dir", dir, role, this)
		}
	}
	if n := len(filepath.Join(dir, gateway.SocketName)); s.role == roleGateway && n > localsock.MaxPath {
		return fmt.Errorf("the path of the state directory is %d characters too long for the socket in it; name a shorter one with --state-dir", n-localsock.MaxPath)
	}
	return nil
}

// defaultStateDir follows systemd's StateDirectory=, then the account's own
// state directory; "" if there is none.
func defaultStateDir(p process, role string) string {
	if dirs := filepath.SplitList(p.Env("STATE_DIRECTORY")); len(dirs) > 0 {
		return filepath.Join(dirs[0], role)
	}
	if base := p.Env("XDG_STATE_HOME"); base != "" {
		return filepath.Join(base, "homie", role)
	}
	if home := p.Env("HOME"); home != "" {
		return filepath.Join(home, ".local", "state", "homie", role)
	}
	base, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(base, "homie", role)
}

// ownsGateway reports whether this account keeps a gateway's state on this machine,
// where a gateway keeps it by itself: a shell under this account owns Homie then.
func ownsGateway(p process) bool {
	dir := defaultStateDir(p, roleGateway)
	if dir == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(dir, mark(roleGateway)))
	return err == nil
}
