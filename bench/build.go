package main

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// programs are where the programs beside Homie's own are.
type programs struct{ relay, ptyend, bare, viewer string }

// build builds them beside the binary that is measured, in the same way as it
// was built, so that the linker runs only after a change.
func build(ctx context.Context, homie string) (programs, error) {
	info, err := buildinfo.ReadFile(homie)
	if err != nil {
		return programs{}, fmt.Errorf("looking how %s was built: %w", homie, err)
	}
	dir := filepath.Join(filepath.Dir(homie), "bench-limits")
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // programs, for anybody to run
		return programs{}, fmt.Errorf("making room for the limits: %w", err)
	}
	args := []string{"build", "-trimpath", "-ldflags", "-s -w", "-o", dir + string(filepath.Separator)}
	for _, s := range info.Settings {
		if s.Key == "-tags" {
			args = append(args, "-tags", s.Value)
		}
	}
	args = append(args, "./bench/limits/relay", "./bench/limits/ptyend", "./bench/limits/bare", "./bench/viewer")
	cmd := exec.CommandContext(ctx, "go", args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return programs{}, fmt.Errorf("building the limits: %w: %s", err, out)
	}
	at := func(name string) string {
		if runtime.GOOS == "windows" {
			name += ".exe"
		}
		return filepath.Join(dir, name)
	}
	return programs{relay: at("relay"), ptyend: at("ptyend"), bare: at("bare"), viewer: at("viewer")}, nil
}

// commit is what is measured, as git names it; "unknown" outside of a checkout.
func commit(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty", "--abbrev=12").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
