package inits

type t struct{}

func (t) init() {}

func init() {}
