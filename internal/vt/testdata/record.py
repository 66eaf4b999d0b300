#!/usr/bin/env python3
"""Records what programs write to a terminal, for the tests of this package.

    sudo python3 record.py DIRECTORY [NAME...]

writes DIRECTORY/NAME-COLSxROWS.gz for each program below, or for those named.
The programs run as root on a machine called nas that has nothing but them: in
process, mount and host name spaces of their own, in a folder made for this, so
that a recording tells nothing of the machine it was made on. They come with
Debian: vim less htop procps mc nano dialog whiptail tmux git vttest ncdu bat fzf
tree w3m screen zsh fish man-db info jq joe emacs-nox cmatrix tig ranger lynx bc.
"""

import fcntl
import gzip
import os
import pty
import random
import select
import signal
import struct
import subprocess
import sys
import termios
import time

KEYS = {
    "UP": "\x1b[A", "DOWN": "\x1b[B", "RIGHT": "\x1b[C", "LEFT": "\x1b[D", "PGUP": "\x1b[5~", "PGDN": "\x1b[6~",
    "ESC": "\x1b", "CR": "\r", "TAB": "\t", "F3": "\x1bOR", "F4": "\x1bOS", "F9": "\x1b[20~", "F10": "\x1b[21~", "SP": " ",
}
ANSWERS = [(b"\x1b[c", b"\x1b[?1;2c"), (b"\x1b[0c", b"\x1b[?1;2c"), (b"\x1b[>c", b"\x1b[>0;276;0c"), (b"\x1b[6n", b"\x1b[12;1R"), (b"\x1b[5n", b"\x1b[0n")]


def sh(command):
    return ["bash", "--norc", "--noprofile", "-c", command]


BASH = ["bash", "--norc", "--noprofile", "-i"]
VTTEST = ["vttest"]


def keys(text, wait=0.12):
    """Turns "j j :q CR" into keystrokes, each with a pause behind it."""
    return [(KEYS.get(k, k), wait) for k in text.split(" ")]


def typed(*lines, wait=0.35):
    return [(line + "\r", wait) for line in lines]


def screens(n):
    return [("\r", 0.12)] * n


