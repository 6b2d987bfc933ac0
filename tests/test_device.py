"""Which device is chosen, what it is called, and what is said when it is not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from arviz_models import device
from arviz_models.device import (
    DeviceError,
    available_devices,
    choose_device,
    describe,
    free_memory,
    gpus_of,
    main_memory,
)


@pytest.fixture(autouse=True)
def without_a_choice_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARVIZ_DEVICE", raising=False)


def pretend(monkeypatch: pytest.MonkeyPatch, cuda: int = 0, mps: bool = False) -> None:
    """Let PyTorch report `cuda` CUDA devices, and Apple's or not."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "NVIDIA Test 1")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("cuda", "mps", "best", "present"),
    [
        (1, True, "cuda:0", ("cuda", "mps", "cpu")),
        (1, False, "cuda:0", ("cuda", "cpu")),
        (0, True, "mps", ("mps", "cpu")),
        (0, False, "cpu", ("cpu",)),
    ],
)
def test_cuda_comes_before_mps_before_cpu(
    monkeypatch: pytest.MonkeyPatch, cuda: int, mps: bool, best: str, present: tuple[str, ...]
) -> None:
    pretend(monkeypatch, cuda, mps)
    assert available_devices() == present
    assert choose_device() == torch.device(best)


def test_all_gpus_train_unless_one_or_another_device_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pretend(monkeypatch, cuda=2)
    assert gpus_of(choose_device()) == ("cuda:0", "cuda:1")
    monkeypatch.setenv("ARVIZ_DEVICE", "cuda:1")
    assert gpus_of(choose_device()) == ("cuda:1",)
    monkeypatch.setenv("ARVIZ_DEVICE", "cpu")
    assert gpus_of(choose_device()) == ()


def test_the_environment_comes_before_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, cuda=1, mps=True)
    monkeypatch.setenv("ARVIZ_DEVICE", "mps")
    assert choose_device() == torch.device("mps")


def test_the_argument_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, cuda=1, mps=True)
    monkeypatch.setenv("ARVIZ_DEVICE", "no such device")
    assert choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_name_leaves_the_choice_open(monkeypatch: pytest.MonkeyPatch, empty: str) -> None:
    pretend(monkeypatch)
    monkeypatch.setenv("ARVIZ_DEVICE", empty)
    assert choose_device(empty) == torch.device("cpu")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("CPU", "cpu"),
        (" cpu ", "cpu"),
        ("cpu:0", "cpu"),
        ("cuda", "cuda:0"),
        ("cuda:1", "cuda:1"),
        ("mps:0", "mps"),
        (torch.device("cuda", 1), "cuda:1"),
    ],
)
def test_names_of_devices(
    monkeypatch: pytest.MonkeyPatch, name: str | torch.device, expected: str
) -> None:
    pretend(monkeypatch, cuda=2, mps=True)
    assert choose_device(name) == torch.device(expected)


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "mps"])
def test_a_device_that_is_not_there_is_refused_with_what_is(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    pretend(monkeypatch)
    with pytest.raises(DeviceError) as caught:
        choose_device(name)
    assert f"device: asked for {name!r}, found none." in str(caught.value)
    assert "Present here: cpu." in str(caught.value)
    assert "pytorch.org" in str(caught.value)


def test_a_device_beyond_the_last_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, cuda=2)
    with pytest.raises(DeviceError, match=r"asked for 'cuda:2', found 2 of kind cuda.*cuda, cpu"):
        choose_device("cuda:2")


def test_an_error_from_the_environment_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch)
    monkeypatch.setenv("ARVIZ_DEVICE", "gpu")
    with pytest.raises(DeviceError, match="ARVIZ_DEVICE: got 'gpu'; expected cuda, cuda:N, mps or"):
        choose_device()


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:²", "cpu:1:2", "meta"])
def test_an_unknown_name_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    pretend(monkeypatch, cuda=1)
    with pytest.raises(DeviceError, match="expected cuda, cuda:N, mps or cpu"):
        choose_device(name)


@given(st.text())
def test_any_name_gives_a_device_that_is_there_or_a_device_error(name: str) -> None:
    try:
        chosen = choose_device(name)
    except DeviceError:
        return
    assert chosen.type in available_devices()


def test_a_device_error_is_a_runtime_error() -> None:
    assert issubclass(DeviceError, RuntimeError)


@pytest.mark.parametrize(
    ("count", "name", "expected"),
    [
        (1, "cuda:0", "cuda: NVIDIA Test 1"),
        (2, "cuda:1", "cuda:1: NVIDIA Test 1"),
        (2, "cuda", "cuda: NVIDIA Test 1"),
        (0, "mps", "mps"),
        (0, "cpu", "cpu"),
    ],
)
def test_what_a_device_is_called(
    monkeypatch: pytest.MonkeyPatch, count: int, name: str, expected: str
) -> None:
    pretend(monkeypatch, cuda=count)
    assert describe(torch.device(name)) == expected


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="needs /proc/meminfo (Linux)")
def test_free_main_memory_is_positive_and_less_than_the_machine_has() -> None:
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    free = free_memory(torch.device("cpu"))
    assert free is not None
    assert 0 < free <= total


def test_meminfo_counts_in_kib(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:  4000 kB\nMemFree:  1 kB\nMemAvailable:  3000 kB\n")
    assert device._free_main_memory(meminfo) == 3000 * 1024


@pytest.mark.parametrize("text", ["", "MemAvailable:\n", "MemAvailable: many kB\n"])
def test_without_a_usable_meminfo_the_system_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text(text)
    answers = {"SC_AVPHYS_PAGES": 10, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(os, "sysconf", answers.__getitem__, raising=False)
    assert device._free_main_memory(meminfo) == 40960


def test_free_main_memory_is_none_where_nothing_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sysconf", raising=False)
    assert device._free_main_memory(tmp_path / "missing") is None


def test_free_cuda_memory_is_what_the_driver_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (123, 456))
    assert free_memory(torch.device("cuda:0")) == 123


@pytest.mark.parametrize(("most", "used", "free"), [(100, 30, 70), (100, 130, 0)])
def test_free_mps_memory_is_the_recommended_maximum_less_what_is_used(
    monkeypatch: pytest.MonkeyPatch, most: int, used: int, free: int
) -> None:
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: most)
    monkeypatch.setattr(torch.mps, "driver_allocated_memory", lambda: used)
    assert free_memory(torch.device("mps")) == free


def test_free_memory_of_another_kind_of_device_is_unknown() -> None:
    assert free_memory(torch.device("meta")) is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_real_cuda_device_is_chosen_named_and_measured() -> None:
    chosen = choose_device()
    free = free_memory(chosen)
    assert torch.zeros(1, device=chosen).device == chosen
    assert describe(chosen).startswith("cuda")
    assert free is not None
    assert 0 < free <= torch.cuda.get_device_properties(chosen).total_memory


def test_the_memory_is_that_of_the_machine_or_the_limit_of_its_container(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:  2048 kB\nMemFree: 1 kB\n")
    assert main_memory(meminfo, tmp_path) == 2048 * 1024
    (tmp_path / "memory.max").write_text("max\n")
    assert main_memory(meminfo, tmp_path) == 2048 * 1024
    (tmp_path / "memory.max").write_text("1000000\n")
    assert main_memory(meminfo, tmp_path) == 1_000_000
    assert main_memory(tmp_path / "none", tmp_path / "none") is None
