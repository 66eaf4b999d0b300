package terminal

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"homie/wire"
)

// Files of a terminal's machine, as the account of the session opens them.
// Without a session it is the account that is named, else the one that the node
// runs as, and the folder in which its sessions start. Whoever may type into a session may do all of this
// by typing, so the same right covers it.
var (
	ListFiles = wire.Method[ListFilesParams, Folder]{Name: "terminal.file.list", Capability: "terminal:write"}
	// ReadFile's stream is the file's bytes, as Data frames whose offsets count
	// from the file's beginning.
	ReadFile = wire.Method[ReadFileParams, FileInfo]{Name: "terminal.file.read", Capability: "terminal:write"}
	// WriteFile's stream takes the file's bytes from the answer's offset on. When
	// all have come, a Written note says what the file is called, and the stream
	// ends.
	WriteFile = wire.Method[WriteFileParams, Writing]{Name: "terminal.file.write", Capability: "terminal:write"}
)

// Bounds of files.
const (
	MaxFileName = 255  // bytes, which is what file systems take
	MaxEntries  = 1000 // that one list of a folder has
	// MaxFileSize is the largest number of bytes of which JavaScript can count
	// each.
	MaxFileSize = 1<<53 - 1
)

// FileKind is what an entry of a folder is, after links were followed.
type FileKind string

// The kinds of entries.
const (
	RegularFile FileKind = "file"
	FolderKind  FileKind = "folder"
	OtherKind   FileKind = "other" // a device, a pipe, a link to nothing
)

// FolderEntry is one thing in a folder.
type FolderEntry struct {
	Name       string    `json:"name"`
	Kind       FileKind  `json:"kind"`
	Size       int64     `json:"size"` // bytes; 0 for what is no file
	ModifiedAt time.Time `json:"modifiedAt"`
}

// Folder is a folder's list.
type Folder struct {
	Dir     string        `json:"dir"` // absolute
	Account string        `json:"account"`
	Home    string        `json:"home"`    // the account's
	Entries []FolderEntry `json:"entries"` // by name
	// More says that there is more than the list has, or what has a name that is
	// no text.
	More bool `json:"more,omitzero"`
}

// ListFilesParams asks what is in a folder.
type ListFilesParams struct {
	Node    wire.NodeName  `json:"node"`
	Session wire.SessionID `json:"session,omitzero"`
	Account string         `json:"account,omitzero"` // without a session
	// Dir may begin with ~, and is otherwise relative to the session's current
	// folder, which is the default.
	Dir string `json:"dir,omitzero"`
}

// Validate checks the bounds.
func (p ListFilesParams) Validate() error {
	return errors.Join(checkIDs(p.Node, p.Session), checkPath(p.Dir), checkAccount(p.Session, p.Account))
}

// Target names the folder for the audit log.
func (p ListFilesParams) Target() string { return target(p.Node, p.Session) + " " + p.Dir }

// ReadFileParams asks for a file, or for the rest of one.
type ReadFileParams struct {
	Node    wire.NodeName  `json:"node"`
	Session wire.SessionID `json:"session,omitzero"`
	Account string         `json:"account,omitzero"` // without a session
	Path    string         `json:"path"`             // as ListFilesParams has it for folders
	Offset  int64          `json:"offset,omitzero"`
	// Length is how many bytes are wanted. Null: all; 0: the answer alone.
	Length *int64 `json:"length,omitzero"`
	// Version is that of the file of which a part is there already; another one
	// is refused with the reason conflict.
	Version string `json:"version,omitzero"`
}

// Validate checks the bounds.
func (p ReadFileParams) Validate() error {
	if p.Path == "" {
		return errors.New("path is missing; it names the file")
	}
	if p.Offset < 0 || p.Offset > MaxFileSize || (p.Length != nil && (*p.Length < 0 || *p.Length > MaxFileSize)) {
		return errors.New("offset or length is out of range")
	}
	if len(p.Version) > MaxName {
		return fmt.Errorf("version has %d bytes, the limit is %d", len(p.Version), MaxName)
	}
	return errors.Join(checkIDs(p.Node, p.Session), checkPath(p.Path), checkAccount(p.Session, p.Account))
}

// Target names the file for the audit log.
func (p ReadFileParams) Target() string { return target(p.Node, p.Session) + " " + p.Path }

// FileInfo is a file as it was when it was opened.
type FileInfo struct {
	Name       string    `json:"name"`
	Path       string    `json:"path"` // absolute
	Size       int64     `json:"size"` // bytes
	ModifiedAt time.Time `json:"modifiedAt"`
	Version    string    `json:"version"` // another one after each change
}

// Target is what the audit log says of the file that was opened.
func (f FileInfo) Target() string { return fmt.Sprintf("%s, %d bytes", f.Path, f.Size) }

