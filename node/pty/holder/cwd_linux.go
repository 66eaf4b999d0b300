package holder

import (
	"os"
	"strconv"
	"strings"
)

// folderOf returns the folder in which a process stands, "" if that is not to be
// known: not of another account's process, nor if the folder is gone.
func folderOf(pid int) string {
	dir, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/cwd")
	if err != nil || strings.HasSuffix(dir, " (deleted)") {
		return ""
	}
	return dir
}
