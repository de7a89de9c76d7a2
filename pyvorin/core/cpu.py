"""The processor's level: which instructions generated code may use here.

The operating system's list of features decides, not the processor's name: a virtual machine may hide some, and then code for
the name's full set would die of SIGILL.
"""

from __future__ import annotations

import os

# The names that Linux prints in /proc/cpuinfo (pni is SSE3, abm holds LZCNT) for the levels of the x86-64 psABI.
_V2 = ("cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3")
_V3 = ("abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "xsave")


def level(wanted: str, description: bytes | None = None) -> str | None:
    """What to generate code for when the setting `cpu` says `wanted` ("v2", "v3" or "native").

    "x86-64-v3", where the processor lacks it "x86-64-v2", and None where it lacks that too.  "native-" is followed by a digest
    of the processor's identity and features, so that such code is only used where all of it can run.
    description: the text of /proc/cpuinfo; None: read it.
    """
    names = _entry(_read() if description is None else description)
    flags = names.get("flags", "").split()
    if not all(flag in flags for flag in _V2):
        return None
    if wanted == "native":
        from _blake2 import blake2b

        identity = [names.get(name, "") for name in ("vendor_id", "cpu family", "model")] + sorted(flags)
        return "native-" + blake2b("\n".join(identity).encode(), digest_size=8).hexdigest()
    if wanted == "v3" and all(flag in flags for flag in _V3):
        return "x86-64-v3"
    return "x86-64-v2"


def _entry(description: bytes) -> dict[str, str]:
    first = description.partition(b"\n\n")[0].decode("ascii", "replace")
    pairs = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _read() -> bytes:
    """The first processor's entry.  Reading all of a large machine's takes milliseconds; the kernel makes it as it is read."""
    try:
        fd = os.open("/proc/cpuinfo", os.O_RDONLY | os.O_CLOEXEC)
    except Exception:  # an OSError, or whatever an audit hook of the program raises
        return b""
    try:
        content = b""
        while b"\n\n" not in content:
            more = os.read(fd, 4096)
            if not more:
                break
            content += more
        return content
    except OSError:
        return b""
    finally:
        os.close(fd)
