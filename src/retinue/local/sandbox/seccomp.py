"""The filter of system calls: a small program for the kernel, built here without a library.

It is the second wall. Namespaces take away what there is to see; this takes away calls that have
no use in a notebook but a record of kernel bugs, memory that no limit counts, and families of
sockets that a network namespace does not hold (a virtual machine's vsock to its host).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_EPERM, _ENOSYS = 1, 38
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data; arguments are 8 bytes each
_X32 = 0x40000000

# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET.
_NEW_NAMESPACE = 0x7E020000
_SOCKETS = (1, 2, 10)  # unix, IPv4, IPv6
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C

# Refused with EPERM. Columns: the call's number on x86-64 and on arm64 (None: not there).
_REFUSED: dict[str, tuple[int, int | None]] = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioperm": (173, None),
    "iopl": (172, None),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "lookup_dcookie": (212, 18),
    "mbind": (237, 235),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "migrate_pages": (256, 238),
    "modify_ldt": (154, None),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "name_to_handle_at": (303, 264),
    "nfsservctl": (180, 42),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_madvise": (440, 440),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "semget": (64, 190),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "shmat": (30, 196),
    "shmget": (29, 194),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "uselib": (134, None),
    "vhangup": (153, 58),
}


@dataclass(frozen=True, slots=True)
class _Processor:
    audit: int
    column: int
    clone: int
    clone3: int
    sockets: tuple[int, int]  # socket and socketpair
    ioctl: int


_PROCESSORS = {
    "x86_64": _Processor(0xC000003E, 0, clone=56, clone3=435, sockets=(41, 53), ioctl=16),
    "aarch64": _Processor(0xC00000B7, 1, clone=220, clone3=435, sockets=(198, 199), ioctl=29),
}
_PROCESSORS["arm64"] = _PROCESSORS["aarch64"]


def program(machine: str) -> bytes | None:
    """The filter for a processor, as ``platform.machine`` names it; None where we have none."""
    processor = _PROCESSORS.get(machine)
    return None if processor is None else b"".join(_instructions(processor))


def _instructions(processor: _Processor) -> Iterator[bytes]:
    yield _op(_LOAD, _ARCH)
    yield _op(_EQUAL, processor.audit, yes=1)
    yield _op(_RETURN, _KILL)  # 32-bit calls have other numbers: there is no reason for them
    yield _op(_LOAD, _NUMBER)
    if processor.column == 0:
        yield from _when(_AT_LEAST, _X32, _ERRNO | _ENOSYS)
    for numbers in _REFUSED.values():
        number = numbers[processor.column]
        if number is not None:
            yield from _when(_EQUAL, number, _ERRNO | _EPERM)
    yield from _when(_EQUAL, processor.clone3, _ERRNO | _ENOSYS)  # its flags can't be read here
    yield from _by_argument(processor.clone, 0, [*_when(_ANY_BIT, _NEW_NAMESPACE, _ERRNO | _EPERM)])
    yield from _by_argument(processor.ioctl, 1, _refusing(_TIOCSTI, _TIOCLINUX))
    for number in processor.sockets:
        yield from _by_argument(number, 0, _allowing_only(*_SOCKETS))
    yield _op(_RETURN, _ALLOW)


def _op(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)


def _when(test: int, value: int, verdict: int) -> Iterator[bytes]:
    yield _op(test, value, no=1)
    yield _op(_RETURN, verdict)


def _by_argument(number: int, position: int, decision: list[bytes]) -> Iterator[bytes]:
    """For one call: look at the low half of an argument, decide, allow what is left."""
    yield _op(_EQUAL, number, no=len(decision) + 2)
    yield _op(_LOAD, _ARGUMENT + 8 * position)
    yield from decision
    yield _op(_RETURN, _ALLOW)


def _refusing(*values: int) -> list[bytes]:
    return [op for value in values for op in _when(_EQUAL, value, _ERRNO | _EPERM)]


def _allowing_only(*values: int) -> list[bytes]:
    allowed = [op for value in values for op in _when(_EQUAL, value, _ALLOW)]
    return [*allowed, _op(_RETURN, _ERRNO | _EPERM)]
