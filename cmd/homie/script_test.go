package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"tailscale.com/feature/buildfeatures"
)

// TestMain makes the test program the homie command when it is called so.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"homie": main})
}

// The stories in testdata/script run the homie command on a tailnet in a box.
// Beside testscript's own commands there are those of stage_test.go.
func TestScript(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	tell(t, "testdata/script", exe)
}

// The stories in testdata/shipped run bin/homie: what 'make build' leaves out
// of it is what they are about.
func TestShipped(t *testing.T) {
	exe, err := filepath.Abs("../../bin/homie")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(exe); err != nil {
		t.Log("bin/homie is not built; building what matters of it")
		exe = filepath.Join(t.TempDir(), "homie")
		build := exec.Command("go", "build", "-tags", "ts_omit_peerapiserver", "-o", exe, ".")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("building: %v\n%s", err, out)
		}
	}
	tell(t, "testdata/shipped", exe)
}

// tell runs the stories of a folder, with exe in the background.
func tell(t *testing.T, dir, exe string) {
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	https := make(chan struct{}, 1)
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Condition: func(name string) (bool, error) {
			switch name {
			case "peerapi": // this build has the port that bin/homie has not
				return buildfeatures.HasPeerAPIServer, nil
			case "root":
				return os.Getuid() == 0, nil
			case "tmux":
				return hasTmux()
			}
			return false, fmt.Errorf("there is no condition %q", name)
		},
		Setup: func(e *testscript.Env) error {
			s := &stage{t: e.T(), exe: exe, https: https, account: me.Username, procs: map[string]*proc{}}
			e.Values[stageKey{}] = s
			e.Defer(s.strike)
			e.Setenv("HOME", e.WorkDir+"/home")
			e.Setenv("ACCOUNT", me.Username)
			e.Setenv("UID", me.Uid)
			e.Setenv("HOMIE_LINGER", "10s")    // a story that fails leaves nothing behind for long
			e.Setenv("HOMIE_STEP_UP", "never") // a story of confirming says otherwise
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			// The tailnet and its people.
			"tailnet":     on((*stage).tailnet),
			"device":      on((*stage).addDevice),
			"policy":      on((*stage).setPolicy),
			"admit":       on((*stage).admit),
			"login":       on((*stage).login),
			"door":        on((*stage).door),
			"offline":     on((*stage).offline),
			"certificate": on((*stage).certificate),
			// Processes in the background.
			"start":   on((*stage).start),
			"expect":  on((*stage).expect),
			"hides":   on((*stage).hides),
			"ends":    on((*stage).ends),
			"quit":    on((*stage).quit),
			"crash":   on((*stage).crash),
			"signal":  on((*stage).signal),
			"sockets": on((*stage).sockets),
			// A terminal that the story looks at.
			"screen":   on((*stage).screen),
			"resized":  on((*stage).resized),
			"keys":     on((*stage).typeKeys),
			"shows":    on((*stage).shows),
			"vanishes": on((*stage).vanishes),
			"titled":   on((*stage).titled),
			// Commands and files.
			"until":    on((*stage).until),
			"exitcode": on((*stage).exitcode),
			"asnobody": on((*stage).asNobody),
			"hold":     on((*stage).hold),
			"mode":     on((*stage).mode),
			"hangsup":  on((*stage).hangsUp),
		},
	})
}

type stageKey struct{}

// on makes a method of the script's stage a command of the script.
func on(do func(*stage, *testscript.TestScript, []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("this command does not take !")
		}
		do(ts.Value(stageKey{}).(*stage), ts, args)
	}
}
