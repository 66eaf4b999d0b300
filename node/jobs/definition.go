package jobs

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"homie/node/jobs/runner"
	"homie/wire/jobs"
)

// Defaults and bounds of a definition.
const (
	defaultKeep  = 20
	mostKeep     = 200
	defaultGrace = 10 * time.Second
	longestGrace = 10 * time.Minute
	longestRun   = 30 * 24 * time.Hour
	mostAtOnce   = 64
	maxArgs      = 64
	maxEnv       = 64
)

// file is a job as it stands in a file.
type file struct {
	Name        string            `toml:"name"`
	Description string            `toml:"description"`
	Icon        string            `toml:"icon"`
	Argv        []string          `toml:"argv"`
	Script      string            `toml:"script"`
	Interpreter []string          `toml:"interpreter"`
	Directory   string            `toml:"directory"`
	Environment map[string]string `toml:"environment"`
	Account     string            `toml:"account"`
	Timeout     duration          `toml:"timeout"`
	Grace       duration          `toml:"grace"`
	Concurrency int               `toml:"concurrency"`
	Keep        int               `toml:"keep"`
	LogMB       int               `toml:"log_mb"`
	Button      bool              `toml:"button"`
	Confirm     string            `toml:"confirm"`
	Parameters  []fileParameter   `toml:"parameter"`
}

// fileParameter is a [[parameter]] of a file.
type fileParameter struct {
	Name        string   `toml:"name"`
	Description string   `toml:"description"`
	Type        string   `toml:"type"`
	Choices     []string `toml:"choices"`
	Pattern     string   `toml:"pattern"`
	Min         *int64   `toml:"min"`
	Max         *int64   `toml:"max"`
	Default     any      `toml:"default"`
}

// duration is a time such as "90s" or "2h".
type duration time.Duration

// UnmarshalText reads one.
func (d *duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil || v < 0 {
		return fmt.Errorf("%q is no time such as 90s, 15m or 2h", text)
	}
	*d = duration(v)
	return nil
}

// definition is a job that can be run.
type definition struct {
	file
	id       jobs.ID
	params   []jobs.Parameter
	patterns map[string]*regexp.Regexp // by parameter
}

// problems is an error of a file.
type problems []jobs.Problem

// Error is what is wrong, a line each.
func (p problems) Error() string {
	lines := make([]string, 0, len(p))
	for _, one := range p {
		lines = append(lines, one.String())
	}
	return strings.Join(lines, "\n")
}

// parse reads a definition. The error is of type problems.
func parse(id jobs.ID, text []byte) (*definition, error) {
	d := &definition{id: id}
	dec := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields()
	if err := dec.Decode(&d.file); err != nil {
		return nil, problemsOf(err)
	}
	d.fill()
	bad := &judge{text: string(text)}
	d.judge(bad)
	if len(bad.found) > 0 {
		return nil, bad.found
	}
	return d, nil
}

// problemsOf says where the file is wrong.
func problemsOf(err error) problems {
	if strict, ok := errors.AsType[*toml.StrictMissingError](err); ok {
		var all problems
		for _, e := range strict.Errors {
			line, _ := e.Position()
			all = append(all, jobs.Problem{Line: line, Problem: fmt.Sprintf("there is no setting %q", strings.Join(e.Key(), "."))})
		}
		return all
	}
	if e, ok := errors.AsType[*toml.DecodeError](err); ok {
		line, _ := e.Position()
		text := strings.TrimPrefix(e.Error(), "toml: ")
		if key := strings.Join(e.Key(), "."); key != "" {
			text = key + ": " + text
		}
		return problems{{Line: line, Problem: text}}
	}
	return problems{{Problem: strings.TrimPrefix(err.Error(), "toml: ")}}
}

// fill sets what the file does not say.
func (d *definition) fill() {
	d.Name = cmp.Or(d.Name, string(d.id))
	d.Concurrency = cmp.Or(d.Concurrency, 1)
	d.Keep = cmp.Or(d.Keep, defaultKeep)
	d.Grace = cmp.Or(d.Grace, duration(defaultGrace))
	d.LogMB = cmp.Or(d.LogMB, runner.DefaultLog>>20)
	if d.Script != "" && len(d.Interpreter) == 0 {
		d.Interpreter = []string{"/bin/sh"}
	}
}

// judge collects what is wrong with a file that can be read.
type judge struct {
	text  string
	found problems
}

// say notes a problem with a setting.
func (j *judge) say(setting, format string, args ...any) {
	j.found = append(j.found, jobs.Problem{Line: lineOf(j.text, setting), Problem: setting + ": " + fmt.Sprintf(format, args...)})
}

// lineOf finds where a setting stands at the left of an equals sign.
func lineOf(text, setting string) int {
	for i, line := range strings.Split(text, "\n") {
		if name, _, ok := strings.Cut(line, "="); ok && strings.TrimSpace(name) == setting {
			return i + 1
		}
	}
	return 0
}

func (d *definition) judge(bad *judge) {
	d.judgeTexts(bad)
	d.judgeCommand(bad)
	d.judgeNumbers(bad)
	d.patterns = map[string]*regexp.Regexp{}
	for i := range d.Parameters {
		d.addParameter(bad, d.Parameters[i])
	}
	if len(d.params) > jobs.MaxParams {
		bad.say("parameter", "there are %d, the limit is %d", len(d.params), jobs.MaxParams)
	}
	d.judgePlaces(bad)
}

