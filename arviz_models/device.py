"""The device that models run on: cuda, else mps, else cpu, unless the reader names one."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import torch

_KINDS = ("cuda", "mps", "cpu")  # best first


class DeviceError(RuntimeError):
    """A device was asked for that this machine, or this build of PyTorch, does not have."""


def available_devices() -> tuple[str, ...]:
    """The kinds of device present, best first; "cpu" is always the last."""
    present = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    return tuple(kind for kind in _KINDS if present[kind])


def choose_device(name: str | torch.device | None = None) -> torch.device:
    """The device called `name`, else the one in ARVIZ_DEVICE, else the best one present.

    Args:
        name: "cuda", "cuda:1", "mps" or "cpu", in any case. None or "": look at ARVIZ_DEVICE,
            where unset or empty means the best one.

    Returns:
        The device; a CUDA device always with its index, as tensors report it.

    Raises:
        DeviceError: an unknown name, or a device that is not present.
    """
    asked, where = ("" if name is None else str(name)).strip().lower(), "device"
    if not asked:
        asked, where = os.environ.get("ARVIZ_DEVICE", "").strip().lower(), "ARVIZ_DEVICE"
    present = available_devices()
    if not asked:
        asked = present[0]
    kind, colon, number = asked.partition(":")
    valid_number = number.isdecimal() and number.isascii() if colon else True
    if kind not in _KINDS or not valid_number:
        raise DeviceError(
            f"{where}: got {asked!r}; expected cuda, cuda:N, mps or cpu. "
            f"Present here: {', '.join(present)}."
        )
    index = int(number) if number else None
    count = torch.cuda.device_count() if kind == "cuda" else 1
    if kind not in present or (index or 0) >= count:
        found = f"{count} of kind {kind}, numbered from 0" if kind in present else "none"
        raise DeviceError(
            f"{where}: asked for {asked!r}, found {found}. Present here: {', '.join(present)}. "
            "Ask for one of those, leave the choice open, or install the driver and the build of "
            "PyTorch that your device needs (https://pytorch.org/get-started/locally)."
        )
    if kind == "cuda":
        return torch.device("cuda", torch.cuda.current_device() if index is None else index)
    return torch.device(kind)


def gpus_of(chosen: torch.device) -> tuple[str, ...]:
    """The CUDA devices that may be used where `choose_device` has given that one; () for others.

    All of them, unless ARVIZ_DEVICE names one by its number.
    """
    if chosen.type != "cuda":
        return ()
    if ":" in os.environ.get("ARVIZ_DEVICE", ""):
        return (str(chosen),)
    return tuple(f"cuda:{number}" for number in range(torch.cuda.device_count()))


def describe(device: torch.device) -> str:
    """What a page calls `device`: "cuda: NVIDIA H200" ("cuda:1: ..." of several), "mps", "cpu"."""
    if device.type != "cuda":
        return device.type
    several = torch.cuda.device_count() > 1 and device.index is not None
    return f"{device if several else device.type}: {torch.cuda.get_device_name(device)}"


def free_memory(device: torch.device) -> int | None:
    """Bytes that can still be allocated on `device`, about; None where that cannot be told.

    cuda: what the driver reports. mps: the recommended maximum less what the driver has given to
    this process. cpu: what the system can give without swapping; a container's limit is not seen.
    """
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    if device.type == "mps":
        most, used = torch.mps.recommended_max_memory(), torch.mps.driver_allocated_memory()
        return max(0, int(most) - int(used))
    if device.type == "cpu":
        return _free_main_memory()
    return None


def main_memory(
    meminfo: Path = Path("/proc/meminfo"), limits: Path = Path("/sys/fs/cgroup")
) -> int | None:
    """Bytes of memory that this machine has, or its container may use; None where it is not known.

    Args:
        meminfo, limits: where the kernel says so.
    """
    found = []
    with suppress(OSError, ValueError, IndexError):
        lines = meminfo.read_text().splitlines()
        found += [int(each.split()[1]) * 1024 for each in lines if each.startswith("MemTotal:")]
    for name in ("memory.max", "memory/memory.limit_in_bytes"):  # of cgroups 2 and 1
        with suppress(OSError, ValueError):  # "max" is no limit
            found.append(int((limits / name).read_text()))
    return min(found, default=None)


def _free_main_memory(meminfo: Path = Path("/proc/meminfo")) -> int | None:
    try:
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024  # the file counts in KiB
    except (OSError, ValueError, IndexError):
        pass  # not Linux, or not readable: ask the next source
    try:
        pages, size = os.sysconf("SC_AVPHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None  # Windows has no sysconf, macOS no such name
    return pages * size if pages > 0 and size > 0 else None
