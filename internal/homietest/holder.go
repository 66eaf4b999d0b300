package homietest

import (
	"context"
	"sync"
	"testing"

	"homie/internal/accounts"
	"homie/node/pty"
	"homie/node/pty/holder"
)

// Holders starts the processes that hold terminals within this one, where they
// outlive their nodes and end with the test.
func Holders(t testing.TB, adjust ...func(*holder.Options)) pty.Launch {
	ctx, cancel := context.WithCancel(context.Background())
	var (
		mu      sync.Mutex
		running = map[string]bool{} // by state directory
		ends    sync.WaitGroup
	)
	t.Cleanup(func() {
		cancel()
		ends.Wait()
	})
	return func(_ context.Context, stateDir string) error {
		mu.Lock()
		defer mu.Unlock()
		if running[stateDir] {
			return nil
		}
		running[stateDir] = true
		ends.Go(func() {
			o := holder.Options{StateDir: stateDir, Version: version, Log: Log(t)}
			for _, f := range adjust {
				f(&o)
			}
			if err := holder.Run(ctx, o); err != nil {
				t.Errorf("holding terminals ended with %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			running[stateDir] = false
		})
		return nil
	}
}

// WithAccounts has sessions run as the accounts of a test, which reads what all of
// them may in shared.
func WithAccounts(db accounts.Database, shared string) func(*holder.Options) {
	return func(o *holder.Options) { o.Accounts, o.SharedDir = db, shared }
}
