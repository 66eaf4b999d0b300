package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"homie/internal/localsock"
	"homie/wire/holder"
)

// linger is how long terminals outlive a machine here: long enough for one that
// is started again, and short enough for a box that was killed to leave nothing
// behind.
const linger = "30s"

// endHolder asks the process that holds a machine's terminals, and outlives the
// machine's own, to hang them up and end. It does not wait.
func (c *child) endHolder() {
	text, err := os.ReadFile(filepath.Join(c.state, holder.InfoFile))
	var info holder.Info
	if err != nil || json.Unmarshal(text, &info) != nil {
		return // none, or it has ended
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	conn, err := localsock.Dial(ctx, info.Socket)
	if err != nil {
		return // the process with that id may be another one by now
	}
	conn.Close()
	if p, err := os.FindProcess(info.PID); err == nil {
		_ = p.Signal(syscall.SIGTERM) // it may end right now
	}
}
