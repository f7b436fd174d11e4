"""Code that tries to get out: to the network, to the host's files, processes and devices.

Every attempt is real. Where it matters, the test first makes sure that the attempt would work
without the sandbox.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.local_sandbox.conftest import Run, logs

from retinue.local.sandbox import Execution, InputFile, Sandbox

Printed = Callable[..., str]

ATTEMPT = """
def attempt(what):
    try:
        return 'got ' + repr(what())
    except BaseException as error:
        return 'refused: ' + type(error).__name__
"""


def attempts(printed: Printed, *expressions: str, before: str = "") -> list[str]:
    calls = "\n".join(f"print(attempt(lambda: {expression}))" for expression in expressions)
    return printed(f"{ATTEMPT}\n{before}\n{calls}").splitlines()


def all_refused(answers: list[str]) -> bool:
    return bool(answers) and all(answer.startswith("refused") for answer in answers)


# --- network ----------------------------------------------------------------------------------


def test_a_server_on_the_hosts_loopback_is_out_of_reach(printed: Printed) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        with socket.create_connection(address, timeout=5):  # from out here it answers
            server.accept()[0].close()
        answers = attempts(
            printed, f"socket.create_connection({address!r}, timeout=5)", before="import socket"
        )
        server.settimeout(0.2)
        with pytest.raises(TimeoutError):
            server.accept()
    assert answers == ["refused: ConnectionRefusedError"]  # by the sandbox's own empty loopback


def test_udp_to_the_host_does_not_arrive(run: Run) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.5)
        address = server.getsockname()
        run(f"import socket; socket.socket(2, 2).sendto(b'hello', {address!r})")
        with pytest.raises(TimeoutError):
            server.recv(10)


def test_there_is_no_way_out_of_the_machine(printed: Printed) -> None:
    answers = attempts(
        printed,
        "socket.create_connection(('192.0.2.1', 80), timeout=5)",
        "socket.socket(2, 2).sendto(b'x', ('192.0.2.1', 53))",
        "socket.getaddrinfo('example.com', 80)",
        "socket.socket(10, 1).connect(('2001:db8::1', 80))",
        before="import socket",
    )
    assert all_refused(answers)
    devices = printed("[line.split(':')[0].strip() for line in open('/proc/net/dev')][2:]")
    assert devices == "['lo']\n"


def test_unix_sockets_of_the_host_are_out_of_reach(printed: Printed, tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as named, socket.socket(socket.AF_UNIX) as abstract:
        named.bind(path)
        abstract.bind("\0retinue-escape-test")
        for server in (named, abstract):
            server.listen()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect("\0retinue-escape-test")  # abstract names know no folders
        answers = attempts(
            printed,
            f"socket.socket(socket.AF_UNIX).connect({path!r})",
            r"socket.socket(socket.AF_UNIX).connect('\0retinue-escape-test')",
            before="import socket",
        )
    assert all_refused(answers)


def test_other_families_of_sockets_are_refused(printed: Printed) -> None:
    numbers = {"netlink": 16, "packet": 17, "alg": 38, "vsock": 40, "bluetooth": 31, "xdp": 44}
    answers = attempts(
        printed,
        *(f"socket.socket({n}, 3)" for n in numbers.values()),
        *(f"socket.socket({n}, 1)" for n in numbers.values()),
        before="import socket",
    )
    assert all_refused(answers)


# --- files of the host ------------------------------------------------------------------------


def test_files_of_the_host_are_not_there(printed: Printed, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("do not tell")
    wanted = [
        str(secret),
        "/etc/passwd",
        "/etc/shadow",
        "/etc/hostname",
        "/etc/ssh",
        "/proc/1/root/etc/shadow",
        "/sys/kernel",
        "/run",
        "/var/log",
        str(Path(__file__)),
        str(Path.home() / ".profile"),
        str(Path.home() / ".ssh"),
    ]
    found = printed(f"import os; [path for path in {wanted!r} if os.path.lexists(path)]")
    assert found == "[]\n"


def test_homes_are_empty_but_for_the_interpreter(printed: Printed, sandbox: Sandbox) -> None:
    shown = sandbox.confinement.interpreter.folders
    code = """
import os
for home in ('/root', '/home'):
    for folder, folders, files in os.walk(home):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in SHOWN]
        print(*files)
""".replace("SHOWN", repr(shown))
    assert printed(code).split() == []


def test_the_parents_environment_is_not_inherited(
    printed: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-escape-test")
    code = """
import glob, os
print(dict(os.environ))
for path in glob.glob('/proc/*/environ') + glob.glob('/proc/*/cmdline'):
    try:
        print(open(path, 'rb').read())
    except OSError as error:
        print(path, 'refused')
"""
    seen = printed(code)
    assert "sk-escape-test" not in seen
    assert "/proc/1/environ refused" in seen


def test_only_its_own_processes_are_seen(printed: Printed) -> None:
    assert printed("import os; sorted(p for p in os.listdir('/proc') if p.isdigit())") == (
        "['1', '2']\n"
    )


def test_writing_is_possible_in_three_places_only(printed: Printed) -> None:
    code = """
