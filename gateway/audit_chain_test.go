package gateway_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homie/gateway/audit"
	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/rpc"
	"homie/store"
	wireaudit "homie/wire/audit"
)

func verified(t *testing.T, c *rpc.Conn) audit.Verification {
	t.Helper()
	var v audit.Verification
	if err := c.Call(t.Context(), "audit.verify", nil, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// witnessed waits until a machine remembers the log's head.
func witnessed(t *testing.T, c *rpc.Conn, node string) (seen wireaudit.Head) {
	t.Helper()
	homietest.Eventually(t, node+" remembers the head of the audit log", func() error {
		var h audit.HeadResult
		if err := c.Call(t.Context(), "audit.head", nil, &h); err != nil {
			return err
		}
		for _, m := range h.Machines {
			if string(m.Node) == node && m.Kept != nil && h.Head.Seq > 0 && m.Kept.Newest().Head() == h.Head {
				seen = h.Head
				return nil
			}
		}
		return fmt.Errorf("head %+v, machines %+v", h.Head, h.Machines)
	})
	return seen
}

// Somebody with the gateway's disk cuts the end off the audit log, and makes the
// gateway's own note fit. The machines have seen more: it shows, and still does
// when the log has grown again.
func TestACutOffEndShows(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	h.StartNode(tailbox.NodeDen, sharing)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	online(t, owner, "den")
	act := func(c *rpc.Conn, n int) {
		for i := range n {
			p := json.RawMessage(fmt.Sprintf(`{"name":"%d","text":"x"}`, i))
			if err := c.Call(t.Context(), "terminal.snippet.create", p, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	act(owner, 6)
	seen := witnessed(t, owner, "den")
	if v := verified(t, owner).Verdict; len(v.Breaks) > 0 || v.Head.Seq < seen.Seq {
		t.Errorf("an untouched log: %+v", v)
	}
	h.Stop(tailbox.Gateway)
	cut(t, filepath.Join(h.Dir(tailbox.Gateway), "homie.db"), seen.Seq-3)
	h.StartGateway()
	owner, _ = h.Connect(tailbox.OliviaLaptop)
	online(t, owner, "den")
	for _, grown := range []int{0, 8} {
		act(owner, grown)
		homietest.Eventually(t, "the machine's word against the log", func() error {
			for _, b := range verified(t, owner).Verdict.Breaks {
				if strings.Contains(b.Problem, "den has seen") || strings.Contains(b.Problem, "missing") {
					return nil
				}
			}
			return errors.New("nothing shows")
		})
	}
}

// cut removes the lines after a number, and every trace that they were there.
func cut(t *testing.T, path string, last uint64) {
	t.Helper()
	db, err := store.Open(path, store.Options{Migrations: []store.Migration{{Version: 1, Name: "as it is"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	lines := store.NewSequence[uint64, json.RawMessage]("audit")
	head := store.NewTable[string, wireaudit.Head]("audit.last")
	err = db.Update(func(tx *store.Tx) error {
		for seq := range lines.After(tx, last, 0) {
			if err := lines.Delete(tx, seq); err != nil {
				return err
			}
		}
		return head.Delete(tx, "head")
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What a machine remembers of the log is a number and a hash, and nobody but its
// own gateway has it remember anything.
func TestTheHeadIsAllThatLeaves(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	h.StartNode(tailbox.NodeDen, sharing)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	online(t, owner, "den")
	if err := owner.Call(t.Context(), "terminal.snippet.create", json.RawMessage(`{"name":"secret-name","text":"secret-text"}`), nil); err != nil {
		t.Fatal(err)
	}
	seen := witnessed(t, owner, "den")
	b, err := os.ReadFile(filepath.Join(h.Dir(tailbox.NodeDen), "audit-head.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), seen.Hash) || strings.Contains(string(b), "secret") || strings.Contains(string(b), "Olivia") {
		t.Errorf("the machine keeps %s, want the hash %s and nothing that people did", b, seen.Hash)
	}
	var page audit.Lines
	if err := owner.Call(t.Context(), "audit.export", nil, &page); err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(page.Lines, "\n"); strings.Contains(all, "secret-text") || !strings.Contains(all, "terminal.snippet.create") {
		t.Errorf("the log has what it must not, or not what it must: %s", all)
	}
}
