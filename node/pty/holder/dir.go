package holder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"tailscale.com/atomicfile"

	"homie/internal/localsock"
	"homie/wire/holder"
)

// Files in a node's state directory, beside holder.InfoFile.
const (
	socketName = "holder.sock"
	lockName   = "holder.lock"
	// LogName is the file that a holder of its own process logs to.
	LogName = "holder.log"
)

// Socket returns where the holder of a state directory is reached. The name of a
// socket can't be long: if the directory's is, the socket is in a directory of
// this account below /tmp, under a name that follows from the state directory's.
func Socket(stateDir string) (string, error) {
	dir, err := filepath.Abs(stateDir)
	if err != nil {
		return "", fmt.Errorf("finding the state directory: %w", err)
	}
	path := filepath.Join(dir, socketName)
	if len(path) <= localsock.MaxPath {
		return path, nil
	}
	sum := sha256.Sum256([]byte(dir))
	return filepath.Join(shortDir(), hex.EncodeToString(sum[:8])+".sock"), nil
}

// shortDir does not depend on the environment, in which a node that comes back
// may be another one.
func shortDir() string { return filepath.Join("/tmp", "homie-"+strconv.Itoa(os.Getuid())) }

// makeRoom makes the directory of a socket below /tmp, where anybody could have
// made it before.
func makeRoom(socket string) error {
	dir := filepath.Dir(socket)
	if dir != shortDir() {
		return nil
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("making room for a socket: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("making room for a socket: %w", err)
	}
	if !info.IsDir() || info.Mode().Perm() != 0o700 || !ownedByUs(info) {
		return fmt.Errorf("%s is not this account's own; name a shorter state directory with --state-dir", dir)
	}
	return nil
}

// listen opens the socket and says where the holder is. The lock is held.
func listenIn(ctx context.Context, socket string) (net.Listener, error) {
	if err := makeRoom(socket); err != nil {
		return nil, err
	}
	return localsock.Listen(ctx, socket)
}

// tell writes holder.InfoFile.
func tell(stateDir, socket string) error {
	b, err := json.Marshal(holder.Info{PID: os.Getpid(), Socket: socket})
	if err != nil {
		return err
	}
	if err := atomicfile.WriteFile(filepath.Join(stateDir, holder.InfoFile), b, 0o600); err != nil {
		return fmt.Errorf("saying where the terminals are: %w", err)
	}
	return nil
}

// Identify names the file that this process runs, as it was when it started: a
// new build of Homie, or a copy, has another name.
func Identify() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding this program: %w", err)
	}
	return identify(runningFile(path))
}

// Self returns the path of this process's program and the name of its file as
// Identify has it. The path is "" if another file is there by now.
func Self() (path, program string, err error) {
	if program, err = Identify(); err != nil {
		return "", "", err
	}
	if path, err = os.Executable(); err != nil {
		return "", "", fmt.Errorf("finding this program: %w", err)
	}
	if there, err := identify(path); err != nil || there != program {
		path = "" // it was replaced or removed
	}
	return path, program, nil
}

// identify names a program's file.
func identify(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("looking at %s: %w", path, err)
	}
	return fmt.Sprintf("%d bytes of %s%s", info.Size(), info.ModTime().UTC().Format("2006-01-02T15:04:05.000000000"), inode(info)), nil
}
