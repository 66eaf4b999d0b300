package terminal_test

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"homie/wire/terminal"
)

func TestFileNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"report.pdf":                     true,
		"Урлаub & ☃ (1).jpg":             true,
		".bashrc":                        true,
		"family 👨\u200d👩\u200d👧.heic":    true,
		strings.Repeat("x", 255):         true,
		strings.Repeat("x", 256):         false,
		"":                               false,
		".":                              false,
		"..":                             false,
		"../x":                           false,
		"a/b":                            false,
		`a\b`:                            false,
		"a\x00b":                         false,
		"a\nb":                           false,
		"\x1b]0;x\x07":                   false,
		"gpj.\u202eexe":                  false,
		"a\xffb":                         false,
		".homie-0123456789abcdef.part":   false,
		"my.homie-0123456789abcdef.part": true,
	} {
		if err := terminal.CheckFileName(name); (err == nil) != ok {
			t.Errorf("CheckFileName(%q) = %v", name, err)
		}
	}
}

// FuzzFileName wants of a name that is accepted that it names something in the
// folder and nowhere else, and shows.
func FuzzFileName(f *testing.F) {
	for _, s := range []string{"a", "..", "a/../b", "\x00", "é", "a\\b", ".homie-x.part"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if terminal.CheckFileName(name) != nil {
			return
		}
		if got := filepath.Join("/folder", name); filepath.Dir(got) != "/folder" || filepath.Base(got) != name {
			t.Errorf("%q in /folder is %q", name, got)
		}
		if !utf8.ValidString(name) || strings.ContainsAny(name, "\x00\r\n\x1b") || len(name) > terminal.MaxFileName {
			t.Errorf("%q is accepted", name)
		}
	})
}

// FuzzWriteFile wants of an upload that is accepted that its part has a harmless
// name, too.
func FuzzWriteFile(f *testing.F) {
	f.Add("~", "a.txt", int64(3), "0123456789abcdef")
	f.Add("/tmp", "..", int64(-1), "../../x")
	f.Fuzz(func(t *testing.T, dir, name string, size int64, upload string) {
		p := terminal.WriteFileParams{Node: "den", Dir: dir, Name: name, Size: size, Upload: upload}
		if p.Validate() != nil {
			return
		}
		part := terminal.PartPrefix + upload + terminal.PartSuffix
		if filepath.Base(part) != part || len(part) > terminal.MaxFileName || size < 0 || strings.ContainsRune(dir, 0) {
			t.Errorf("%+v is accepted", p)
		}
	})
}

func TestReadFileParams(t *testing.T) {
	negative := int64(-1)
	for _, p := range []terminal.ReadFileParams{
		{},
		{Path: "a\x00"},
		{Path: "a", Offset: -1},
		{Path: "a", Length: &negative},
		{Path: strings.Repeat("x", terminal.MaxText+1)},
		{Path: "a", Version: strings.Repeat("x", terminal.MaxName+1)},
	} {
		if p.Validate() == nil {
			t.Errorf("%+v is valid", p)
		}
	}
}

// What a machine says of its files is bounded; names stay what they are.
func TestShownFolder(t *testing.T) {
	var f terminal.Folder
	for range terminal.MaxEntries + 5 {
		f.Entries = append(f.Entries, terminal.FolderEntry{Name: strings.Repeat("x", 1000), Size: -1})
	}
	f.Entries[0].Name = "a\u202eb"
	got := f.Shown()
	if len(got.Entries) != terminal.MaxEntries || got.Entries[0].Name != "a\u202eb" || len(got.Entries[1].Name) != terminal.MaxFileName || got.Entries[1].Size != 0 {
		t.Errorf("%d entries, %q", len(got.Entries), got.Entries[0].Name)
	}
}
