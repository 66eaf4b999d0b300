package gateway_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"homie/gateway/terminal"
	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/rpc"
	"homie/wire"
	wireterminal "homie/wire/terminal"
)

// call makes a call whose answer is an R.
func call[R any](t *testing.T, c *rpc.Conn, method string, params any) (out R, err error) {
	t.Helper()
	err = c.Call(t.Context(), method, params, &out)
	return out, err
}

// named are the names of the profiles that c sees.
func named(t *testing.T, c *rpc.Conn) (names []string) {
	t.Helper()
	all, err := call[terminal.Profiles](t, c, "terminal.profile.list", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all.Profiles {
		names = append(names, p.Name)
	}
	return names
}

// A person's own profiles are theirs, on all of their devices; shared ones are
// everybody's, and made by who may.
func TestProfiles(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	laptop, _ := h.Connect(tailbox.OliviaLaptop)
	phone, _ := h.Connect(tailbox.OliviaPhone)
	max, _ := h.Connect(tailbox.MaxTablet)
	events, err := listen(t, max, "terminal.profile.changed")
	if err != nil {
		t.Fatal(err)
	}
	own, err := call[terminal.Profile](t, laptop, "terminal.profile.create", terminal.ProfileParams{
		Name: "Build", Node: "den", Dir: "~/src", Command: []string{"make", "all"}, Env: map[string]string{"CC": "clang"}, Icon: wireterminal.IconCode,
	})
	if err != nil || own.ID == "" {
		t.Fatalf("created %+v, %v", own, err)
	}
	if _, err := call[terminal.Profile](t, max, "terminal.profile.create", terminal.ProfileParams{Name: "Max’s"}); err != nil {
		t.Fatal(err)
	}
	for who, want := range map[*rpc.Conn]string{laptop: "[Build]", phone: "[Build]", max: "[Max’s]"} {
		if got := fmt.Sprint(named(t, who)); got != want {
			t.Errorf("sees %v, want %v", got, want)
		}
	}
	_, err = call[terminal.Profile](t, max, "terminal.profile.update", terminal.ProfileUpdateParams{ID: own.ID, Profile: terminal.ProfileParams{Name: "mine now"}})
	wantReason(t, "changing another's profile", err, wire.NotFound)
	wantReason(t, "deleting another's profile", max.Call(t.Context(), "terminal.profile.delete", terminal.ProfileDeleteParams{ID: own.ID}, nil), wire.NotFound)
	_, err = call[terminal.Profile](t, max, "terminal.profile.create", terminal.ProfileParams{Name: "For all", Shared: true})
	wantReason(t, "sharing with terminal:* alone", err, wire.Forbidden)
	if !strings.Contains(err.Error(), "sharing:write") {
		t.Errorf("the refusal %q does not say what to ask for", err)
	}

	if e := next(t, "Max's own profile", events); !strings.Contains(string(e.Data), "Max’s") {
		t.Errorf("Max is told of %s, want of his own profile first", e.Data)
	}
	shared := terminal.ProfileUpdateParams{ID: own.ID, Profile: terminal.ProfileParams{Name: "Build", Shared: true}}
	if _, err := call[terminal.Profile](t, laptop, "terminal.profile.update", shared); err != nil {
		t.Fatal(err)
	}
	if e := next(t, "a profile that is shared", events); !strings.Contains(string(e.Data), `"shared":true`) || strings.Contains(string(e.Data), "removed") {
		t.Errorf("Max is told %s, want the profile that is shared now", e.Data)
	}
	if got := named(t, max); !slices.Equal(got, []string{"Build", "Max’s"}) {
		t.Errorf("Max sees %q", got)
	}
	wantReason(t, "deleting a shared one", max.Call(t.Context(), "terminal.profile.delete", terminal.ProfileDeleteParams{ID: own.ID}, nil), wire.Forbidden)
	shared.Profile.Shared = false
	if _, err := call[terminal.Profile](t, phone, "terminal.profile.update", shared); err != nil {
		t.Fatal(err)
	}
	if e := next(t, "a profile that is shared no more", events); !strings.Contains(string(e.Data), `"removed":true`) {
		t.Errorf("Max is told %s, want that it is gone", e.Data)
	}
	if got := named(t, max); !slices.Equal(got, []string{"Max’s"}) {
		t.Errorf("Max sees %q", got)
	}
}

// Quick commands are kept likewise; here what is different: their text, and
// the bound of their number.
func TestSnippets(t *testing.T) {
	h := homietest.New(t)
	max, _ := h.Connect(tailbox.MaxTablet)
	for what, bad := range map[string]string{"an escape": "x\x1b[201~y", "a return": "x\ry", "turned text": "x\u202ey", "nothing": " \n"} {
		_, err := call[terminal.Snippet](t, max, "terminal.snippet.create", terminal.SnippetParams{Name: "x", Text: bad})
		wantReason(t, what, err, wire.InvalidParams)
	}
	var made terminal.Snippet
	var err error
	for i := range 100 {
		if made, err = call[terminal.Snippet](t, max, "terminal.snippet.create", terminal.SnippetParams{Name: fmt.Sprintf("%03d", 100-i), Text: "df -h\nfree -m\n", Run: true}); err != nil {
			t.Fatal(err)
		}
	}
	_, err = call[terminal.Snippet](t, max, "terminal.snippet.create", terminal.SnippetParams{Name: "one more", Text: "x"})
	wantReason(t, "the 101st", err, wire.Busy)
	if err := max.Call(t.Context(), "terminal.snippet.delete", terminal.SnippetDeleteParams{ID: made.ID}, nil); err != nil {
		t.Fatal(err)
	}
	all, err := call[terminal.Snippets](t, max, "terminal.snippet.list", nil)
	if err != nil || len(all.Snippets) != 99 || all.Snippets[0].Name != "002" || all.Snippets[0].Text != "df -h\nfree -m\n" {
		t.Errorf("there are %d, the first is %+v, %v", len(all.Snippets), all.Snippets[0], err)
	}
}

// Renaming needs the right to run as the session's account; everybody who may
// see the session sees its name.
func TestRename(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	h.StartNode(tailbox.NodeDen)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	online(t, owner, "den")
	s, err := rpc.Invoke(t.Context(), owner, wireterminal.Start, wireterminal.StartParams{
		Node: "den", Command: []string{"cat"}, Cols: 80, Rows: 24, Group: "Work", Icon: wireterminal.IconCode, Env: map[string]string{"A": "b"},
	})
	if err != nil || s.Group != "Work" || s.Icon != wireterminal.IconCode {
		t.Fatalf("started %+v, %v", s, err)
	}
	name := "The cat"
	rename := wireterminal.UpdateParams{Node: "den", Session: s.ID, Name: &name}
	mia, _ := h.Connect(homietest.MiaPhone)
	_, err = rpc.Invoke(t.Context(), mia, wireterminal.Update, rename)
	wantReason(t, "renaming without terminals", err, wire.Forbidden)
	max, _ := h.Connect(tailbox.MaxTablet)
	if _, err := rpc.Invoke(t.Context(), max, wireterminal.Update, rename); err != nil {
		t.Fatal(err)
	}
	list, err := rpc.Invoke(t.Context(), owner, wireterminal.List, wireterminal.ListParams{Node: "den"})
	if err != nil || list.Sessions[0].Name != name || list.Sessions[0].Group != "Work" {
		t.Errorf("the list says %+v, %v", list.Sessions, err)
	}
	if got := audited(t, owner); !strings.Contains(fmt.Sprint(got), "Max on max-tablet: terminal.session.update den/"+string(s.ID)+" allowed") {
		t.Errorf("the audit log says %q, want who renamed it", got)
	}
	_, err = rpc.Invoke(t.Context(), mia, wireterminal.Multiplexers, wireterminal.MultiplexerParams{Node: "den"})
	wantReason(t, "seeing tmux without terminals", err, wire.Forbidden)
	if _, err := rpc.Invoke(t.Context(), max, wireterminal.Multiplexers, wireterminal.MultiplexerParams{Node: "den"}); err != nil {
		t.Error(err)
	}
}
