//go:build linux || darwin

package holder

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// startAgent runs this program as another account, which shares nothing with
// this process but one end of a pair of sockets.
func startAgent(a account, environ []string) (child, error) {
	path, err := os.Executable()
	if err != nil {
		return child{}, fmt.Errorf("finding this program: %w", err)
	}
	near, far, err := socketPair()
	if err != nil {
		return child{}, err
	}
	defer far.Close()
	said := &firstBytes{most: 2 << 10}
	cmd := exec.Command(runningFile(path)) //nolint:noctx // its socket ends it
	cmd.Args = []string{os.Args[0], Command, AgentFlag, "3"}
	cmd.Dir = "/"
	cmd.Env = append(a.environ(environ), "HOME="+a.home, "USER="+a.name, "LOGNAME="+a.name, "SHELL="+a.shell)
	cmd.Stderr = said
	cmd.ExtraFiles = []*os.File{far} // which becomes 3
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: credential(a.other)}
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		near.Close()
		return child{}, fmt.Errorf("running %s as %s: %w", path, a.name, err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // how it ended is its own matter
	}()
	return child{conn: near, said: said.String, end: func() {
		patience := time.NewTimer(agentEnding)
		defer patience.Stop()
		select {
		case <-ended:
		case <-patience.C:
			_ = cmd.Process.Kill() // or it has just ended
			<-ended
		}
	}}, nil
}

// socketPair returns two ends, which no other program gets.
func socketPair() (near net.Conn, far *os.File, err error) {
	syscall.ForkLock.RLock()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fds[0])
		unix.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, fmt.Errorf("making a pair of sockets: %w", err)
	}
	f := os.NewFile(uintptr(fds[0]), "agent")
	far = os.NewFile(uintptr(fds[1]), "holder")
	near, err = net.FileConn(f)
	if err = errors.Join(err, f.Close()); err != nil { // FileConn has one of its own
		far.Close()
		return nil, nil, fmt.Errorf("making a pair of sockets: %w", err)
	}
	return near, far, nil
}

// firstBytes keeps what is written first, and takes the rest.
type firstBytes struct {
	most int

	mu sync.Mutex
	b  bytes.Buffer
}

// Write takes everything.
func (f *firstBytes) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.b.Write(p[:min(len(p), f.most-f.b.Len())])
	return len(p), nil
}

// String is what was kept.
func (f *firstBytes) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.b.String()
}