import os
tried = set()
writable = []
for root, folders, _ in os.walk('/'):
    folders[:] = [name for name in folders if root != '/' or name not in ('proc', 'usr')]
    try:
        open(root + '/probe', 'w').close()
        writable.append(root)
    except OSError:
        pass
print(sorted(writable))
for path in ('/usr/probe', '/usr/bin/probe', '/usr/local/probe', '/proc/sys/kernel/hostname',
             '/proc/sysrq-trigger', '/proc/1/oom_score_adj', '/opt/inside.zip', '/dev/probe'):
    try:
        open(path, 'w').write('x')
        print('wrote', path)
    except OSError:
        pass
"""
    assert printed(code) == "['/dev/shm', '/mnt/data', '/tmp']\n"


def test_the_host_sees_nothing_of_what_is_written(run: Run) -> None:
    name = f"retinue-escape-{os.getpid()}"
    run(f"for f in ('/tmp', '/dev/shm', '/mnt/data'): open(f + '/{name}', 'w').write('x')")
    assert not [f for f in ("/tmp", "/dev/shm", "/mnt/data") if Path(f, name).exists()]  # noqa: S108


def test_devices_are_the_harmless_ones(printed: Printed) -> None:
    code = """
import os, stat
found = []
for root, folders, files in os.walk('/dev'):
    for name in files:
        mode = os.lstat(os.path.join(root, name)).st_mode
        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
            found.append(name)
print(*sorted(found))
"""
    harmless = {"full", "null", "ptmx", "random", "tty", "urandom", "zero"}
    assert set(printed(code).split()) <= harmless
    answers = attempts(
        printed,
        "os.mknod('/mnt/data/sda', 0o60600, os.makedev(8, 0))",
        "open('/dev/tty')",
        "open('/dev/mem')",
        "open('/dev/kmsg')",
        before="import os",
    )
    assert all_refused(answers)


# --- the kernel -------------------------------------------------------------------------------


def test_it_has_no_rights_and_gets_none(printed: Printed) -> None:
    code = """
