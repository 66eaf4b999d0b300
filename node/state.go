package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"tailscale.com/atomicfile"

	"homie/wire/nodes"
)

// state is what a node remembers over restarts: the gateway it belongs to and
// what that gateway may ask. The file is 0600 and replaced as a whole.
type state struct {
	path string

	mu    sync.Mutex
	saved savedState
}

type savedState struct {
	Gateway  string   `json:"gateway"` // StableID
	Name     string   `json:"name"`
	Approved []string `json:"approved"`
}

func loadState(dir string) (*state, error) {
	s := &state{path: filepath.Join(dir, "node.json")}
	b, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading what this machine is paired with: %w", err)
	}
	if err := json.Unmarshal(b, &s.saved); err != nil {
		return nil, fmt.Errorf("%s is damaged (%v): move it away to pair this machine anew", s.path, err)
	}
	return s, nil
}

// gateway returns the StableID of the gateway, "" before the first pairing.
func (s *state) gateway() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.saved.Gateway
}

// approved returns what the gateway may ask of this machine.
func (s *state) approved() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.saved.Approved)
}

// record keeps the gateway's word. first reports that it is news.
func (s *state) record(r nodes.Registered) (first bool, err error) {
	next := savedState{Gateway: string(r.GatewayID), Name: string(r.Name), Approved: r.Approved}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.saved.Gateway == next.Gateway && s.saved.Name == next.Name && slices.Equal(s.saved.Approved, next.Approved) {
		return false, nil
	}
	b, err := json.Marshal(next)
	if err != nil {
		return false, err
	}
	if err := atomicfile.WriteFile(s.path, b, 0o600); err != nil {
		return false, fmt.Errorf("remembering the pairing: %w", err)
	}
	s.saved = next
	return true, nil
}
