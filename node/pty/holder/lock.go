package holder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Times of waiting for a holder that is about to end.
const (
	lockTime = 10 * time.Second
	lockPoll = 20 * time.Millisecond
)

// errInUse says that another holder has the state directory.
var errInUse = errors.New("another process holds the terminals of this state directory")

// takeLock makes this process the holder of a state directory, for as long as the
// file is open.
func takeLock(ctx context.Context, dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("taking the state directory: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, lockTime)
	defer cancel()
	poll := time.NewTicker(lockPoll)
	defer poll.Stop()
	for {
		err := tryLock(f)
		if err == nil {
			return f, nil
		}
		if !isLocked(err) {
			f.Close()
			return nil, fmt.Errorf("taking the state directory: %w", err)
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("%w, %s", errInUse, dir)
		case <-poll.C:
		}
	}
}
