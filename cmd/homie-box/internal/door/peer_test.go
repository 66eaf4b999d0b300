package door

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
)

// A table as the kernel of a little-endian machine writes it: the door listens
// on 7101. Ports: 40001 is a shell of uid 1000, 40002 one of uid 1001, 40003 has
// been closed by its program (the kernel then says uid 0), 40004 waits to be
// accepted nowhere, 40005 is the door's own end of 40001.
const tableV4 = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1BBD 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 30001 1 0000000000000000 100 0 0 10 0
   1: 0100007F:9C41 0100007F:1BBD 01 00000000:00000000 00:00000000 00000000  1000        0 30002 2 0000000000000000 20 4 30 10 -1
   2: 0100007F:9C42 0100007F:1BBD 01 00000000:00000000 00:00000000 00000000  1001        0 30003 2 0000000000000000 20 4 30 10 -1
   3: 0100007F:9C43 0100007F:1BBD 06 00000000:00000000 03:00000D2C 00000000     0        0 0 3 0000000000000000
   4: 0100007F:9C44 0100007F:1BBD 01 00000000:00000000 00:00000000 00000000     0        0 0 3 0000000000000000
   5: 0100007F:1BBD 0100007F:9C41 01 00000000:00000000 00:00000000 00000000  1000        0 30005 2 0000000000000000 20 4 30 10 -1
   6: broken line
`

// tableV6 has a socket that reached the door's IPv4 address from IPv6.
const tableV6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0000000000000000FFFF00000100007F:9C45 0000000000000000FFFF00000100007F:1BBD 01 00000000:00000000 00:00000000 00000000  1000        0 30006 1 0000000000000000 20 0 0 10 -1
`

func TestOwnerIn(t *testing.T) {
	at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port) }
	const none = -1
	tests := []struct {
		name, table string
		own, other  netip.AddrPort
		want        int
	}{
		{"the runner's", tableV4, at(40001), at(7101), 1000},
		{"somebody else's", tableV4, at(40002), at(7101), 1001},
		{"time-wait", tableV4, at(40003), at(7101), none},
		{"closed by its program", tableV4, at(40004), at(7101), none},
		{"another door", tableV4, at(40001), at(7102), none},
		{"the wrong way round", tableV4, at(7101), at(40002), none},
		{"unknown port", tableV4, at(40009), at(7101), none},
		{"IPv6 socket", tableV6, at(40005), at(7101), 1000},
		{"empty", "", at(40001), at(7101), none},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			uid, err := ownerIn(strings.NewReader(tt.table), tt.own, tt.other)
			got := int(uid)
			if err != nil {
				if !errors.Is(err, errNoSocket) {
					t.Fatal(err)
				}
				got = none
			}
			if got != tt.want {
				t.Errorf("owner of %v → %v = %d, want %d", tt.own, tt.other, got, tt.want)
			}
		})
	}
}

// TestOwnAccount connects for real: to a door that looks its callers up, from
// an IPv4 and, where the machine has it, from an IPv6 socket.
func TestOwnAccount(t *testing.T) {
	peers, err := OwnAccount()
	if runtime.GOOS != "linux" {
		if err == nil {
			t.Error("accounts are looked up on a system without tables")
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	_, port := open(t, handler, func(c *Config) { c.Peers = peers })
	if status, _, body := ask(t, port, "GET", "127.0.0.1:"+port, nil); status != http.StatusOK {
		t.Errorf("our own connection = %d %s, want it let in", status, body)
	}

	ln := listen(t)
	defer ln.Close()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	local, remote := plain(c.LocalAddr().(*net.TCPAddr)), plain(c.RemoteAddr().(*net.TCPAddr))
	if uid, err := socketOwner(local, remote); err != nil || int(uid) != os.Getuid() {
		t.Errorf("owner of our own socket = %d, %v, want %d", uid, err, os.Getuid())
	}
	c.Close()
	if uid, err := socketOwner(local, remote); err == nil {
		t.Errorf("owner of a closed socket = %d, want none", uid)
	}
}

func TestForeignPeer(t *testing.T) {
	reached := false
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true })
	_, port := open(t, handler, func(c *Config) { c.Peers = func(netip.AddrPort, netip.AddrPort) bool { return false } })
	status, _, body := ask(t, port, "GET", "127.0.0.1:"+port, nil)
	if status != http.StatusForbidden || !strings.Contains(body, "account that runs it") || reached {
		t.Errorf("a foreign peer got %d %q, gateway reached %v; want a refusal", status, body, reached)
	}
}

func FuzzOwnerIn(f *testing.F) {
	f.Add(tableV4)
	f.Add(tableV6)
	own := netip.MustParseAddrPort("127.0.0.1:40001")
	f.Fuzz(func(_ *testing.T, table string) {
		_, _ = ownerIn(strings.NewReader(table), own, own) // must not panic
	})
}
