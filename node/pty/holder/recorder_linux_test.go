package holder

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"homie/wire"
	"homie/wire/terminal"
)

// A disk that is full ends the recording, in front of everybody, with whole
// lines in the file; the session goes on.
func TestRecordingToAFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("left out: only root can mount a small disk")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k,mode=700"); err != nil {
		t.Skipf("left out: no small disk can be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	told := make(chan terminal.Session, 1000)
	m := run(t, Config{StateDir: dir, Changed: func(s terminal.Session) { told <- s }})
	s := recording(t, m, "stty -echo; seq 1 100000; echo ready; read x; echo after")
	c, _ := attach(t, s, 0)
	c.shows(t, "ready")
	c.types(t, "\n")
	c.shows(t, "after")
	for info := range told {
		if info.Recording != nil && info.Recording.EndedAt != nil {
			if info.Recording.Why != terminal.RecordingFull {
				t.Errorf("everybody is told that it ended because of %q", info.Recording.Why)
			}
			break
		}
	}
	file := recorded(t, m, s)
	if p := play(t, file); file[len(file)-1] != '\n' || len(p.text) == 0 || !bytes.HasPrefix(counted(100_000), p.text) {
		t.Errorf("the file of %d bytes ends with %q", len(file), file[max(0, len(file)-40):])
	}
	other := shell(t, m, "exec cat")
	if err := os.WriteFile(filepath.Join(dir, "filler"), make([]byte, 1<<20), 0o600); err == nil {
		t.Fatal("the disk is not full")
	}
	_, err := m.Record(other.id, "Olivia")
	if r := other.Info().Recording; wire.ReasonOf(err) != wire.Unavailable || r == nil || r.Why != terminal.RecordingFull {
		t.Errorf("recording on a full disk = %v, and the session says %+v", err, r)
	}
	if other.hasEnded() {
		t.Error("a session that can't be recorded ended")
	}
}
