//go:build linux || darwin

package gateway_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homie/internal/homietest"
	"homie/internal/homietest/osaccounts"
	"homie/internal/tailbox"
	"homie/node"
	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// A node that runs as root opens terminals as the account that the caller's grant
// names, and as root for nobody to whom root is not named.
func TestAccountsOfARootNode(t *testing.T) {
	m := osaccounts.New(t)
	h := homietest.New(t)
	grant := func(as string) {
		t.Helper()
		policy := homietest.Policy(h.Policy(), homietest.Grant(tailbox.Max, `{"role": "member"}`, `{"allow": ["terminal:*"], "as": [`+as+`]}`))
		if err := h.SetPolicy(policy); err != nil {
			t.Fatal(err)
		}
	}
	grant(`"media"`)
	h.StartNode(tailbox.NodeDen, func(c *node.Config) {
		c.Dir = ""
		c.Holder = homietest.Holders(t, homietest.WithAccounts(m.Database, m.Shared))
	})
	c, _ := h.Connect(tailbox.MaxTablet)
	online(t, c, "den")
	start := func(p terminal.StartParams) (terminal.Session, error) {
		p.Node, p.Command, p.Cols, p.Rows = "den", []string{"cat"}, 80, 24
		return rpc.Invoke(t.Context(), c, terminal.Start, p)
	}
	var s terminal.Session
	homietest.Eventually(t, "a terminal starts", func() (err error) {
		s, err = start(terminal.StartParams{})
		return err
	})
	if s.Account != "media" || s.Dir != m.Home("media") {
		t.Errorf("the usual terminal runs as %q in %q", s.Account, s.Dir)
	}
	for _, name := range []string{"root", "other", "toor"} {
		if _, err := start(terminal.StartParams{Account: name}); wire.ReasonOf(err) != wire.Forbidden {
			t.Errorf("as %s: %v", name, err)
		}
	}
	// Files without a terminal are the same account's.
	if err := os.WriteFile(filepath.Join(m.Home("media"), "film"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := rpc.Invoke(t.Context(), c, terminal.ListFiles, terminal.ListFilesParams{Node: "den"})
	if err != nil || list.Account != "media" || len(list.Entries) != 1 {
		t.Errorf("its files: %+v, %v", list, err)
	}
	for _, name := range []string{"root", "other"} {
		if _, err := rpc.Invoke(t.Context(), c, terminal.ListFiles, terminal.ListFilesParams{Node: "den", Account: name}); wire.ReasonOf(err) != wire.Forbidden {
			t.Errorf("files as %s: %v", name, err)
		}
		if _, err := rpc.Invoke(t.Context(), c, terminal.Multiplexers, terminal.MultiplexerParams{Node: "den", Account: name}); wire.ReasonOf(err) != wire.Forbidden {
			t.Errorf("multiplexers as %s: %v", name, err)
		}
	}
	if _, err := rpc.Invoke(t.Context(), c, terminal.Multiplexers, terminal.MultiplexerParams{Node: "den"}); err != nil {
		t.Errorf("multiplexers: %v", err)
	}
	// Whoever may be several has to say which.
	grant(`"media", "other"`)
	homietest.Eventually(t, "the grant counts", func() error {
		_, err := rpc.Invoke(t.Context(), c, terminal.ListFiles, terminal.ListFilesParams{Node: "den", Account: "other"})
		return err
	})
	if _, err := start(terminal.StartParams{}); wire.ReasonOf(err) != wire.InvalidParams || !strings.Contains(err.Error(), "media or other") {
		t.Errorf("as one of two: %v", err)
	}
	if s, err := start(terminal.StartParams{Account: "other"}); err != nil || s.Account != "other" {
		t.Errorf("as other: %+v, %v", s, err)
	}
	// Taking the account away closes what is open as it.
	_, st, err := rpc.Open(t.Context(), c, terminal.Attach, terminal.AttachParams{Node: "den", Session: s.ID})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close(nil)
	grant(`"other"`)
	for {
		if _, err = st.Recv(t.Context()); err != nil {
			break
		}
	}
	if wire.ReasonOf(err) != wire.Forbidden {
		t.Errorf("a terminal whose account was taken away ends with %v", err)
	}
}
