package localsock

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Where the system does not say who is there, every uid is -1, the server's too,
// so that a socket took everybody for its own account.
func TestLocalSocketServesItsAccountAlone(t *testing.T) {
	for _, tt := range []struct {
		uid, own int
		want     bool
	}{
		{1000, 1000, true},
		{0, 1000, true},
		{0, 0, true},
		{1001, 1000, false},
		{1000, 0, false},
		{-1, 1000, false},
		{-1, -1, false},
	} {
		if got := MayUse(tt.uid, tt.own); got != tt.want {
			t.Errorf("MayUse(%d, %d) = %v, want %v", tt.uid, tt.own, got, tt.want)
		}
	}
}

func TestPeerIsThisAccount(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	if There(path) {
		t.Error("There = true before anybody listens")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	ln, err := Listen(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		c, err := ln.Accept()
		if err != nil {
			t.Error(err)
			close(accepted)
			return
		}
		accepted <- c
	}()
	near, err := Dial(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	far, ok := <-accepted
	if !ok {
		return
	}
	defer far.Close()
	if uid := Peer(far); uid == Nobody || uid != Own() {
		t.Errorf("Peer = %d, want this account, %d", uid, Own())
	}
	go func() {
		_, _ = near.Write([]byte("hello"))
		near.Close()
	}()
	if got, err := io.ReadAll(far); err != nil || string(got) != "hello" {
		t.Errorf("the server read %q, %v", got, err)
	}
}

func TestPipeNameFollowsFromTheFile(t *testing.T) {
	name := pipeName(`C:\Users\olivia\AppData\Local\homie\holder.sock`)
	if other := pipeName(`c:/users/OLIVIA/AppData/Local/homie/holder.sock`); other != name {
		t.Errorf("the same file is %s and %s", name, other)
	}
	if other := pipeName(`C:\Users\ben\AppData\Local\homie\holder.sock`); other == name {
		t.Errorf("two files are %s", name)
	}
	if !strings.HasPrefix(name, `\\.\pipe\homie-`) || len(name) > 256 {
		t.Errorf("pipeName = %q", name)
	}
}

func TestAccessListHasOneAccount(t *testing.T) {
	const sid = "S-1-5-21-1004336348-1177238915-682003330-1001"
	want := "O:" + sid + "D:P(A;;GA;;;" + sid + ")"
	if got := accessList(sid, false); got != want {
		t.Errorf("accessList = %q, want %q", got, want)
	}
	if got := accessList(sid, true); got != want+"S:(ML;;NWNRNX;;;HI)" {
		t.Errorf("accessList of an administrator = %q", got)
	}
}

func TestNumberOfAnAccount(t *testing.T) {
	for sid, want := range map[string]int{
		"S-1-5-21-1004336348-1177238915-682003330-1001": 1001,
		"S-1-5-18":         18,
		"S-1-5-4294967295": Nobody,
		"S-1-5-":           Nobody,
		"":                 Nobody,
		"1001":             Nobody,
	} {
		if got := number(sid); got != want {
			t.Errorf("number(%q) = %d, want %d", sid, got, want)
		}
	}
}