# name, columns, rows, program, what is typed and how long to wait after it
PROGRAMS = [
    ("vim", 120, 40, ["vim", "-u", "NONE", "-N", "--cmd", "syntax on", "main.go"],
     keys("50j PGDN PGDN /func CR n n dd p >> u :split CR 20j :vsplit CR G :set SP number CR :set SP hlsearch CR gg ihello ESC :sp SP log.txt CR PGDN PGDN :q! CR :wq CR :qa! CR")),
    ("vim-80", 80, 24, ["vim", "log.txt"], keys("PGDN PGDN PGDN PGUP G gg 40l V 5j d u :%s/INFO/info/g CR :help CR PGDN :qa! CR")),
    ("less", 120, 40, ["less", "-R", "log.txt"], keys("SP SP SP b /WARN CR n n N G g 20j k q")),
    ("less-color", 80, 24, sh("ls -laR --color=always /usr/share/doc | head -800 | less -RS"), keys("SP SP RIGHT RIGHT LEFT /copy CR n q")),
    ("htop", 120, 40, ["htop", "-d", "5"], keys("DOWN DOWN F4 ba ESC F9 ESC t", 0.8) + [("", 3)] + keys("q")),
    ("top", 120, 40, ["top", "-d", "0.5"], [("", 2)] + keys("z c M P 1", 0.6) + [("q", 0.2)]),
    ("mc", 120, 40, ["mc", "-x"], keys("DOWN DOWN TAB DOWN CR TAB F3 PGDN PGDN q F9 RIGHT CR DOWN DOWN ESC ESC", 0.3) + [("", 0.7)] + keys("F10 CR", 0.4)),
    ("nano", 80, 24, ["nano", "README.md"], keys("DOWN DOWN hello CR world UP \x0b \x15 \x17 demo CR PGDN PGUP \x18 n", 0.2)),
    ("dialog", 80, 24, sh("dialog --colors --menu Choose 15 50 5 a Apple b Bread c '\\Z1Cheese' ; dialog --yesno 'Sure?' 8 40; for i in 5 20 40 70 100; do echo $i; sleep 0.1; done | dialog --gauge Loading 8 50; dialog --calendar Day 0 0 1 2 2026; dialog --clear"),
     keys("DOWN DOWN UP CR", 0.3) + keys("TAB CR", 0.3) + [("", 1.0)] + keys("RIGHT DOWN CR", 0.3)),
    ("whiptail", 80, 24, sh("whiptail --checklist Options 15 50 5 a Apple on b Bread off c Cheese on; whiptail --inputbox Name 8 40; whiptail --msgbox done 8 40"),
     keys("SP DOWN SP TAB CR", 0.3) + keys("root TAB CR", 0.3) + keys("CR", 0.3)),
    ("tmux", 120, 40, ["tmux", "-f", "/dev/null", "-L", "r"],
     typed("PS1='$ '", "ls -la --color", "seq 1 100") + keys("\x02 % \x02 \"", 0.3) + typed("seq 1 300", "top -b -n 1 | head -20") +
     keys("\x02 LEFT \x02 z \x02 z \x02 [ PGUP PGUP q \x02 c", 0.3) + typed("vim -u NONE main.go") + keys("20j :q! CR \x02 n \x02 , name CR \x02 d", 0.3)),
    ("screen", 80, 24, ["screen", "-c", "/dev/null", "-S", "r"], keys("CR") + typed("PS1='$ '", "ls -l --color", "seq 1 60") + keys("\x01 c", 0.3) + typed("echo second") + keys("\x01 n \x01 S \x01 TAB \x01 c", 0.3) + keys("\x01 \\ y", 0.4)),
    ("ls-color", 120, 40, sh("ls --color=always -la . ..; ls --color=always -C /usr/share/doc | head -400; tree -C /usr/share/doc | head -200"), []),
    ("ls-links", 120, 40, sh("ls --hyperlink=always --color=always -la /srv/demo; ls --hyperlink=always -C /srv/demo"), []),
    ("grep-color", 120, 40, sh("grep --color=always -n -i 'error\\|warn\\|GET' log.txt | head -400; grep --color=always -rn func ."), []),
    ("git-log", 120, 40, sh("git log --graph --decorate --color=always --stat | head -600"), []),
    ("git-diff", 120, 40, ["git", "-c", "core.pager=less -R", "show", "--color=always", "HEAD~3"], keys("SP SP b /func CR q")),
    ("git-add-p", 80, 24, ["git", "-c", "color.ui=always", "add", "-p"], keys("? CR n CR y CR s CR q CR", 0.3)),
    ("tig", 120, 40, ["tig"], keys("DOWN DOWN CR DOWN DOWN TAB PGDN q q q", 0.3)),
    ("progress", 120, 40, sh("for i in $(seq 0 2 100); do printf '\\r\\033[32m[%-50s]\\033[0m %3d%%' \"$(printf '#%.0s' $(seq 1 $((i/2+1))))\" $i; sleep 0.01; done; echo; "
                             "for i in $(seq 1 30); do printf '\\0337\\033[1;1H\\033[7mstatus %3d\\033[0m\\033[K\\0338line %d of many\\n' $i $i; done; "
                             "tput csr 0 37; tput cup 38 0; printf 'fixed line'; tput cup 36 0; for i in $(seq 1 60); do echo row $i; done; tput csr 0 39"), []),
    ("wide", 80, 24, sh("cat wide.txt; cat wide.txt | tr -d '\\n'"), []),
    ("emoji", 120, 40, ["less", "-R", "emoji.txt"], keys("SP SP b G g q")),
    ("vim-wide", 80, 24, ["vim", "-u", "NONE", "-N", "--cmd", "set encoding=utf-8", "wide.txt"], keys("5j 10l x x P dd p A日本 ESC :set SP nowrap CR 40l PGDN gg :q! CR")),
    ("bat", 120, 40, ["batcat", "--color=always", "--paging=never", "main.go", "README.md"], []),
    ("fzf", 80, 24, sh("seq 1 500 | fzf --ansi --height 100%"), keys("1 2 UP UP DOWN \x08 \x08 CR", 0.3)),
    ("ncdu", 80, 24, ["ncdu", "-x", "/srv"], [("", 1)] + keys("DOWN CR DOWN i i q y", 0.3)),
    ("w3m", 80, 24, ["w3m", "page.html"], keys("DOWN DOWN SP TAB TAB b q y", 0.3)),
    ("lynx", 80, 24, ["lynx", "-nopause", "page.html"], keys("DOWN DOWN SP b / demo CR q y", 0.3)),
    ("man", 80, 24, ["man", "-P", "less -R", "ls"], keys("SP SP b /SORT CR q")),
    ("info", 80, 24, ["info", "bc"], keys("SP DOWN DOWN CR SP u q", 0.3)),
    ("joe", 80, 24, ["joe", "README.md"], keys("DOWN DOWN hi CR \x0bh DOWN \x0bh \x03 y", 0.3)),
    ("emacs", 120, 40, ["emacs", "-nw", "-Q", "main.go"], [("", 1)] + keys("\x0e \x0e \x16 \x16 \x18 2 \x18 o \x16 \x18 1 \x18 \x03", 0.4)),
    ("ranger", 120, 40, ["ranger", "--clean"], [("", 1)] + keys("l j j l j h :q CR", 0.4)),
    ("cmatrix", 80, 24, ["timeout", "2", "cmatrix", "-b", "-u", "3"], [("", 2.2)]),
    ("jq", 120, 40, sh("jq -C . data.json; jq -C -c '.[]' data.json"), []),
    ("zsh", 80, 24, ["zsh", "-f"], typed("PS1='%F{green}%m%f %~ %# '", "ls --color", "autoload -U compinit; compinit -D", "echo *.t") + keys("l s SP TAB TAB \x03", 0.3) + typed("for i in 1 2 3; do echo $i; done", "exit")),
    ("fish", 80, 24, ["fish", "--no-config"], [("", 1)] + typed("ls --color", "echo hello | cat", "for i in (seq 3); echo $i; end", wait=0.5) + keys("l s UP UP \x03", 0.3) + typed("exit")),
    ("vttest-1", 80, 24, VTTEST, [("", 0.5), ("1\r", 0.5)] + screens(12) + [("0\r", 0.3)]),
    ("vttest-2", 80, 24, VTTEST, [("", 0.5), ("2\r", 0.5)] + screens(20) + [("0\r", 0.3)]),
    ("vttest-3", 80, 24, VTTEST, [("", 0.5), ("3\r", 0.3), ("8\r", 0.3)] + screens(4) + [("9\r", 0.3)] + screens(6) + [("0\r", 0.2), ("0\r", 0.3)]),
    ("vttest-8", 80, 24, VTTEST, [("", 0.5), ("8\r", 0.5)] + screens(16) + [("0\r", 0.3)]),
    ("vttest-11", 80, 24, VTTEST, [("", 0.5), ("11\r", 0.3), ("6\r", 0.3), ("2\r", 0.3)] + screens(3) + [("3\r", 0.3)] + screens(3) + [("4\r", 0.3)] + screens(8) +
     [("0\r", 0.2), ("1\r", 0.3), ("2\r", 0.3), ("1\r", 0.3)] + screens(3) + [("0\r", 0.2)] * 4),
    ("long-build", 120, 40, ["python3", "streams.py", "build"], []),
    ("long-colors", 120, 40, ["python3", "streams.py", "colors"], []),
    ("long-unicode", 80, 24, ["python3", "streams.py", "unicode"], []),
    ("long-git", 120, 40, sh("git --no-pager log -p --color=always"), []),
    ("long-shell", 120, 40, BASH, typed(
        "PS1='\\[\\e]133;D\\a\\e]133;A\\a\\e]0;root@nas: \\w\\a\\e[1;32m\\]\\u@nas\\[\\e[0m\\]:\\[\\e[1;34m\\]\\w\\[\\e[0m\\]\\$ \\[\\e]133;B\\a\\]'", "ls -la --color", "cat log.txt", "seq 1 3000",
        "clear", "for i in $(seq 1 200); do printf \"\\e[3%dm%s\\e[0m \" $((i%8)) word$i; done; echo", "cat wide.txt", "cat README.md main.go", "printf '\\e[?1049h\\e[Hinside\\e[?1049l'", "less log.txt") +
     keys("SP SP SP q") + typed("vim -u NONE main.go") + keys("20j ix ESC :q! CR") + typed("git log --color | head -100", "tput setaf 1; echo red; tput sgr0", "echo -n no newline", "head -c 20000 log.txt | tr -d '\\n'", "printf 'tab\\tstops\\there\\n'", "exit")),
    ("long-less", 80, 24, ["less", "log.txt"], keys(" ".join(["SP"] * 60 + ["b"] * 20 + ["j"] * 40 + ["k"] * 20 + ["/ERROR", "CR"] + ["n"] * 20 + ["q"]), 0.05)),
    ("long-vim", 120, 40, ["vim", "-u", "NONE", "-N", "--cmd", "syntax on", "--cmd", "set mouse=a number", "log.txt"], keys(" ".join(["PGDN"] * 60 + ["j"] * 60 + ["PGUP"] * 20 + [":q!", "CR"]), 0.05)),
    ("long-htop", 120, 40, ["htop", "-d", "2"], [("", 8)] + keys("q")),
]


