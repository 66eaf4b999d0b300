package holder

import (
	"cmp"
	"os"
	"strings"
)

// Folder is where the session is at the moment: the program in the foreground,
// else the shell, else what the shell says of itself, else where it started.
func (s *Session) Folder() string {
	group, leader := foreground(s.proc)
	if s.uid != nil { // what is there, only that account is to look at
		return cmp.Or(folderOf(group), folderOf(leader), s.toldFolder(), s.Info().Dir)
	}
	for _, dir := range []string{folderOf(group), folderOf(leader), s.toldFolder(), s.Info().Dir} {
		if info, err := os.Stat(dir); dir != "" && err == nil && info.IsDir() {
			return dir
		}
	}
	return ""
}

// toldFolder is what the shell said (OSC 7), if that is of this machine.
func (s *Session) toldFolder() string {
	c := &s.screen
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.term == nil {
		return ""
	}
	f := c.term.Facts()
	own, err := os.Hostname()
	if f.FolderHost != "" && f.FolderHost != "localhost" && (err != nil || !strings.EqualFold(f.FolderHost, own)) {
		return ""
	}
	return f.Folder
}
