package unixsock

import (
	"runtime"
	"testing"
)

// On Windows every uid is -1, the gateway's too, so that the socket took
// everybody for the gateway's own account.
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
	if got, want := KnowsPeers(), runtime.GOOS != "windows"; got != want {
		t.Errorf("KnowsPeers() = %v on %s, want %v", got, runtime.GOOS, want)
	}
}
