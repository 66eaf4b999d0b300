package main

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// offerCode is the number of the private sequence (OSC) by which a program in a
// terminal offers a file: "get", the path in base64, and its size. The web app
// shows a card, and fetches nothing before a click.
const offerCode = 7717

// offer offers files to whoever looks at the terminal that this program runs in.
func offer(p process, asJSON bool, names []string) error {
	type offered struct {
		Name string `json:"name"`
		Path string `json:"path"`
		Size int64  `json:"size"`
	}
	list := []offered{}
	for _, name := range names {
		path, err := filepath.Abs(name)
		if err != nil {
			return fmt.Errorf("finding %s: %w", name, err)
		}
		info, err := os.Stat(path)
		if err != nil {
			return usagef("there is no file %s", name)
		}
		if !info.Mode().IsRegular() {
			return usagef("%s is no file; pack it into one first, for example with: tar czf files.tgz %s", name, name)
		}
		list = append(list, offered{filepath.Base(path), path, info.Size()})
	}
	node := cmp.Or(p.Env("HOMIE_NODE"), "MACHINE")
	for _, o := range list {
		if !asJSON {
			fmt.Fprint(p.Out, offerSequence(o.Path, o.Size, p.Env("TMUX") != ""))
			fmt.Fprintf(p.Err, "offered %s, %v; from another device: homie get %s:%s\n", plainName(o.Name), byteCount(o.Size), node, plainName(o.Path))
		}
	}
	if asJSON {
		return printJSON(p, map[string]any{"offered": list})
	}
	return nil
}

// offerSequence is wrapped for tmux, which passes it on if its
// allow-passthrough is on.
func offerSequence(path string, size int64, tmux bool) string {
	s := fmt.Sprintf("\x1b]%d;get;%s;%d\x1b\\", offerCode, base64.StdEncoding.EncodeToString([]byte(path)), size)
	if tmux {
		s = "\x1bPtmux;" + strings.ReplaceAll(s, "\x1b", "\x1b\x1b") + "\x1b\\"
	}
	return s
}
