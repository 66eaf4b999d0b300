//go:build linux || darwin

package marks

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homie/internal/vt"
)

// left are names of Homie's that programs of a shell must not get to see.
const left = "ZDOTDIR|XDG_DATA_DIRS|PROMPT_COMMAND|__homie|HOMIE_"

// Every shell marks what it does, says where it is, and leaves no trace in the
// environment of its programs.
func TestShells(t *testing.T) {
	t.Parallel()
	for name, rc := range map[string]string{"bash": ".bashrc", "zsh": ".zshrc", "fish": ".config/fish/config.fish"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begin(t, name, map[string]string{rc: "echo own-file-was-read\n"})
			s.shows("own-file-was-read")
			s.prompted(0)
			s.want("echo hi", "hi\n", 0)
			s.want("false", "", 1)
			s.want("sh -c 'exit 42'", "", 42)
			s.want("printf 'a\\nb\\n'", "a\nb\n", 0)
			s.want("env | grep -Ec '"+left+"'", "0\n", 1)
			s.want("command -v __homie_nothing; cat /dev/null | cat", "", 0)
			dir := filepath.Join(t.TempDir(), "a b", "größe; x$y")
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			dir, err := filepath.EvalSymlinks(dir)
			if err != nil {
				t.Fatal(err)
			}
			s.does("cd '" + dir + "'")
			s.folder(dir)
			// An empty line is no command.
			s.types("\r")
			s.prompts(9)
			s.want("echo after", "after\n", 0)
			if n := s.term.Facts().Commands; n != 8 {
				t.Errorf("%d commands are counted, want 8", n)
			}
		})
	}
}

// What people have in their start-up files goes on working, and so do the marks.
func TestBashOwnSettings(t *testing.T) {
	t.Parallel()
	for name, rc := range map[string]string{
		"a prompt of several lines": `PS1='\n\w\n\u> '`,
		"commands for the prompt":   `PROMPT_COMMAND='last=$?; shown=$last'; PS1='$shown> '`,
		"several of them":           `PROMPT_COMMAND=(': ' 'last=$?'); PS1='$last> '`,
		"a prompt made each time":   `make() { PS1="made$?> "; }; PROMPT_COMMAND=make`,
		"something before commands": `PS0='before\n'`,
		"a trap":                    `trap 'x=1' DEBUG; trap 'echo trapped' ERR; trap - ERR`,
		"no unset variables":        `set -u`,
		"an end at each failure":    `set -e`,
		"no prompt":                 `unset PS1`,
		"an exported prompt":        `export PS1='> ' PROMPT_COMMAND=:`,
		"the file read twice":       `if [ -z "${twice-}" ]; then twice=1; . ~/.bashrc; fi`,
		"strict posix":              `set -o posix`,
		"a prompt taken over later": `PROMPT_COMMAND='PROMPT_COMMAND=":"'`,
		"keys like vi's":            `set -o vi`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begin(t, "bash", map[string]string{".bashrc": rc + "\n"})
			s.prompted(0)
			before := ""
			if name == "something before commands" {
				before = "before\n"
			}
			s.want("echo hi", before+"hi\n", 0)
			s.want("false || echo no", before+"no\n", 0)
			s.want("(exit 3) || (exit 4) || true", before, 0)
			if name != "an end at each failure" {
				s.want("(exit 3)", before, 3)
				s.want("echo $?", before+"3\n", 0)
			}
			// A shell within has no marks, and what ends it is marked.
			s.types("exec bash --norc\r")
			s.types("echo in-a-new-one-$((1+1))\r")
			s.shows("in-a-new-one-2")
		})
	}
}

func TestBashWithinBash(t *testing.T) {
	t.Parallel()
	s := begin(t, "bash", nil)
	s.prompted(0)
	s.types("bash --norc\r")
	s.types("echo inner-$((1+1))\rexit 5\r")
	s.prompted(1)
	cs := s.term.Commands()
	if c := cs[0]; c.Text != "bash --norc" || c.Exit != 5 || !strings.Contains(s.term.Output(c), "inner-2\n") {
		t.Errorf("a shell within is marked as %+v with output %q", c, s.term.Output(c))
	}
	s.want("echo outer", "outer\n", 0)
}

