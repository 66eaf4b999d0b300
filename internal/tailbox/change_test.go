package tailbox_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"tailscale.com/ipn"
	"tailscale.com/tsnet"

	"homie/internal/tailbox"
	"homie/internal/tailbox/tailboxtest"
)

// state is what s says of itself.
func state(t *testing.T, s *tsnet.Server) string {
	t.Helper()
	lc, err := s.LocalClient()
	if err != nil {
		t.Fatal(err)
	}
	st, err := lc.StatusWithoutPeers(within(t))
	if err != nil {
		t.Fatal(err)
	}
	return st.BackendState
}

func TestRenameKeepsID(t *testing.T) {
	tn := tailboxtest.Start(t, people())
	s := tailboxtest.Up(t, tn, "homie", "laptop")
	before, err := whois(t, s[0], s[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := tn.Rename("olivia@example.com", "liv@example.com"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the login is another", func() bool {
		who, err := whois(t, s[0], s[1])
		return err == nil && who.UserProfile.LoginName == "liv@example.com" && who.UserProfile.ID == before.UserProfile.ID
	})
	if got := caps(t, s[0], s[1]); got != "" {
		eventually(t, "the policy no longer names her", func() bool { return caps(t, s[0], s[1]) == "" })
	}

	// Somebody else may get the login, and is somebody else.
	if err := tn.AddPerson(tailbox.Person{Login: "olivia@example.com", Name: "Another Olivia"}); err != nil {
		t.Fatal(err)
	}
	if err := tn.AddDevice(tailbox.Device{Hostname: "laptop-2", Login: "olivia@example.com"}); err != nil {
		t.Fatal(err)
	}
	other := tailboxtest.Up(t, tn, "laptop-2")[0]
	eventually(t, "the hub sees the other Olivia", func() bool { return caps(t, s[0], other) == `[{"role":"owner"}]` })
	who, err := whois(t, s[0], other)
	if err != nil {
		t.Fatal(err)
	}
	if who.UserProfile.ID == before.UserProfile.ID {
		t.Errorf("a reused login has the id of its former owner, %v", who.UserProfile.ID)
	}
}

func TestRemove(t *testing.T) {
	tn := tailboxtest.Start(t, people())
	s := tailboxtest.Up(t, tn, "homie", "laptop")
	if err := tn.Remove("laptop"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the hub does not know the laptop", func() bool {
		_, err := whois(t, s[0], s[1])
		return err != nil && strings.Contains(err.Error(), "not found")
	})
	if err := tn.Remove("laptop"); err == nil {
		t.Error("a removed device was removed again without an error")
	}
}

