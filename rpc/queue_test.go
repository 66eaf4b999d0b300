package rpc

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A queue does what a slice does.
func TestQueueIsAList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue[int]
		var model []int
		for i := range rapid.IntRange(0, 200).Draw(t, "steps") {
			switch {
			case rapid.Bool().Draw(t, "push"):
				q.push(i)
				model = append(model, i)
			case len(model) > 0:
				if got := q.pop(); got != model[0] {
					t.Fatalf("pop() = %d, want %d", got, model[0])
				}
				model = model[1:]
			}
			if q.len() != len(model) || !slices.Equal(q.all(), model) {
				t.Fatalf("after step %d: %v, want %v", i, q.all(), model)
			}
			last := q.last()
			if (last != nil) != (len(model) > 0) || (last != nil && *last != model[len(model)-1]) {
				t.Fatalf("after step %d: the last of %v is %v", i, model, last)
			}
			for _, gone := range q.items[:q.head] {
				if gone != 0 {
					t.Fatalf("after step %d: %d was taken and is still held", i, gone)
				}
			}
		}
	})
}

func TestQueueReusesItsMemory(t *testing.T) {
	for _, length := range []int{0, 1, 4, 1000} {
		var q queue[int]
		for range length {
			q.push(1)
		}
		if n := testing.AllocsPerRun(10_000, func() {
			q.push(1)
			q.pop()
		}); n != 0 {
			t.Errorf("a queue of %d elements allocates %v times for each", length, n)
		}
		if n := cap(q.items); n > 4*length+8 {
			t.Errorf("a queue of %d elements holds %d places", length, n)
		}
	}
}

func TestQueueGivesBackWhatABurstTook(t *testing.T) {
	var q queue[int]
	for i := range 10 * keep {
		q.push(i)
	}
	for q.len() > 0 {
		q.pop()
	}
	if n := cap(q.items); n > keep {
		t.Errorf("an empty queue holds %d places, want at most %d", n, keep)
	}
}