func TestBashLogin(t *testing.T) {
	t.Parallel()
	s := begin(t, "bash", map[string]string{
		".bash_profile": "echo profile-was-read\n. ~/.bashrc\n", ".profile": "echo wrong-file\n", ".bashrc": "echo rc-was-read\n",
	})
	dir := filepath.Dir(s.argv[2])
	s.prompted(0)
	s.types(`exec bash --rcfile "` + dir + `/login.bash"` + "\r")
	s.shows("profile-was-read")
	s.until("a prompt", func(v *vt.Terminal) bool {
		return strings.Contains(strings.Join(v.Screen(), "\n"), "profile-was-read\nrc-was-read\n")
	})
	s.until("the marks", func(v *vt.Terminal) bool {
		all := v.Marks()
		return len(all) > 0 && all[len(all)-1].Kind == vt.CommandStart && all[len(all)-1].Line > 2
	})
	s.want("echo there", "there\n", 0)
	if strings.Contains(strings.Join(s.term.Screen(), "\n"), "wrong-file") {
		t.Error("a login shell read ~/.profile though there is a ~/.bash_profile")
	}
}

func TestZshOwnSettings(t *testing.T) {
	t.Parallel()
	for name, rc := range map[string]map[string]string{
		"a prompt of several lines": {".zshrc": "PS1=$'\\n%~\\n> '"},
		"commands for the prompt":   {".zshrc": "precmd() { last=$? }; setopt prompt_subst; PS1='$last> '"},
		"a prompt made each time":   {".zshrc": "make() { PS1=\"made$?> \" }; precmd_functions+=(make)"},
		"no unset variables":        {".zshrc": "setopt no_unset"},
		"an end at each failure":    {".zshrc": "setopt err_return"},
		"arrays and words like ksh": {".zshenv": "setopt ksh_arrays sh_word_split"},
		"no prompt":                 {".zshrc": "unset PS1"},
		"a prompt at the right":     {".zshrc": "RPS1=right"},
		"a folder of its own":       {".zshenv": "ZDOTDIR=$HOME/z", "z/.zshrc": "alias hello='echo hello'"},
		"its files' names as set":   {".zshrc": "[[ -z ${ZDOTDIR-} && $- == *i* ]] || echo wrong"},
		"a file that breaks off":    {".zshenv": "return 1"},
		"the marks read once more":  {".zshrc": "source $marks"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begin(t, "zsh", rc)
			if name == "a prompt made each time" {
				// Its first prompt is made after Homie has looked.
				s.shows("made0> ")
				s.types(":\r")
				s.prompted(1)
			}
			s.prompted(0)
			s.want("echo hi", "hi\n", 0)
			s.want("(exit 3)", "", 3)
			s.want("echo $?", "3\n", 0)
			if name == "a folder of its own" {
				s.want("hello", "hello\n", 0)
			}
			if strings.Contains(strings.Join(s.term.Screen(), "\n"), "wrong") {
				t.Error("ZDOTDIR is not as it was, or the shell is not interactive")
			}
		})
	}
}

// Where the prompt can't carry marks, it has one before it.
func TestZshWithoutPercents(t *testing.T) {
	t.Parallel()
	s := begin(t, "zsh", map[string]string{".zshrc": "setopt no_prompt_percent; PS1='> '\n"})
	s.shows("> ")
	s.types("(echo hi; exit 3)\r")
	s.until("the end of a command", func(v *vt.Terminal) bool { return v.Facts().Commands == 1 })
	if c := s.term.Commands()[0]; c.Exit != 3 || s.term.Output(c) != "hi\n" {
		t.Errorf("it is marked as %+v with output %q", c, s.term.Output(c))
	}
}

func TestFishOwnSettings(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]string{
		"a prompt of several lines": `function fish_prompt; printf '\n%s\n> ' (prompt_pwd); end`,
		"a prompt with the status":  `function fish_prompt; echo -n "$status> "; end`,
		"a prompt at the right":     `function fish_right_prompt; echo right; end`,
		"data of its own":           `set -gx XDG_DATA_DIRS $HOME/share`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begin(t, "fish", map[string]string{".config/fish/config.fish": config + "\n"})
			s.prompted(0)
			s.want("echo hi", "hi\n", 0)
			s.want("sh -c 'exit 3'", "", 3)
			if name == "a prompt with the status" {
				s.shows("3> ")
			}
			s.want("echo $status", "3\n", 0)
		})
	}
}

func TestSwitchedOff(t *testing.T) {
	t.Parallel()
	for name, rc := range map[string]string{"bash": ".bashrc", "zsh": ".zshrc", "fish": ".config/fish/config.fish"} {
		for how, with := range map[string]struct{ text, env string }{
			"by the node":    {"", Off + "=0"},
			"in its own way": {map[string]string{"fish": "set -g " + Off + " 0"}[name] + map[string]string{"bash": Off + "=0", "zsh": Off + "=0"}[name], "A=b"},
		} {
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				s := begin(t, name, map[string]string{rc: with.text + "\n"}, with.env)
				s.types("echo unmarked\r")
				s.shows("unmarked")
				if marks := s.term.Marks(); len(marks) > 0 {
					t.Errorf("there are marks: %+v", marks)
				}
			})
		}
	}
}