func TestExpiry(t *testing.T) {
	o := people()
	o.Logins = true
	tn := tailboxtest.Start(t, o)
	homie := tailboxtest.Up(t, tn, "homie")[0]
	// A device that joined without a key, since one with it just joins again.
	laptop := tn.Device("laptop", t.TempDir())
	laptop.AuthKey = ""
	if err := laptop.Start(); err != nil {
		t.Fatal(err)
	}
	defer laptop.Close()
	completeLogin(t, tn, laptop)
	if err := tailbox.Ready(within(t), homie, laptop); err != nil {
		t.Fatal(err)
	}
	before, err := whois(t, homie, laptop)
	if err != nil {
		t.Fatal(err)
	}

	if err := tn.SetExpiry("laptop", time.Now().Add(-time.Minute)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the laptop must log in", func() bool { return state(t, laptop) == ipn.NeedsLogin.String() })
	completeLogin(t, tn, laptop)
	eventually(t, "the laptop runs again", func() bool { return state(t, laptop) == ipn.Running.String() })
	eventually(t, "the hub knows the laptop's other key", func() bool {
		who, err := whois(t, homie, laptop)
		return err == nil && who.Node.Key != before.Node.Key && who.Node.StableID == before.Node.StableID
	})
}

// completeLogin asks for a login address, as a program does that has lost its
// key, and logs the device in there.
func completeLogin(t *testing.T, tn *tailbox.Tailnet, s *tsnet.Server) {
	t.Helper()
	lc, err := s.LocalClient()
	if err != nil {
		t.Fatal(err)
	}
	ctx := within(t)
	watcher, err := lc.WatchIPNBus(ctx, ipn.NotifyInitialState)
	if err != nil {
		t.Fatal(err)
	}
	defer watcher.Close()
	if err := lc.StartLoginInteractive(ctx); err != nil {
		t.Fatal(err)
	}
	for {
		n, err := watcher.Next()
		if err != nil {
			t.Fatal(err)
		}
		if n.BrowseToURL != nil && *n.BrowseToURL != "" {
			if err := tn.CompleteLogin(*n.BrowseToURL); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
}

func TestLoginAndApproval(t *testing.T) {
	o := people()
	o.Logins, o.Approval = true, true
	tn := tailboxtest.Start(t, o)
	s := tn.Device("laptop", t.TempDir())
	s.AuthKey = ""
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	completeLogin(t, tn, s)
	eventually(t, "the laptop waits for approval", func() bool { return state(t, s) == ipn.NeedsMachineAuth.String() })
	if err := tn.Approve("laptop"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the laptop runs", func() bool { return state(t, s) == ipn.Running.String() })
	if err := tn.CompleteLogin(tn.URL() + "/login/unknown"); err == nil {
		t.Error("an unknown login address was completed")
	}
}

func TestSharedTaggedAnonymous(t *testing.T) {
	o := people()
	o.People = append(o.People, tailbox.Person{Login: "fred@other.example", Name: "Fred"})
	o.Devices = append(o.Devices,
		tailbox.Device{Hostname: "fred-phone", Login: "fred@other.example", Shared: "other.ts.net"},
		tailbox.Device{Hostname: "nobody", Login: "max@example.com", Anonymous: true})
	o.Policy = `{"grants": [{"src": ["*"], "dst": ["tag:homie"], "ip": ["*"]}]}`
	tn := tailboxtest.Start(t, o)
	s := tailboxtest.Up(t, tn, "homie", "fred-phone", "nobody", "laptop")
	homie, fred, nobody, laptop := s[0], s[1], s[2], s[3]

	who, err := whois(t, homie, fred)
	if err != nil {
		t.Fatal(err)
	}
	if !who.Node.Hostinfo.ShareeNode() || who.Node.Name != "fred-phone.other.ts.net." || who.UserProfile.LoginName != "fred@other.example" {
		t.Errorf("the shared-in device = %s of %s, sharee %v", who.Node.Name, who.UserProfile.LoginName, who.Node.Hostinfo.ShareeNode())
	}
	if _, err := whois(t, homie, nobody); err == nil {
		t.Error("WhoIs knows the anonymous device")
	}
	if who, err := whois(t, homie, laptop); err != nil || who.Node.Hostinfo.ShareeNode() {
		t.Errorf("Olivia's laptop = %+v, %v, want a device that is not shared in", who, err)
	}

	// Tagging a device takes it from its person.
	if err := tn.SetTags("laptop", "tag:kiosk"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the laptop is nobody's", func() bool {
		who, err := whois(t, homie, laptop)
		return err == nil && who.UserProfile.LoginName == "tagged-devices" && who.Node.Tags[0] == "tag:kiosk"
	})
}

// TestOneMachine holds what happens to a second machine under one name.
func TestOneMachine(t *testing.T) {
	tn := tailboxtest.Start(t, people())
	dir := t.TempDir()
	first := tn.Device("laptop", dir)
	if _, err := first.Up(within(t)); err != nil {
		t.Fatal(err)
	}
	second := tn.Device("laptop", t.TempDir())
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	_, err := second.Up(within(t))
	if err == nil || !strings.Contains(err.Error(), "online on another machine") {
		t.Errorf("a second machine under the same name: Up = %v, want a refusal", err)
	}
	second.Close()
	id := stableID(t, first)
	first.Close()

	again := tn.Device("laptop", dir)
	if _, err := again.Up(within(t)); err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if got := stableID(t, again); got != id {
		t.Errorf("the id after a restart = %s, want %s", got, id)
	}
}

func stableID(t *testing.T, s *tsnet.Server) string {
	t.Helper()
	lc, err := s.LocalClient()
	if err != nil {
		t.Fatal(err)
	}
	st, err := lc.Status(within(t))
	if err != nil {
		t.Fatal(err)
	}
	return string(st.Self.ID)
}

// TestKeptState runs a tailnet twice over one directory.
func TestKeptState(t *testing.T) {
	kept, deviceDir := t.TempDir(), t.TempDir()
	run := func() (url, id, address, root string) {
		o := people()
		o.Dir = kept
		tn, err := tailbox.New(o)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- tn.Run(ctx) }()
		s := tn.Device("tablet", deviceDir)
		if _, err := s.Up(within(t)); err != nil {
			t.Fatal(err)
		}
		ip, _ := s.TailscaleIPs()
		url, id, address, root = tn.URL(), stableID(t, s), ip.String(), string(tn.RootPEM())
		s.Close()
		cancel()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		return url, id, address, root
	}
	url, id, address, root := run()
	url2, id2, address2, root2 := run()
	if url != url2 || id != id2 || address != address2 || root != root2 {
		t.Errorf("second run = %s %s %s, first %s %s %s, same root %v; want no difference", url2, id2, address2, url, id, address, root == root2)
	}
}
