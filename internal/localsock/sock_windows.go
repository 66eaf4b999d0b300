package localsock

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"time"

	winio "github.com/tailscale/go-winio"
	"golang.org/x/sys/windows"
)

// MaxPath bounds nothing here: a pipe's name is as short for any path.
const MaxPath = 32 << 10

// bufferSize is what a pipe holds in each direction, in bytes.
const bufferSize = 64 << 10

// errForeign says that a pipe is somebody else's.
var errForeign = errors.New("another account's program has the name of this socket")

// Listen opens the pipe for this process's own account alone. It fails if a pipe
// of that name is there, whoever has it.
func Listen(_ context.Context, path string) (net.Listener, error) {
	name, err := pipeOf(path)
	if err != nil {
		return nil, err
	}
	sid, err := ownSID()
	if err != nil {
		return nil, err
	}
	ln, err := winio.ListenPipe(name, &winio.PipeConfig{
		SecurityDescriptor: accessList(sid.String(), windows.GetCurrentProcessToken().IsElevated()),
		InputBufferSize:    bufferSize, OutputBufferSize: bufferSize,
	})
	if err != nil {
		return nil, fmt.Errorf("opening a local socket: %w", err)
	}
	return ln, nil
}

// Dial connects to a pipe of this process's own account, and to no other: a
// program that waits under its name gets nothing, not even who calls.
func Dial(ctx context.Context, path string) (net.Conn, error) {
	name, err := pipeOf(path)
	if err != nil {
		return nil, err
	}
	c, err := winio.DialPipeContext(ctx, name) // the other side may not act as us
	if err != nil {
		return nil, fmt.Errorf("connecting to a local socket: %w", err)
	}
	if err := checkOwner(c); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// thereTime bounds how long There waits.
const thereTime = time.Second

// There reports whether somebody of this account listens.
func There(path string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), thereTime)
	defer cancel()
	c, err := Dial(ctx, path)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// Own is the account that this process runs as, as Peer has it.
func Own() int {
	sid, err := ownSID()
	if err != nil {
		return Nobody
	}
	return number(sid.String())
}

// Peer returns Own for a connection that was accepted if a program of the same
// account is at its other end, and Nobody otherwise. The access list says so
// already; this does not depend on it.
func Peer(c net.Conn) int {
	h, err := handle(c)
	if err != nil {
		return Nobody
	}
	var pid uint32
	if err := windows.GetNamedPipeClientProcessId(h, &pid); err != nil {
		return Nobody
	}
	theirs, err := sidOf(pid)
	if err != nil {
		return Nobody
	}
	own, err := ownSID()
	if err != nil || !own.Equals(theirs) {
		return Nobody
	}
	return number(own.String())
}

func pipeOf(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("finding a local socket: %w", err)
	}
	return pipeName(abs), nil
}

// checkOwner looks at who made a pipe: the owner of an object is an account that
// its maker is.
func checkOwner(c net.Conn) error {
	h, err := handle(c)
	if err != nil {
		return err
	}
	sd, err := windows.GetSecurityInfo(h, windows.SE_KERNEL_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return fmt.Errorf("asking whose a local socket is: %w", err)
	}
	owner, _, err := sd.Owner()
	if err != nil {
		return fmt.Errorf("asking whose a local socket is: %w", err)
	}
	own, err := ownSID()
	if err != nil {
		return err
	}
	if owner == nil || !own.Equals(owner) {
		return errForeign
	}
	return nil
}

// handle is the pipe of a connection, which stays the connection's own.
func handle(c net.Conn) (windows.Handle, error) {
	f, ok := c.(interface{ Fd() uintptr })
	if !ok {
		return 0, errors.New("a connection that is no pipe")
	}
	return windows.Handle(f.Fd()), nil
}

func ownSID() (*windows.SID, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, fmt.Errorf("asking which account this is: %w", err)
	}
	return user.User.Sid, nil
}

// sidOf is the account that a process runs as.
func sidOf(pid uint32) (*windows.SID, error) {
	p, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return nil, err
	}
	defer windows.CloseHandle(p)
	var token windows.Token
	if err := windows.OpenProcessToken(p, windows.TOKEN_QUERY, &token); err != nil {
		return nil, err
	}
	defer token.Close()
	user, err := token.GetTokenUser()
	if err != nil {
		return nil, err
	}
	return user.User.Sid, nil
}