def fill():
    """Makes the folder that the programs run in."""
    rnd = random.Random(1)
    levels = ["DEBUG", "INFO", "INFO", "INFO", "WARN", "ERROR"]
    with open("log.txt", "w") as f:
        for i in range(3000):
            f.write(f"2026-01-02T03:{i // 60 % 60:02}:{i % 60:02}Z {rnd.choice(levels):5} http: request method=GET path=/api/items/{rnd.randrange(10000)} status={rnd.choice([200, 200, 404, 500])} duration={rnd.randrange(500)}ms\n")
    with open("main.go", "w") as f:
        f.write('// Package main is a demonstration.\npackage main\n\nimport (\n\t"fmt"\n\t"os"\n)\n')
        for i in range(80):
            f.write(f'\n// step{i} does the step of that number.\nfunc step{i}(n int) (string, error) {{\n\tif n > {i} {{\n\t\treturn "", fmt.Errorf("step %d: too large: %d", {i}, n)\n\t}}\n\treturn fmt.Sprint(n * {i}), nil\n}}\n')
        f.write('\nfunc main() {\n\tfmt.Fprintln(os.Stdout, "hello")\n}\n')
    with open("README.md", "w") as f:
        f.write("# Demo\n\n" + "\n\n".join("This is a paragraph of the *demo*, with `code`, **bold** words and a [link](https://example.com/%d). " % i * 3 for i in range(30)) + "\n")
    wide = ["日本語のテキストです。漢字とひらがなとカタカナ。", "한국어 텍스트 예시입니다.", "中文文本示例，包含标点符号。", "Ελληνικά, Русский, עברית, العربية", "combining: e\u0301 a\u0300 o\u0308 n\u0303 \u1e9b\u0323",
            "ไทย: สวัสดีครับ ผมชื่อ", "हिन्दी: नमस्ते दुनिया", "emoji: 😀 🎉 👩‍💻 👨‍👩‍👧 🇩🇪 ❤️ ☺️ 🏳️‍🌈 👍🏽", "boxes: ┌─┬─┐ │ │ │ ├─┼─┤ └─┴─┘ ▁▂▃▄▅▆▇█", "full width: ＡＢＣ１２３ half: ｱｲｳ", "zero\u200bwidth\u200djoin\u2060er"]
    with open("wide.txt", "w") as f:
        for i in range(60):
            f.write(wide[i % len(wide)] * (1 + i % 4) + "\n")
    with open("emoji.txt", "w") as f:
        for i in range(0x1F300, 0x1F700, 16):
            f.write(f"{i:x} " + " ".join(chr(i + k) for k in range(16)) + "\n")
        for i in range(0x2600, 0x2800, 16):
            f.write(f"{i:x} " + " ".join(chr(i + k) + "\ufe0f" for k in range(16)) + "\n")
    with open("page.html", "w") as f:
        f.write("<html><head><title>Demo page</title></head><body><h1>Demo</h1>" + "".join(f"<p>Paragraph {i} with a <a href='page.html#{i}'>link {i}</a> and <b>bold</b> text.</p><table border=1><tr><td>{i}</td><td>日本</td></tr></table>" for i in range(30)) + "</body></html>")
    with open("data.json", "w") as f:
        f.write("[" + ",".join(f'{{"id":{i},"name":"item {i}","tags":["a","b"],"ok":{"true" if i % 2 else "null"},"n":{i * 1.5}}}' for i in range(60)) + "]")
    with open("streams.py", "w") as f:
        f.write(STREAMS)
    git = ["git", "-c", "user.name=Demo", "-c", "user.email=demo@example.com"]
    env = dict(os.environ, GIT_AUTHOR_DATE="2026-01-02T03:04:05Z", GIT_COMMITTER_DATE="2026-01-02T03:04:05Z")
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    for i in range(12):
        lines = open("main.go").read().split("\n")
        for _ in range(8):
            k = rnd.randrange(10, len(lines))
            lines[k] = lines[k].replace("step", f"stage{i}_") or "\t// a comment"
        open("main.go", "w").write("\n".join(lines))
        open(f"file{i}.txt", "w").write(f"file {i}\n" * (i + 3))
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "-q", "-m", f"demo: change number {i}\n\nIt has a body too."], check=True, env=env)
    open("main.go", "a").write("\n// one more\n")
    text = open("README.md").read().replace("paragraph of", "paragraph about", 2)
    open("README.md", "w").write(text)


