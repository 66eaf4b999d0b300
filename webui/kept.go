package webui

import "sync"

// kept holds the files that were asked for. Only files that exist are kept, so
// that it is bounded by the app, not by who asks. The zero kept is empty.
type kept struct {
	mu    sync.Mutex
	files map[string]*file
}

// get returns a kept file, or the one that read returns.
func (k *kept) get(name string, read func() (*file, error)) (*file, error) {
	k.mu.Lock()
	f, ok := k.files[name]
	k.mu.Unlock()
	if ok {
		return f, nil
	}
	f, err := read()
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.files == nil {
		k.files = map[string]*file{}
	}
	k.files[name] = f
	return f, nil
}