func (d *definition) judgeTexts(bad *judge) {
	if len(d.Name) > jobs.MaxName || jobs.Plain(d.Name) != d.Name {
		bad.say("name", "it has over %d bytes, or characters that do not show", jobs.MaxName)
	}
	for setting, text := range map[string]string{"description": d.Description, "confirm": d.Confirm} {
		if len(text) > 1000 {
			bad.say(setting, "it has %d bytes, the limit is 1000", len(text))
		}
	}
	if d.Icon != "" && !iconName.MatchString(d.Icon) {
		bad.say("icon", "%.40q is no name of an icon, such as server, folder or wrench", d.Icon)
	}
	if d.Confirm != "" && !d.Button {
		bad.say("confirm", "only a button asks; add button = true")
	}
}

var iconName = regexp.MustCompile(`^[a-z-]{1,32}$`)

func (d *definition) judgeCommand(bad *judge) {
	switch {
	case len(d.Argv) == 0 && d.Script == "":
		bad.say("argv", "it is missing: say what to run, as argv = [\"/path/to/program\", \"argument\"], or as a script")
	case len(d.Argv) > 0 && d.Script != "":
		bad.say("script", "there is an argv, too; give one of the two")
	case d.Script == "" && len(d.Interpreter) > 0:
		bad.say("interpreter", "it is for a script, and there is none")
	}
	for setting, list := range map[string][]string{"argv": d.Argv, "interpreter": d.Interpreter} {
		if len(list) > maxArgs {
			bad.say(setting, "it has %d elements, the limit is %d", len(list), maxArgs)
		}
		if len(list) > 0 && list[0] == "" {
			bad.say(setting, "its first element is the program, and is empty")
		}
		if slices.ContainsFunc(list, func(s string) bool { return strings.ContainsRune(s, 0) || len(s) > jobs.MaxValue }) {
			bad.say(setting, "an element has over %d bytes, or a NUL character", jobs.MaxValue)
		}
	}
	if d.Directory != "" && !filepath.IsAbs(d.Directory) {
		bad.say("directory", "%.80q is no absolute path", d.Directory)
	}
	if len(d.Environment) > maxEnv {
		bad.say("environment", "it has %d variables, the limit is %d", len(d.Environment), maxEnv)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Environment)) {
		switch {
		case !variable.MatchString(name):
			bad.say("environment", "%.40q is no name of a variable", name)
		case strings.HasPrefix(name, "HOMIE_"):
			bad.say("environment", "%.40s is set by Homie; choose another name", name)
		case strings.ContainsRune(d.Environment[name], 0) || len(d.Environment[name]) > jobs.MaxValue:
			bad.say("environment", "the value of %.40s has over %d bytes, or a NUL character", name, jobs.MaxValue)
		}
	}
}

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (d *definition) judgeNumbers(bad *judge) {
	for setting, is := range map[string]struct{ n, least, most int }{
		"concurrency": {d.Concurrency, 1, mostAtOnce}, "keep": {d.Keep, 1, mostKeep}, "log_mb": {d.LogMB, 1, runner.MaxLog >> 20},
	} {
		if is.n < is.least || is.n > is.most {
			bad.say(setting, "it is %d, want %d to %d", is.n, is.least, is.most)
		}
	}
	if time.Duration(d.Timeout) > longestRun {
		bad.say("timeout", "it is longer than %v", longestRun)
	}
	if time.Duration(d.Grace) > longestGrace {
		bad.say("grace", "it is longer than %v", longestGrace)
	}
}

// judgePlaces checks that each parameter that argv names is one, and that none
// can become a part of what a shell reads.
func (d *definition) judgePlaces(bad *judge) {
	command := d.Argv
	for i, element := range command {
		name, ok := placeholder(element)
		if !ok {
			continue
		}
		switch {
		case !slices.ContainsFunc(d.params, func(p jobs.Parameter) bool { return p.Name == name }):
			bad.say("argv", "there is no [[parameter]] called %q", name)
		case i == 0:
			bad.say("argv", "a parameter can't be the program that runs")
		case filepath.Base(command[0]) == "ssh" || readsCode(command[:i]):
			bad.say("argv", "{%s} would be read as code by %s; a script finds it in $%s", name, filepath.Base(command[0]), variableOf(name))
		}
	}
}

// placeholder returns the name in an element of argv that is "{name}".
func placeholder(element string) (name string, ok bool) {
	name, ok = strings.CutPrefix(element, "{")
	if !ok {
		return "", false
	}
	name, ok = strings.CutSuffix(name, "}")
	return name, ok && parameterName.MatchString(name)
}

// codeFlag is an argument after which interpreters read code: sh -c, bash -lc,
// perl -e, python -c, node --eval.
var codeFlag = regexp.MustCompile(`^(-[A-Za-z]*[ceE]|--eval|--command|--execute)$`)

// readsCode reports whether what comes after these arguments would be code.
func readsCode(before []string) bool {
	last := before[len(before)-1]
	if !codeFlag.MatchString(last) {
		return false
	}
	return slices.ContainsFunc(before[:len(before)-1], func(s string) bool { return interpreters.MatchString(filepath.Base(s)) })
}

var interpreters = regexp.MustCompile(`^((ba|da|z|k|mk|a|fi|c|tc)?sh|busybox|python[0-9.]*|perl[0-9.]*|ruby|node|php[0-9.]*|lua[0-9.]*|Rscript|su|sudo|ssh|env|awk|gawk|sed)$`)

// maxLog is how many bytes a run's log may have.
func (d *definition) maxLog() int64 { return int64(d.LogMB) << 20 }

// command is what runs, as lists show it.
func (d *definition) command() []string {
	if d.Script != "" {
		return append(slices.Clone(d.Interpreter), "(script)")
	}
	return d.Argv
}
