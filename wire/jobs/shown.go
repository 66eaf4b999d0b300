package jobs

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"homie/wire"
)

// Bounds of what a machine may say.
const (
	maxShown = 1024 // bytes of a text
	maxArgs  = 64
)

// Shown is a job that came from a machine, as it may be passed on: what a
// machine says of it is bounded, and has no characters that do not show.
func (j Job) Shown(node wire.NodeName) Job {
	j.ID, j.Node = ID(plain(string(j.ID), MaxName)), node
	j.Name, j.Icon, j.Account = plain(j.Name, MaxName), plain(j.Icon, MaxName), plain(j.Account, MaxName)
	j.Description, j.Dir, j.Confirm = plain(j.Description, maxShown), plain(j.Dir, maxShown), plain(j.Confirm, maxShown)
	j.Problem = plain(j.Problem, maxShown)
	j.Command = texts(j.Command, maxArgs)
	params := []Parameter{}
	for _, p := range j.Params[:min(len(j.Params), MaxParams)] {
		p.Name, p.Kind, p.Description = plain(p.Name, MaxName), ValueKind(plain(string(p.Kind), MaxName)), plain(p.Description, maxShown)
		p.Choices, p.Pattern = texts(p.Choices, MaxChoices), plain(p.Pattern, maxShown)
		if p.Default != nil {
			v := plain(*p.Default, MaxValue)
			p.Default = &v
		}
		params = append(params, p)
	}
	j.Params = params
	j.TimeoutMs, j.Concurrency, j.Keep = max(j.TimeoutMs, 0), max(j.Concurrency, 1), max(j.Keep, 1)
	j.Queued, j.Running = max(j.Queued, 0), max(j.Running, 0)
	if j.Last != nil {
		last := j.Last.Shown(node)
		j.Last = &last
	}
	return j
}

// MaxChoices bounds the values that a parameter may have.
const MaxChoices = 64

// Shown is a run that came from a machine, as it may be passed on.
func (r Run) Shown(node wire.NodeName) Run {
	r.ID, r.Job, r.Node = RunID(plain(string(r.ID), MaxName)), ID(plain(string(r.Job), MaxName)), node
	r.Name, r.Account, r.Signal = plain(r.Name, MaxName), plain(r.Account, MaxName), plain(r.Signal, MaxName)
	r.State, r.Outcome = State(plain(string(r.State), MaxName)), Outcome(plain(string(r.Outcome), MaxName))
	r.By, r.Starter, r.CancelledBy = plain(r.By, maxShown), plain(r.Starter, MaxName), plain(r.CancelledBy, maxShown)
	r.Why, r.Doing, r.LastLine = plain(r.Why, maxShown), plain(r.Doing, maxShown), plain(r.LastLine, maxShown)
	params := map[string]string{}
	for name, value := range r.Params {
		if len(params) < MaxParams {
			params[plain(name, MaxName)] = plain(value, maxShown)
		}
	}
	r.Params = params
	if r.Percent != nil {
		n := min(max(*r.Percent, 0), 100)
		r.Percent = &n
	}
	return r
}

// Sort puts jobs in the order of lists.
func Sort(all []Job) {
	slices.SortFunc(all, func(a, b Job) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ID, b.ID))
	})
}

// SortRuns puts runs in the order of lists: the latest first.
func SortRuns(all []Run) {
	slices.SortFunc(all, func(a, b Run) int {
		return cmp.Or(b.QueuedAt.Compare(a.QueuedAt), cmp.Compare(b.Seq, a.Seq), cmp.Compare(a.ID, b.ID))
	})
}

func texts(all []string, most int) []string {
	out := []string{}
	for _, s := range all[:min(len(all), most)] {
		out = append(out, plain(s, maxShown))
	}
	return out
}

// plain is text without what does not show, of at most so many bytes.
func plain(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsGraphic(r):
			return -1
		}
		return r
	}, text[:min(len(text), 4*most)]) // more would not be looked at
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}

// Plain is a text that a program printed as it may stand in a list.
func Plain(text string) string { return plain(text, maxShown) }

// Shown is a machine's word on a definition, as it may be passed on.
func (d Defined) Shown(node wire.NodeName) Defined {
	problems := []Problem{}
	for _, p := range d.Problems[:min(len(d.Problems), MaxJobs)] {
		problems = append(problems, Problem{Line: max(p.Line, 0), Problem: plain(p.Problem, maxShown)})
	}
	d.Problems = problems
	if d.Job != nil {
		j := d.Job.Shown(node)
		d.Job = &j
	}
	return d
}
