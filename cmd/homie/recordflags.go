package main

import (
	"cmp"
	"flag"
	"strconv"

	"homie/node/pty"
	"homie/wire/holder"
)

// The settings of what a node records, in the environment.
const (
	recordEnv     = "HOMIE_RECORD"
	recordDaysEnv = "HOMIE_RECORD_DAYS"
	recordMBEnv   = "HOMIE_RECORD_MB"
)

// recordFlags declares what a node records and keeps, and returns what reads it.
func recordFlags(p process, f *flag.FlagSet) func() (pty.Recording, error) {
	what := f.String("record", cmp.Or(p.Env(recordEnv), "off"), "`which` terminals to record unasked: off or all (HOMIE_RECORD)")
	days := f.String("record-days", cmp.Or(p.Env(recordDaysEnv), strconv.Itoa(holder.RecordDays)), "`days` that recordings are kept (HOMIE_RECORD_DAYS)")
	mb := f.String("record-mb", cmp.Or(p.Env(recordMBEnv), strconv.Itoa(holder.RecordMB)), "`megabytes` that recordings may have together; the oldest make room (HOMIE_RECORD_MB)")
	return func() (pty.Recording, error) {
		r := pty.Recording{All: *what == "all"}
		if *what != "all" && *what != "off" {
			return r, usagef("--record is %q, want off or all", *what)
		}
		var ok bool
		if r.Days, ok = between(*days, holder.MaxRecordDays); !ok {
			return r, usagef("--record-days is %q, want a number of days from 1 to %d", *days, holder.MaxRecordDays)
		}
		if r.MB, ok = between(*mb, holder.MaxRecordMB); !ok {
			return r, usagef("--record-mb is %q, want a number of megabytes from 1 to %d", *mb, holder.MaxRecordMB)
		}
		return r, nil
	}
}

// between reads a number from 1 to most.
func between(text string, most int) (n int, ok bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 1 && n <= most
}
