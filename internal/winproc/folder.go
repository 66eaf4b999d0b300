package winproc

import "strings"

// Folder returns the folder that a path names which a person gave: absolute, with
// ~ for their home, on a drive or on a share, or relative to base, which is
// absolute. It is not cleaned of ".." and the like.
//
//	~, ~\x, ~/x     below home
//	C:\x, C:/x      as it is
//	C:, C:x         on that drive: below base if base is on it, else at its root
//	\x, /x          at the root of base's drive or share
//	\\host\share    as it is
//	x               below base
func Folder(path, base, home string) string {
	path = strings.ReplaceAll(path, "/", `\`)
	base = strings.ReplaceAll(base, "/", `\`)
	if rest, ok := strings.CutPrefix(path, "~"); ok && (rest == "" || rest[0] == '\\') {
		return strings.ReplaceAll(home, "/", `\`) + rest
	}
	volume := Volume(path)
	rest := path[len(volume):]
	switch {
	case path == "":
		return base
	case strings.HasPrefix(volume, `\\`):
		return path
	case volume != "" && strings.HasPrefix(rest, `\`):
		return path
	case volume != "" && strings.EqualFold(volume, Volume(base)):
		return join(base, rest)
	case volume != "":
		return volume + `\` + rest
	case strings.HasPrefix(path, `\`):
		return Volume(base) + path
	}
	return join(base, path)
}

func join(dir, name string) string {
	if name == "" {
		return dir
	}
	return strings.TrimRight(dir, `\`) + `\` + name
}

// Volume is the beginning of a path that says on which drive (C:) or share
// (\\host\share) it is, "" if it does not.
func Volume(path string) string {
	if len(path) >= 2 && path[1] == ':' && isLetter(path[0]) {
		return path[:2]
	}
	if !strings.HasPrefix(path, `\\`) {
		return ""
	}
	host := strings.IndexByte(path[2:], '\\')
	if host <= 0 {
		return path
	}
	share := strings.IndexByte(path[2+host+1:], '\\')
	if share < 0 {
		return path
	}
	return path[:2+host+1+share]
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// IsPath reports whether a program's name says where it is, so that it is not to
// be searched for.
func IsPath(name string) bool { return strings.ContainsAny(name, Separators) || Volume(name) != "" }