STREAMS = r'''
import random, sys, time
r = random.Random(3)
w = sys.stdout.write
kind = sys.argv[1]
if kind == "build":
    for i in range(2500):
        k = r.randrange(12)
        if k < 7:
            w(f"\x1b[1m[{i*100//2500:3}%]\x1b[0m \x1b[32mBuilding CXX object src/lib/CMakeFiles/demo.dir/module{i}.cpp.o\x1b[0m\n")
        elif k < 9:
            w(f"\x1b[1m/srv/demo/src/module{i}.cpp:{r.randrange(900)}:{r.randrange(80)}: \x1b[35mwarning:\x1b[0m unused variable '\x1b[1mvalue{i}\x1b[0m' [\x1b[35m-Wunused-variable\x1b[0m]\n   {r.randrange(900)} |   int \x1b[35mvalue{i}\x1b[0m = compute_something_long_enough_to_wrap_around_the_line(argument_one, argument_two, argument_three);\n      |       \x1b[35m^~~~~~~\x1b[0m\n")
        elif k < 10:
            for p in range(0, 101, 10):
                w(f"\r  downloading dependency {i} {'=' * (p // 4):25} {p:3}%")
            w("\r\x1b[K")
        elif k < 11:
            w(f"\x1b]0;build {i}\x07\x1b[36m-- Found package {i}\x1b[0m (version \"{r.randrange(9)}.{r.randrange(9)}\")\n")
        else:
            w("\x1b[2K\x1b[1A\x1b[2K\r")
elif kind == "colors":
    for i in range(160):
        for x in range(0, 120, 3):
            w(f"\x1b[48;2;{(x * 2) % 256};{(i * 5) % 256};{(x * i) % 256}m\x1b[38;5;{r.randrange(256)}m{chr(0x2580 + r.randrange(32))}{chr(65 + r.randrange(26))}{chr(97 + r.randrange(26))}")
        w("\x1b[0m\n")
        if i % 20 == 0:
            for a in range(1, 10):
                w(f"\x1b[{a}mattribute {a}\x1b[0m \x1b[4:{a % 6}mstyle\x1b[0m \x1b[58:2::{a * 20}:0:0m\x1b[4mcolored\x1b[0m ")
            w("\n\x1b]4;1;rgb:aa/bb/cc\x07\x1b]10;#ddd\x07\x1b]11;#111111\x07")
    w("\x1b]104\x07")
else:
    ranges = [(0x20, 0x7e), (0xa1, 0x24f), (0x300, 0x36f), (0x400, 0x4ff), (0x900, 0x97f), (0xe01, 0xe3a), (0x1100, 0x11ff), (0x2000, 0x27bf), (0x3040, 0x30ff), (0x4e00, 0x9fff), (0xac00, 0xd7a3), (0xfe00, 0xfe0f), (0xff01, 0xffe6), (0x1f300, 0x1faff), (0x20000, 0x20100), (0xe0100, 0xe01ef)]
    for i in range(1500):
        lo, hi = ranges[r.randrange(len(ranges))]
        w("".join(chr(r.randrange(lo, hi)) for _ in range(r.randrange(60))))
        k = r.randrange(10)
        w("\n" if k < 4 else f"\x1b[{r.randrange(30, 38)}m" if k < 6 else " " if k < 8 else f"\x1b[{r.randrange(1, 25)};{r.randrange(1, 80)}H" if k < 9 else f"\x1b[{r.randrange(3)}K")
'''


