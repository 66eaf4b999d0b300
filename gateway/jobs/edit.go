package jobs

import (
	"context"
	"errors"
	"slices"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	wirejobs "homie/wire/jobs"
	wirenodes "homie/wire/nodes"
)

// source returns the file of a job as it was written. It may have secrets in it.
func (s *Service) source(ctx context.Context, who tsidentity.Caller, p wirejobs.SourceParams) (wirejobs.SourceText, error) {
	n, conn, j, err := s.editable(ctx, who, p.Node, p.Job)
	if err != nil {
		return wirejobs.SourceText{}, err
	}
	if j == nil {
		return wirejobs.SourceText{}, noJob(n.Name, p.Job)
	}
	out, err := rpc.Invoke(rpc.WithOnBehalf(ctx, who), conn, wirejobs.Source, p)
	return out, offline(p.Node, err)
}

// editable finds a job that who may change; it is null if there is none of that
// name, which they may then make.
func (s *Service) editable(ctx context.Context, who tsidentity.Caller, name wire.NodeName, id wirejobs.ID) (wirenodes.Node, *rpc.Conn, *wirejobs.Job, error) {
	needs := wirejobs.Define.Capability
	n, conn, err := s.reach(who, name, needs)
	if err != nil {
		return n, nil, nil, err
	}
	all, err := jobsOf(ctx, n, conn)
	if err != nil {
		return n, nil, nil, offline(name, err)
	}
	i := slices.IndexFunc(all, func(j wirejobs.Job) bool { return j.ID == id })
	if i < 0 {
		return n, conn, nil, nil
	}
	return n, conn, &all[i], mayAs(who, n, needs, all[i])
}

// check says what is wrong with the file of a job, by line, and keeps nothing.
func (s *Service) check(ctx context.Context, who tsidentity.Caller, p wirejobs.DefineParams) (wirejobs.Defined, error) {
	n, conn, _, err := s.editable(ctx, who, p.Node, p.Job)
	if err != nil {
		return wirejobs.Defined{}, err
	}
	out, err := ask(ctx, who, n, conn, wirejobs.Check, p)
	if err != nil || out.Job == nil {
		return out, err
	}
	return out, mayAs(who, n, wirejobs.Define.Capability, *out.Job)
}

// define keeps a job on its machine, new or in place of the one with that id, if
// there is nothing wrong with its file. It takes the right to run as the job's
// account, and as that of the one before.
func (s *Service) define(ctx context.Context, who tsidentity.Caller, p wirejobs.DefineParams) (wirejobs.Defined, error) {
	out, err := s.check(ctx, who, p)
	if err != nil || out.Job == nil {
		return out, err
	}
	n, conn, err := s.reach(who, p.Node, wirejobs.Define.Capability)
	if err != nil {
		return wirejobs.Defined{}, err
	}
	return ask(ctx, who, n, conn, wirejobs.Define, p)
}

func ask(ctx context.Context, who tsidentity.Caller, n wirenodes.Node, conn *rpc.Conn, m wire.Method[wirejobs.DefineParams, wirejobs.Defined], p wirejobs.DefineParams) (wirejobs.Defined, error) {
	got, err := rpc.Invoke(rpc.WithOnBehalf(ctx, who), conn, m, p)
	if err != nil {
		return wirejobs.Defined{}, offline(n.Name, err)
	}
	if got.Job == nil && len(got.Problems) == 0 {
		return wirejobs.Defined{}, errors.New("a machine neither took a job nor said why")
	}
	return got.Shown(n.Name), nil
}

// askDefine puts into words what is defined. A file with something wrong in it
// changes nothing, and needs nobody's word.
func (s *Service) askDefine(ctx context.Context, who tsidentity.Caller, p wirejobs.DefineParams) (rpc.Question, error) {
	out, err := s.check(ctx, who, p)
	if err != nil || out.Job == nil {
		return rpc.Question{}, err
	}
	return rpc.Question{Words: "Define " + words(p.Node, p.Job, out.Job.Account)}, nil
}

// remove takes a job away, with what is kept of its runs. One that runs has to
// be cancelled first.
func (s *Service) remove(ctx context.Context, who tsidentity.Caller, p wirejobs.RemoveParams) (wire.Nothing, error) {
	n, conn, j, err := s.editable(ctx, who, p.Node, p.Job)
	if err != nil {
		return wire.Nothing{}, err
	}
	if j == nil {
		return wire.Nothing{}, noJob(n.Name, p.Job)
	}
	out, err := rpc.Invoke(rpc.WithOnBehalf(ctx, who), conn, wirejobs.Remove, p)
	return out, offline(p.Node, err)
}

func (s *Service) askRemove(ctx context.Context, who tsidentity.Caller, p wirejobs.RemoveParams) (rpc.Question, error) {
	n, _, j, err := s.editable(ctx, who, p.Node, p.Job)
	if err != nil {
		return rpc.Question{}, err
	}
	if j == nil {
		return rpc.Question{}, noJob(n.Name, p.Job)
	}
	return rpc.Question{Words: "Remove " + words(p.Node, p.Job, j.Account)}, nil
}
