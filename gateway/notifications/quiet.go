package notifications

import (
	"fmt"
	"time"
	_ "time/tzdata" // a machine may have none, and quiet hours are in a zone
)

const clock = "15:04"

func (q *Quiet) check() error {
	for _, at := range []string{q.From, q.To} {
		if _, err := time.Parse(clock, at); err != nil {
			return fmt.Errorf("%q is no time of day, such as 22:00", at)
		}
	}
	if q.Zone == "Local" || len(q.Zone) > 64 {
		return fmt.Errorf("zone is the name of a time zone, such as Europe/Berlin")
	}
	if _, err := time.LoadLocation(q.Zone); err != nil {
		return fmt.Errorf("there is no time zone %q; name one such as Europe/Berlin", q.Zone)
	}
	return nil
}

// at reports whether it is quiet at a moment. What can't be read is never quiet.
func (q *Quiet) at(now time.Time) bool {
	if q == nil || q.check() != nil {
		return false
	}
	zone, err := time.LoadLocation(q.Zone)
	if err != nil {
		return false
	}
	is := now.In(zone).Format(clock) // hours with a leading zero, so that text compares as time
	if q.From <= q.To {
		return q.From <= is && is < q.To
	}
	return q.From <= is || is < q.To
}
