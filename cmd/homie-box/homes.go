package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// furnish makes a machine's home below dir: a few files, and a prompt that
// tells the machines apart. Files that are there stay as they are.
func furnish(dir string, m machine) (home string, err error) {
	home = filepath.Join(dir, "homes", m.Name)
	files := maps.Clone(m.Files)
	files[".bashrc"] = "PS1='" + m.Name + `:\w\$ '` + "\n"
	files[".bash_profile"] = ". ~/.bashrc\n"
	files[".zshrc"] = "PROMPT='" + m.Name + ":%~%# '\n"
	files[".profile"] = "PS1='" + m.Name + ":$ '\n"
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return "", fmt.Errorf("making the home of %s: %w", m.Name, err)
		}
		if _, err := os.Lstat(path); err == nil {
			continue
		}
		if err := os.WriteFile(path, []byte(files[name]), 0o600); err != nil {
			return "", fmt.Errorf("making the home of %s: %w", m.Name, err)
		}
	}
	return home, nil
}

// shell is what terminals run: bash, whose prompt furnish knows how to set, or
// else whatever the runner uses.
func shell() string {
	if path, err := exec.LookPath("bash"); err == nil {
		return path
	}
	return os.Getenv("SHELL")
}
