package up

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// stateFile is where tsnet keeps the device's keys.
const stateFile = "tailscaled.state"

// ErrInUse means that another process runs on the same state directory. Two of
// them would be one device with two minds: the network delivers to either.
var ErrInUse = errors.New("in use")

// prepareDir makes the state directory, for its owner alone. An existing one is
// tightened: it holds the device's private keys.
func prepareDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the state directory: %w", err)
	}
	fi, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("looking at the state directory: %w", err)
	}
	if !fi.IsDir() {
		return fmt.Errorf("the state directory %s is no directory", dir)
	}
	if runtime.GOOS != "windows" && fi.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // 0700 is right for a directory
			return fmt.Errorf("the state directory holds private keys, others may read it, and that could not be changed: %w", err)
		}
	}
	f, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		return fmt.Errorf("the state directory %s cannot be written to by this user (uid %d); run: chown %d %s: %w", dir, os.Getuid(), os.Getuid(), dir, err)
	}
	f.Close()
	return os.Remove(f.Name())
}

// Joined reports whether the directory holds a device that joined a tailnet.
func Joined(dir string) bool {
	joined, err := hasJoined(dir)
	return joined && err == nil
}

// hasJoined reports whether the directory holds a device that joined a tailnet.
// A damaged state is an error: started over, the device would come back under
// another name, and without its pairings.
func hasJoined(dir string) (bool, error) {
	path := filepath.Join(dir, stateFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading the device's state: %w", err)
	}
	var state map[string][]byte
	if err := json.Unmarshal(b, &state); err != nil {
		return false, damaged(path)
	}
	profile, ok := state[string(state["_current-profile"])]
	if !ok {
		return false, nil
	}
	var prefs struct {
		Config *struct {
			NodeID string `json:"NodeID"`
		} `json:"Config"`
	}
	if err := json.Unmarshal(profile, &prefs); err != nil {
		return false, damaged(path)
	}
	return prefs.Config != nil && prefs.Config.NodeID != "", nil
}

func damaged(path string) error {
	return fmt.Errorf("%s is damaged: put back a backup of it, or delete it to join the tailnet as a device anew (delete the one before in the admin console first, or the name will get a number)", path)
}

// lockFile is locked while a process runs on its directory. It is never
// removed: a lock on a file that is gone keeps nobody out.
const lockFile = "homie.lock"

// lock is a held lock of a state directory.
type lock struct{ f *os.File }

// lockDir takes the directory for this process, or fails with ErrInUse.
func lockDir(dir string) (*lock, error) {
	path := filepath.Join(dir, lockFile)
	f, err := openLocked(path)
	if errors.Is(err, errHeld) {
		return nil, fmt.Errorf("the state directory %s is %w by another Homie process%s; stop that one, or give this one a directory of its own with --state-dir", dir, ErrInUse, holder(path))
	}
	if err != nil {
		return nil, fmt.Errorf("locking the state directory: %w", err)
	}
	l := &lock{f}
	if err := l.sign(); err != nil {
		l.release()
		return nil, fmt.Errorf("locking the state directory: %w", err)
	}
	return l, nil
}

// sign writes down who holds the lock, for the message to the next one.
func (l *lock) sign() error {
	if err := l.f.Truncate(0); err != nil {
		return err
	}
	_, err := fmt.Fprintf(l.f, "%d\n", os.Getpid())
	return err
}

func (l *lock) release() { l.f.Close() }

// holder returns " (process 123)" if the lock file says so.
func holder(path string) string {
	var pid int
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	if _, err := fmt.Sscan(string(b), &pid); err != nil {
		return ""
	}
	return fmt.Sprintf(" (process %d)", pid)
}

// errHeld is what openLocked fails with if somebody else holds the lock.
var errHeld = errors.New("the lock is held")
