package winproc

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"unicode/utf16"
)

// variables are those of a person's environment that a session takes over from
// the process that starts it. Windows keeps the others in the account's settings
// and gives them to whoever signs in.
var variables = []string{
	"ALLUSERSPROFILE", "APPDATA", "COMMONPROGRAMFILES", "COMMONPROGRAMFILES(X86)", "COMMONPROGRAMW6432",
	"COMPUTERNAME", "COMSPEC", "DRIVERDATA", "HOMEDRIVE", "HOMEPATH", "LANG", "LOCALAPPDATA", "LOGONSERVER",
	"NUMBER_OF_PROCESSORS", "ONEDRIVE", "OS", "PATH", "PATHEXT", "PROCESSOR_ARCHITECTURE", "PROCESSOR_IDENTIFIER",
	"PROCESSOR_LEVEL", "PROCESSOR_REVISION", "PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMW6432",
	"PSMODULEPATH", "PUBLIC", "SYSTEMDRIVE", "SYSTEMROOT", "TEMP", "TMP", "TZ", "USERDOMAIN",
	"USERDOMAIN_ROAMINGPROFILE", "USERNAME", "USERPROFILE", "WINDIR",
}

// Inherits reports whether a session takes over a variable. Names differ in case
// from one program to the next and mean the same.
func Inherits(name string) bool { return slices.Contains(variables, strings.ToUpper(name)) }

// ours are beginnings of names that a session does not get even from the account's
// settings: keys by which a device joins the tailnet.
var ours = []string{"TS_", "TAILSCALE_", "HOMIE_"}

// Merge returns an environment in which the later lists win, without the drives'
// current folders (such as "=C:").
func Merge(lists ...[]string) []string {
	at := map[string]int{}
	out := []string{}
	for _, kv := range slices.Concat(lists...) {
		name, _, ok := strings.Cut(kv, "=")
		if !ok || name == "" {
			continue
		}
		key := strings.ToUpper(name)
		if i, there := at[key]; there {
			out[i] = kv
			continue
		}
		at[key] = len(out)
		out = append(out, kv)
	}
	return out
}

// Public leaves out of an environment what is Homie's own.
func Public(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.ContainsFunc(ours, func(own string) bool { return strings.HasPrefix(strings.ToUpper(name), own) })
	})
}

// Lookup returns the value of a variable, whatever its name's case, "" if there is
// none. The last one counts.
func Lookup(environ []string, name string) string {
	for _, kv := range slices.Backward(environ) {
		if n, value, ok := strings.Cut(kv, "="); ok && strings.EqualFold(n, name) {
			return value
		}
	}
	return ""
}

// errVariable says that an environment has what no program could read again.
var errVariable = errors.New("a variable has a NUL character in it")

// Block is an environment as CreateProcess wants it: UTF-16, sorted by names
// whatever their case, each variable closed by a NUL and the last by one more.
func Block(environ []string) ([]uint16, error) {
	sorted := Merge(environ)
	slices.SortStableFunc(sorted, func(a, b string) int { return cmp.Compare(key(a), key(b)) })
	block := []uint16{}
	for _, kv := range sorted {
		if strings.ContainsRune(kv, 0) {
			return nil, errVariable
		}
		block = append(append(block, utf16.Encode([]rune(kv))...), 0)
	}
	if len(block) == 0 {
		block = append(block, 0) // an empty one has two, too
	}
	return append(block, 0), nil
}

func key(kv string) string {
	name, _, _ := strings.Cut(kv, "=")
	return strings.ToUpper(name)
}
