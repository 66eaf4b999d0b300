// Package winproc knows what has to be known to start a program on Windows that
// needs no Windows to be said: command lines, environments, folders, shells, and
// what the number means with which a program ended.
//
// It has no build tag, so that its tests run everywhere. It starts nothing and
// looks at no file; who uses it does.
package winproc

import "strings"

// Separators are the characters that end a folder's name in a path.
const Separators = `\/`

// Base is a program's name as people say it: without its folder, and without the
// ending that says that it is one.
func Base(path string) string {
	name := path[strings.LastIndexAny(path, Separators+":")+1:]
	for _, ending := range []string{".exe", ".com", ".cmd", ".bat"} {
		if len(name) > len(ending) && hasSuffixFold(name, ending) {
			return name[:len(name)-len(ending)]
		}
	}
	return name
}

func hasSuffixFold(s, suffix string) bool {
	return len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}