// WriteFileParams begins to send a file, or goes on with one.
type WriteFileParams struct {
	Node    wire.NodeName  `json:"node"`
	Session wire.SessionID `json:"session,omitzero"`
	Account string         `json:"account,omitzero"` // without a session
	Dir     string         `json:"dir,omitzero"`     // as ListFilesParams has it
	// Name is the file's, no path. If there is one, another is found for the new
	// one: nothing is overwritten.
	Name string `json:"name"`
	Size int64  `json:"size"` // bytes in all
	// Upload is an id that the client made up, the same when it goes on.
	Upload string `json:"upload"`
}

// Validate checks the bounds.
func (p WriteFileParams) Validate() error {
	if p.Size < 0 || p.Size > MaxFileSize {
		return errors.New("size is out of range")
	}
	if !validUpload(p.Upload) {
		return fmt.Errorf("upload is an id of 8 to %d letters and digits that the client makes up", MaxName)
	}
	return errors.Join(checkIDs(p.Node, p.Session), checkPath(p.Dir), CheckFileName(p.Name), checkAccount(p.Session, p.Account))
}

// Target names the file for the audit log.
func (p WriteFileParams) Target() string {
	return fmt.Sprintf("%s %s, %d bytes", target(p.Node, p.Session), p.Name, p.Size)
}

// Writing says where a file that is sent goes on.
type Writing struct {
	Offset int64  `json:"offset"` // bytes that are there already
	Dir    string `json:"dir"`    // absolute
}

// Target is what the audit log says of where the file goes.
func (w Writing) Target() string { return "to " + w.Dir }

// Written is the note at the end of a file that was sent.
type Written struct {
	Name string `json:"name"` // which may be another one than was asked for
	Path string `json:"path"` // absolute
}

// Names of files that are still being sent. They are hidden, and the older ones
// are removed.
const (
	PartPrefix = ".homie-"
	PartSuffix = ".part"
)

// CheckFileName says in words why something is no name for a file that comes
// from elsewhere.
func CheckFileName(name string) error {
	switch {
	case name == "":
		return errors.New("the file has no name")
	case len(name) > MaxFileName:
		return fmt.Errorf("the file's name has %d bytes, the limit is %d; give it a shorter one", len(name), MaxFileName)
	case name == "." || name == "..":
		return fmt.Errorf("%q is no name for a file", name)
	case strings.ContainsAny(name, `/\`):
		return errors.New("the file's name has a slash, so that it would be a path; give it another one")
	case !utf8.ValidString(name) || strings.ContainsFunc(name, forbiddenInName):
		return errors.New("the file's name has characters that do not show; give it another one")
	case strings.HasPrefix(name, PartPrefix) && strings.HasSuffix(name, PartSuffix):
		return errors.New("names like this one are kept for files that are still being sent; give it another one")
	}
	return nil
}

// forbiddenInName lets pass what joins emoji and letters.
func forbiddenInName(r rune) bool { return hidden(r) && r != '\u200c' && r != '\u200d' }

// validUpload bounds what becomes a part of a file's name.
func validUpload(id string) bool {
	for _, r := range id {
		if (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return len(id) >= 8 && len(id) <= MaxName
}

// checkAccount bounds an account's name, which a session has one of its own of.
func checkAccount(session wire.SessionID, account string) error {
	if session != "" && account != "" {
		return errors.New("account: a terminal has its own; name either of them")
	}
	if len(account) > MaxName || strings.ContainsFunc(account, hidden) {
		return fmt.Errorf("%.80q is no name of an account", account)
	}
	return nil
}

func checkPath(path string) error {
	if len(path) > MaxText {
		return fmt.Errorf("a path of %d bytes is over the limit of %d", len(path), MaxText)
	}
	if strings.ContainsRune(path, 0) {
		return errors.New("a path contains a NUL character")
	}
	return nil
}

// Shown is a list that came from a machine, as it may be passed on.
func (f Folder) Shown() Folder {
	f.Dir, f.Home = bounded(f.Dir, MaxText), bounded(f.Home, MaxText)
	f.Account = plain(f.Account, MaxName)
	entries := []FolderEntry{}
	for _, e := range f.Entries[:min(len(f.Entries), MaxEntries)] {
		e.Name, e.Kind, e.Size = bounded(e.Name, MaxFileName), FileKind(plain(string(e.Kind), MaxName)), max(e.Size, 0)
		entries = append(entries, e)
	}
	f.Entries = entries
	return f
}

// Shown is a file that came from a machine, as it may be passed on.
func (f FileInfo) Shown() FileInfo {
	f.Name, f.Path, f.Version = bounded(f.Name, MaxFileName), bounded(f.Path, MaxText), plain(f.Version, MaxName)
	f.Size = min(max(f.Size, 0), MaxFileSize)
	return f
}

// bounded is a name that has to stay what it is, to be asked for again. Whoever
// shows it sees to the characters that do not show.
func bounded(name string, most int) string {
	return strings.ToValidUTF8(name[:min(len(name), most)], "")
}
