package holder

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"

	"homie/internal/winproc"
)

// Procedures that golang.org/x/sys/windows does not have.
var (
	kernel32         = windows.NewLazySystemDLL("kernel32.dll")
	peekNamedPipe    = kernel32.NewProc("PeekNamedPipe")
	registerWait     = kernel32.NewProc("RegisterWaitForSingleObject")
	unregisterWait   = kernel32.NewProc("UnregisterWaitEx")
	setCtrlHandler   = kernel32.NewProc("SetConsoleCtrlHandler")
	errCommand       = errors.New("the command can't be given to a program on Windows")
	inheritedHandles = false // a console's programs have the console, and nothing else of ours
)

// attributes that a program is started with.
const (
	jobList   = 0x2000D // PROC_THREAD_ATTRIBUTE_JOB_LIST
	attrCount = 2
)

// spawn starts a program on a console, in a job of its own from its first
// instruction on, so that it starts nothing outside.
func spawn(p program, con windows.Handle) (h handles, err error) {
	file, line, err := winproc.Command(p.path, p.argv, winproc.Interpreter(p.env))
	if err != nil {
		return h, fmt.Errorf("%w: %w", errCommand, err)
	}
	block, err := winproc.Block(p.env)
	if err != nil {
		return h, fmt.Errorf("%w: %w", errCommand, err)
	}
	texts, err := wides(file, line, p.dir)
	if err != nil {
		return h, fmt.Errorf("%w: %w", errCommand, err)
	}
	if h.job, err = newJob(); err != nil {
		return h, err
	}
	attributes, err := windows.NewProcThreadAttributeList(attrCount)
	if err != nil {
		return h, err
	}
	defer attributes.Delete()
	// The console is given by its value, the job by where it stands.
	err = errors.Join(
		attributes.Update(windows.PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE, *(*unsafe.Pointer)(unsafe.Pointer(&con)), unsafe.Sizeof(con)),
		attributes.Update(jobList, unsafe.Pointer(&h.job), unsafe.Sizeof(h.job)),
	)
	if err != nil {
		return h, fmt.Errorf("preparing a program: %w", err)
	}
	h.process, err = create(texts, block, attributes.List())
	return h, err
}

// create starts a program: texts are its file, its command line and its folder.
func create(texts [3]*uint16, block []uint16, attributes *windows.ProcThreadAttributeList) (windows.Handle, error) {
	si := windows.StartupInfoEx{ProcThreadAttributeList: attributes}
	si.Cb = uint32(unsafe.Sizeof(si))
	// Without this, a holder whose own output goes to a file would hand that on
	// instead of the console.
	si.Flags = windows.STARTF_USESTDHANDLES
	var info windows.ProcessInformation
	err := windows.CreateProcess(texts[0], texts[1], nil, nil, inheritedHandles,
		windows.CREATE_UNICODE_ENVIRONMENT|windows.EXTENDED_STARTUPINFO_PRESENT, &block[0], texts[2], &si.StartupInfo, &info)
	if err != nil {
		return 0, err
	}
	windows.CloseHandle(info.Thread)
	return info.Process, nil
}

func wides(texts ...string) (out [3]*uint16, err error) {
	for i, s := range texts {
		if out[i], err = windows.UTF16PtrFromString(s); err != nil {
			return out, err
		}
	}
	return out, nil
}

// newJob makes a job that ends with the holder.
func newJob() (windows.Handle, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0, fmt.Errorf("making a job: %w", err)
	}
	if err := limit(job, windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE); err != nil {
		windows.CloseHandle(job)
		return 0, err
	}
	return job, nil
}

func limit(job windows.Handle, flags uint32) error {
	info := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{LimitFlags: flags},
	}
	_, err := windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation, pointer(&info), uint32(size(&info)))
	if err != nil {
		return os.NewSyscallError("SetInformationJobObject", err)
	}
	return nil
}

// pointer and size are what a procedure is told of a struct that it fills or reads.
func pointer[T any](v *T) uintptr { return uintptr(unsafe.Pointer(v)) }
func size[T any](v *T) uintptr    { return unsafe.Sizeof(*v) }