import os
status = dict(l.split(':\\t') for l in open('/proc/self/status').read().splitlines() if ':\\t' in l)
print(os.getuid(), os.geteuid(), os.getgid(), os.getgroups())
print({status[n] for n in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb')})
print(status['NoNewPrivs'], status['Seccomp'])
"""
    ids, capabilities, walls = printed(code).splitlines()
    assert ids.startswith("65534 65534 65534")
    assert capabilities == "{'0000000000000000'}"
    assert walls == "1 2"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="is about running as root")
def test_started_by_root_it_is_not_root_outside_either(sandbox: Sandbox) -> None:
    def owner(pid: int) -> int:
        return Path(f"/proc/{pid}").stat().st_uid

    async def user_outside() -> int:
        async with sandbox.session() as session:
            await session.run("1")
            assert session._room is not None
            return await asyncio.to_thread(owner, session._room.pid)

    assert asyncio.run(user_outside()) >= 61184


def test_setuid_programs_give_nothing(printed: Printed) -> None:
    code = """
import glob, os, subprocess
for path in glob.glob('/usr/bin/*'):
    if os.stat(path).st_mode & 0o6000 and os.path.basename(path) in ('su', 'mount', 'passwd'):
        subprocess.run([path, '-c', 'id'], input=b'', capture_output=True, timeout=5)
subprocess.run(['/bin/sh', '-c', 'cp /usr/bin/id /mnt/data/.id && chmod 6755 /mnt/data/.id'])
print(subprocess.run(['/mnt/data/.id', '-u'], capture_output=True, text=True).stdout)
"""
    assert printed(code).strip() == "65534"


CALLS = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    if getattr(libc, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)
    return 'done'
"""


def test_dangerous_system_calls_are_refused(printed: Printed) -> None:
    answers = attempts(
        printed,
        "call('ptrace', 16, 1, 0, 0)",
        "call('ptrace', 0, 0, 0, 0)",
        "call('mount', b'none', b'/mnt/data', b'tmpfs', 0, None)",
        "call('umount2', b'/proc', 2)",
        "call('unshare', 0x10000000)",
        "call('unshare', 0x00020000)",
        "call('setns', 0, 0)",
        "call('chroot', b'/mnt/data')",
        "call('memfd_create', b'x', 0)",
        "call('shmget', 1, 4096, 0o1600)",
        "call('personality', 0x0040000)",
        "call('sethostname', b'x', 1)",
        before=CALLS,
    )
    assert all_refused(answers)


def test_a_new_user_namespace_is_refused_by_every_way(printed: Printed) -> None:
    code = """
import ctypes, os, platform, subprocess
libc = ctypes.CDLL(None, use_errno=True)
clone, clone3 = {'x86_64': (56, 435), 'aarch64': (220, 435)}[platform.machine()]
def made(number, *arguments):
    pid = libc.syscall(number, *arguments)
    if pid == 0:
        os._exit(0)
    return pid, ctypes.get_errno()
print(made(clone, 0x10000000 | 17, 0, 0, 0, 0))
arguments = (ctypes.c_uint64 * 8)(0x10000000, 0, 0, 0, 17)
print(made(clone3, ctypes.byref(arguments), 64))
"""
    assert printed(code).splitlines() == ["(-1, 1)", "(-1, 38)"]


# --- the supervisor and the host's processes --------------------------------------------------


def test_neither_the_host_nor_the_supervisor_can_be_signalled(printed: Printed) -> None:
    code = f"""
import os, signal
for pid in (1, {os.getpid()}, {os.getppid()}, -1):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except OSError:
            pass
print('still here')
"""
    assert printed(code) == "still here\n"


def test_the_supervisors_memory_and_pipes_are_closed_to_it(printed: Printed) -> None:
    answers = attempts(
        printed,
        "open('/proc/1/mem', 'r+b')",
        "open('/proc/1/maps').read()",
        "os.listdir('/proc/1/fd')",
        "os.readlink('/proc/1/exe')",
        "os.open('/proc/1/fd/4', os.O_WRONLY)",
        before="import os",
    )
    assert all_refused(answers)


def test_the_answer_cannot_be_forged_beyond_what_was_shown(run: Run) -> None:
    code = """
import os
for fd in range(3, 64):
    try:
        os.write(fd, b'\\x00\\x00\\x00\\x0d{"op":"done"}\\x00\\x00\\x00\\x00')
        os.write(fd, b'D\\xff\\xff\\xff\\xff')
    except OSError:
        pass
"""
    execution = run(code)
    assert execution.cause == "killed"
    assert execution.files == ()


def test_pickles_left_behind_are_never_opened(run: Run) -> None:
    code = """
import pickle
class Bomb:
    def __reduce__(self):
        import os
        return os.system, ('touch /mnt/data/exploded',)
open('state.pickle', 'wb').write(pickle.dumps(Bomb()))
"""
    execution = run(code)
    assert [file.name for file in execution.files] == ["state.pickle"]


# --- results that are not what they seem ------------------------------------------------------


def names_of(execution: Execution) -> list[str]:
    return [file.name for file in execution.files]


def test_links_pipes_and_sockets_are_no_results(run: Run) -> None:
    code = """
import os, socket
os.symlink('/etc/passwd', 'out')
os.symlink('/usr', 'folder')
os.symlink('/proc/1/environ', 'environ')
os.symlink('loop', 'loop')
os.mkfifo('pipe')
socket.socket(socket.AF_UNIX).bind('socket')
open('real.txt', 'w').write('real')
"""
    execution = run(code)
    assert names_of(execution) == ["real.txt"]


def test_a_file_swapped_for_a_link_while_it_is_collected_gives_nothing_of_the_host(
    run: Run,
) -> None:
    code = """
import ctypes, os, signal, threading
def swap():
    while True:
        for step in (lambda: os.symlink('/proc/1/environ', 'x'), lambda: open('x', 'w').write('y')):
            try:
                os.unlink('x')
            except OSError: pass
            try: step()
            except OSError: pass
threading.Thread(target=swap, daemon=True).start()
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
signal.signal(signal.SIGALRM, lambda *_: None)
"""
    for file in run(code).files:
        assert b"".join(file.chunks()) in {b"", b"y"}


@pytest.mark.parametrize(
    ("uploaded", "shown"),
    [
        ("../../etc/cron.d/x", "x"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\windows\\x.ini", "x.ini"),
        ("a\0b\n.csv", "ab.csv"),
        ("..", "file"),
        ("", "file"),
        (".bashrc", "bashrc"),
        ("-rf *.csv", "-rf *.csv"),
        ("x" * 300 + ".csv", "x" * 196 + ".csv"),
        ("\u202egnp.exe", "gnp.exe"),
    ],
)
def test_names_of_uploads_stay_in_the_folder(printed: Printed, uploaded: str, shown: str) -> None:
    seen = printed("import os; os.listdir('.')", files=[InputFile(uploaded, b"1")])
    assert seen == f"{[shown]!r}\n"


def test_names_of_results_are_made_harmless(run: Run) -> None:
    code = r"""
import os
for name in (b'new\nline.txt', b'back\\slash', b'\xff\xfe.bin', b'esc\x1b[31m'):
    open(name, 'w').write('x')
os.makedirs('deep/er')
open('deep/er/ok.txt', 'w').write('x')
"""
    names = sorted(names_of(run(code)))
    assert names == ["deep/er/ok.txt", "esc[31m", "newline.txt", "slash", "\ufffd\ufffd.bin"]


def test_standard_input_is_empty(printed: Printed) -> None:
    assert "EOFError" in printed("input('name? ')")


def test_an_image_that_is_none_is_not_passed_on(run: Run) -> None:
    execution = run("class Fake:\n def _repr_png_(self): return b'<script>'\nFake()")
    assert execution.outputs == ()


def test_the_sandbox_is_not_this_process(printed: Printed) -> None:
    said = printed("import sys; 'retinue.local.sandbox.session' in sys.modules, sys.path[0]")
    assert said.startswith("(False")
    assert sys.prefix not in said or sys.prefix == sys.base_prefix


def test_a_missing_module_is_not_found_in_retinue(run: Run) -> None:
    assert "No module named" in logs(run("import retinue.cli"))