def record(name, cols, rows, argv, steps):
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
        env = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "HOME": "/srv/home", "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/usr/games",
               "USER": "root", "LOGNAME": "root", "SHELL": "/bin/bash", "COLORTERM": "truecolor", "TZ": "UTC", "PAGER": "less", "HISTFILE": "/dev/null", "PS1": "$ "}
        try:
            os.execvpe(argv[0], argv, env)
        finally:
            os._exit(127)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
    out = bytearray()

    def read(until):
        """Reads until the time is over, or the program has ended."""
        while (left := until - time.monotonic()) > 0:
            if not select.select([fd], [], [], left)[0]:
                return True
            try:
                data = os.read(fd, 65536)
            except OSError:
                return False
            if not data:
                return False
            out.extend(data)
            for query, answer in ANSWERS:
                for _ in range(data.count(query)):
                    os.write(fd, answer)
        return True

    alive = read(time.monotonic() + 0.6)
    for text, wait in steps:
        if not alive:
            break
        try:
            os.write(fd, text.encode())
        except OSError:
            break
        alive = read(time.monotonic() + wait)
    if alive:
        read(time.monotonic() + (0.7 if steps else 20))
    os.close(fd)
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    os.waitpid(pid, 0)
    return bytes(out)


def main():
    if "RECORD" not in os.environ:
        # Programs that list processes show this one, so its command says little.
        env = dict(os.environ, RECORD=os.path.abspath(sys.argv[1]))
        os.chdir(os.path.dirname(os.path.abspath(__file__)))
        os.execvpe("unshare", ["unshare", "--uts", "--pid", "--mount", "--fork", "--mount-proc", "/usr/bin/python3", "record.py", *sys.argv[2:]], env)
    folder, wanted = os.environ["RECORD"], sys.argv[1:]
    subprocess.run(["hostname", "nas"], check=True)
    out = os.open(folder, os.O_DIRECTORY)
    for at in ("/srv", "/tmp", "/run", "/home", "/root", "/mnt", "/opt"):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "none", at], check=False)
    os.makedirs("/srv/demo")
    os.makedirs("/srv/home")
    os.chdir("/srv/demo")
    fill()
    for name, cols, rows, argv, steps in PROGRAMS:
        if wanted and name not in wanted:
            continue
        data = record(name, cols, rows, argv, steps)
        f = os.open(f"{name}-{cols}x{rows}.gz", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644, dir_fd=out)
        packed = gzip.compress(data, 9, mtime=0)
        os.write(f, packed)
        os.close(f)
        print(f"{name:14} {len(data):8} bytes, {len(packed):7} packed", flush=True)


if __name__ == "__main__":
    main()
