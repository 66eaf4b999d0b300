package main

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the build.
var version = "dev"

// build is what 'homie version --json' prints.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitzero"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

func versionCommand(p process, f *flag.FlagSet) action {
	asJSON := f.Bool("json", false, "print JSON")
	return func(context.Context, []string) error {
		b := build{Version: version, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
		if info, ok := debug.ReadBuildInfo(); ok {
			for _, s := range info.Settings {
				if s.Key == "vcs.revision" {
					b.Commit = s.Value[:min(12, len(s.Value))]
				}
			}
		}
		if *asJSON {
			return printJSON(p, b)
		}
		_, err := fmt.Fprintf(p.Out, "homie %s (%s/%s, %s)\n", b.Version, b.OS, b.Arch, b.Go)
		return err
	}
}
