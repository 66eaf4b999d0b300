package rpc

// keep is how many places an empty queue may hold on to.
const keep = 64

// queue is a first-in, first-out list that reuses its memory: a short one that
// fills and empties all the time, as most do, allocates nothing. The zero queue
// is empty.
type queue[T any] struct {
	items []T // those before head are taken
	head  int
}

func (q *queue[T]) len() int { return len(q.items) - q.head }

// push adds an element. It makes room by moving the others to the front only if
// as many are gone as are left, so that a move is paid for by the pops before.
func (q *queue[T]) push(v T) {
	if len(q.items) == cap(q.items) && q.head >= q.len() {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	q.items = append(q.items, v)
}

// pop takes the oldest element off. The queue must not be empty.
func (q *queue[T]) pop() T {
	v := q.items[q.head]
	clear(q.items[q.head : q.head+1]) // else what is taken could not be freed
	if q.head++; q.head < len(q.items) {
		return v
	}
	q.items, q.head = q.items[:0], 0
	if cap(q.items) > keep {
		q.drop()
	}
	return v
}

// last is the newest element, to be changed in place before the next push or
// pop; nil if there is none.
func (q *queue[T]) last() *T {
	if q.len() == 0 {
		return nil
	}
	return &q.items[len(q.items)-1]
}

// all are the elements, oldest first, until the next push or pop.
func (q *queue[T]) all() []T { return q.items[q.head:] }

// drop forgets everything, the memory too.
func (q *queue[T]) drop() { *q = queue[T]{} }
