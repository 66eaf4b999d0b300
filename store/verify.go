package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// The parts of bbolt's file format that verify reads. Numbers are in the byte
// order of the machine that wrote the file.
const (
	pageHeader    = 16 // id u64, flags u16, count u16, overflow u32
	pageElement   = 16 // branch: pos u32, ksize u32, id u64; leaf: flags, pos, ksize, vsize u32
	bucketHeader  = 16 // root page id u64, sequence u64
	metaSize      = 64 // magic, version, page size, flags u32; root bucket; freelist, high water, txid, sum u64
	metaMagic     = 0xED0CDAED
	metaVersion   = 2
	minPageSize   = 1 << 10
	maxPageSize   = 16 << 20
	maxDepth      = 64
	branchPage    = 0x01
	leafPage      = 0x02
	freelistPage  = 0x10
	bucketElement = 0x01
)

var order = binary.NativeEndian

// verify reads all pages of the file at path and reports the first that bbolt
// must not see: bbolt trusts what it maps, and where a panic can be caught, a
// page that refers to itself or to far outside of the file can't.
func verify(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	m, err := newestMeta(f)
	if err != nil {
		return corrupt(path, err)
	}
	if m.highWater > uint64(info.Size())/m.pageSize {
		return corrupt(path, fmt.Errorf("it is cut short, %d bytes of %d pages of %d bytes", info.Size(), m.highWater, m.pageSize))
	}
	v := verifier{f: f, meta: m, seen: make([]bool, m.highWater)}
	v.seen[0], v.seen[1] = true, true
	if err := v.tree(m.root, span{}, 0); err != nil {
		return corrupt(path, err)
	}
	if err := v.freelist(); err != nil {
		return corrupt(path, err)
	}
	return nil
}

// meta is the root of everything, written last in each transaction.
type meta struct {
	pageSize, root, freelist, highWater, txid uint64
}

// newestMeta returns the one of the two meta pages that is in force.
func newestMeta(f io.ReaderAt) (meta, error) {
	m0, err0 := readMeta(f, 0)
	if err0 == nil {
		m1, err := readMeta(f, int64(m0.pageSize))
		if err == nil && m1.txid > m0.txid {
			return m1, nil
		}
		return m0, nil
	}
	for at := int64(minPageSize); at <= maxPageSize; at *= 2 {
		if m1, err := readMeta(f, at); err == nil {
			return m1, nil
		}
	}
	return meta{}, err0
}

func readMeta(f io.ReaderAt, at int64) (meta, error) {
	b := make([]byte, metaSize)
	if _, err := f.ReadAt(b, at+pageHeader); err != nil {
		return meta{}, errors.New("it is too short")
	}
	sum := fnv.New64a()
	sum.Write(b[:56])
	switch {
	case order.Uint32(b) != metaMagic:
		return meta{}, errors.New("it is not a state file")
	case order.Uint32(b[4:]) != metaVersion:
		return meta{}, errors.New("its format is not known")
	case order.Uint64(b[56:]) != sum.Sum64():
		return meta{}, errors.New("its first pages fail their checksums")
	}
	m := meta{
		pageSize:  uint64(order.Uint32(b[8:])),
		root:      order.Uint64(b[16:]),
		freelist:  order.Uint64(b[32:]),
		highWater: order.Uint64(b[40:]),
		txid:      order.Uint64(b[48:]),
	}
	if m.pageSize < minPageSize || m.pageSize > maxPageSize || m.highWater < 2 {
		return meta{}, fmt.Errorf("it has pages of %d bytes and ends at page %d", m.pageSize, m.highWater)
	}
	return m, nil
}

// verifier walks the pages that a meta page leads to.
type verifier struct {
	f    io.ReaderAt
	meta meta
	seen []bool // page id → is in the tree or free
}

// page reads page id with its overflow, checks its header, and marks it seen.
func (v *verifier) page(id uint64) ([]byte, error) {
	if id < 2 || id >= v.meta.highWater {
		return nil, fmt.Errorf("page %d does not exist", id)
	}
	head := make([]byte, pageHeader)
	if _, err := v.f.ReadAt(head, int64(id*v.meta.pageSize)); err != nil {
		return nil, fmt.Errorf("reading page %d: %w", id, err)
	}
	n := uint64(order.Uint32(head[12:])) + 1
	if order.Uint64(head) != id || n > v.meta.highWater-id {
		return nil, fmt.Errorf("page %d has a bad header", id)
	}
	for i := id; i < id+n; i++ {
		if v.seen[i] {
			return nil, fmt.Errorf("page %d is used twice", i)
		}
		v.seen[i] = true
	}
	b := make([]byte, n*v.meta.pageSize)
	if _, err := v.f.ReadAt(b, int64(id*v.meta.pageSize)); err != nil {
		return nil, fmt.Errorf("reading page %d: %w", id, err)
	}
	return b, nil
}

