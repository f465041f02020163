"""A seccomp filter as classic BPF: system calls by which a process reaches beyond its sandbox answer EPERM.

Numbers: the kernel's arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h; instructions:
linux/filter.h and linux/seccomp.h.
"""

from __future__ import annotations

import platform
import struct
from dataclasses import dataclass

LOAD, JUMP_EQUAL, JUMP_GREATER_EQUAL, JUMP_SET, ANSWER = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
EPERM, ENOSYS = 1, 38
NUMBER, ARCH, FIRST_ARGUMENT = 0, 4, 16
"""Offsets in struct seccomp_data."""
X32_BIT = 0x40000000
NEW_USER_NAMESPACE = 0x10000000
SHARED = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429,
    "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "mount_setattr": 442,
    "memfd_secret": 447,
}  # fmt: skip


@dataclass(frozen=True)
class Architecture:
    audit: int
    clone: int
    clone3: int
    denied: dict[str, int]


MACHINES = {
    "x86_64": Architecture(0xC000003E, 56, 435, {
        "ptrace": 101, "personality": 135, "pivot_root": 155, "adjtimex": 159, "chroot": 161, "acct": 163,
        "settimeofday": 164, "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168, "reboot": 169,
        "sethostname": 170, "setdomainname": 171, "iopl": 172, "ioperm": 173, "init_module": 175,
        "delete_module": 176, "quotactl": 179, "lookup_dcookie": 212, "clock_settime": 227, "kexec_load": 246,
        "add_key": 248, "request_key": 249, "keyctl": 250, "unshare": 272, "vmsplice": 278, "perf_event_open": 298,
        "name_to_handle_at": 303, "open_by_handle_at": 304, "setns": 308, "process_vm_readv": 310,
        "process_vm_writev": 311, "finit_module": 313, "memfd_create": 319, "kexec_file_load": 320, "bpf": 321,
        "userfaultfd": 323,
    } | SHARED),
    "aarch64": Architecture(0xC00000B7, 220, 435, {
        "lookup_dcookie": 18, "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51, "quotactl": 60,
        "vmsplice": 75, "acct": 89, "personality": 92, "unshare": 97, "kexec_load": 104, "init_module": 105,
        "delete_module": 106, "clock_settime": 112, "ptrace": 117, "reboot": 142, "sethostname": 161,
        "setdomainname": 162, "settimeofday": 170, "adjtimex": 171, "add_key": 217, "request_key": 218,
        "keyctl": 219, "swapon": 224, "swapoff": 225, "perf_event_open": 241, "name_to_handle_at": 264,
        "open_by_handle_at": 265, "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271,
        "finit_module": 273, "memfd_create": 279, "bpf": 280, "userfaultfd": 282, "kexec_file_load": 294,
    } | SHARED),
}  # fmt: skip


def program(machine: str | None = None) -> bytes | None:
    """The filter for this machine, as bubblewrap reads it; None for a machine that it does not know."""
    arch = MACHINES.get(machine or platform.machine())
    if arch is None:
        return None
    code = [
        _op(LOAD, ARCH),
        _op(JUMP_EQUAL, arch.audit, 1, 0),
        _op(ANSWER, KILL),
        _op(LOAD, NUMBER),
        _op(JUMP_GREATER_EQUAL, X32_BIT, 0, 1),
        _op(ANSWER, ERRNO | EPERM),
    ]
    for number in sorted(arch.denied.values()):
        code += [_op(JUMP_EQUAL, number, 0, 1), _op(ANSWER, ERRNO | EPERM)]
    code += [
        _op(JUMP_EQUAL, arch.clone3, 0, 1),
        _op(ANSWER, ERRNO | ENOSYS),  # its flags lie in memory; the C library then falls back to clone
        _op(JUMP_EQUAL, arch.clone, 0, 3),
        _op(LOAD, FIRST_ARGUMENT),
        _op(JUMP_SET, NEW_USER_NAMESPACE, 0, 1),
        _op(ANSWER, ERRNO | EPERM),
        _op(ANSWER, ALLOW),
    ]
    return b"".join(code)


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)