// tree checks the page id and what is below it. Its keys are to be in the
// span's from (inclusive) and below (exclusive).
func (v *verifier) tree(id uint64, keys span, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("page %d is nested too deeply", id)
	}
	b, err := v.page(id)
	if err != nil {
		return err
	}
	if err := v.elements(b, keys, depth); err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	return nil
}

// elements checks the entries of a branch or leaf page, or of a bucket that is
// kept inside a value.
func (v *verifier) elements(b []byte, keys span, depth int) error {
	flags, count := order.Uint16(b[8:]), int(order.Uint16(b[10:]))
	if flags != branchPage && flags != leafPage {
		return fmt.Errorf("unknown kind %#x", flags)
	}
	if len(b) < pageHeader+count*pageElement || (flags == branchPage && count == 0) {
		return fmt.Errorf("%d entries in %d bytes", count, len(b))
	}
	elems := make([]element, count)
	for i := range elems {
		e, err := readElement(b, i, flags)
		if err != nil {
			return err
		}
		if keys.from != nil && bytes.Compare(e.key, keys.from) < 0 ||
			keys.below != nil && bytes.Compare(e.key, keys.below) >= 0 ||
			i > 0 && bytes.Compare(elems[i-1].key, e.key) >= 0 {
			return fmt.Errorf("entry %d is out of order", i)
		}
		elems[i] = e
	}
	for i, e := range elems {
		below := keys.below
		if i+1 < count {
			below = elems[i+1].key
		}
		if err := v.descend(e, flags, span{from: e.key, below: below}, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// element is one entry of a page.
type element struct {
	key, value []byte
	child      uint64 // of a branch page
	bucket     bool   // value holds a bucket
}

func readElement(b []byte, i int, flags uint16) (element, error) {
	at := pageHeader + i*pageElement
	e := b[at : at+pageElement]
	var el element
	var pos, ksize, vsize uint64
	if flags == branchPage {
		pos, ksize = uint64(order.Uint32(e)), uint64(order.Uint32(e[4:]))
		el.child = order.Uint64(e[8:])
	} else {
		el.bucket = order.Uint32(e)&bucketElement != 0
		pos, ksize, vsize = uint64(order.Uint32(e[4:])), uint64(order.Uint32(e[8:])), uint64(order.Uint32(e[12:]))
	}
	start := uint64(at) + pos
	if start+ksize+vsize > uint64(len(b)) || ksize == 0 {
		return el, fmt.Errorf("entry %d lies outside of it", i)
	}
	el.key, el.value = b[start:start+ksize], b[start+ksize:start+ksize+vsize]
	return el, nil
}

// descend follows a branch entry to its page, and a bucket to its root.
func (v *verifier) descend(e element, flags uint16, keys span, depth int) error {
	switch {
	case flags == branchPage:
		return v.tree(e.child, keys, depth)
	case !e.bucket:
		return nil
	case len(e.value) < bucketHeader:
		return fmt.Errorf("bucket %q has no header", e.key)
	}
	if root := order.Uint64(e.value); root != 0 {
		return v.tree(root, span{}, depth)
	}
	inline := e.value[bucketHeader:]
	if len(inline) < pageHeader || depth > maxDepth {
		return fmt.Errorf("bucket %q has no page", e.key)
	}
	if order.Uint64(inline) != 0 || order.Uint16(inline[8:]) != leafPage {
		return fmt.Errorf("bucket %q has a bad header", e.key)
	}
	return v.elements(inline, span{}, depth)
}

// freelist checks that the pages that are free to be written to exist and are
// not in use.
func (v *verifier) freelist() error {
	b, err := v.page(v.meta.freelist)
	if err != nil {
		return fmt.Errorf("list of free pages: %w", err)
	}
	ids, count := b[pageHeader:], uint64(order.Uint16(b[10:]))
	if count == 0xFFFF { // too many for the header
		count, ids = order.Uint64(ids), ids[8:]
	}
	if order.Uint16(b[8:]) != freelistPage || count > uint64(len(ids))/8 {
		return errors.New("list of free pages has a bad header")
	}
	for i := range count {
		id := order.Uint64(ids[i*8:])
		if id < 2 || id >= v.meta.highWater || v.seen[id] {
			return fmt.Errorf("page %d is free and in use, or does not exist", id)
		}
		v.seen[id] = true
	}
	return nil
}
