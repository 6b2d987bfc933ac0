"""The static export: what it writes, and what it does not write over."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from arviz_models.__main__ import main
from pages.export_site import MODELS, export

PAGES = {"index.html", *(f"{slug}.html" for slug in MODELS)}
ADDRESS = re.compile(r'(?:href|src)="([^"]*)"|url\("([^"]*)"\)|from\s+"([^"]*)"')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "new" / "folder"
    export(folder)
    return folder


def test_the_command_writes_one_page_for_each_model_and_an_index(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export-site", str(tmp_path / "site")]) == 0
    assert {path.name for path in (tmp_path / "site").glob("*.html")} == PAGES
    assert str(tmp_path / "site") in capsys.readouterr().out


def test_every_address_in_a_file_is_relative_and_leads_to_a_file(site: Path) -> None:
    found = 0
    for path in site.rglob("*"):
        if path.suffix not in (".html", ".css", ".js"):
            continue
        for groups in ADDRESS.findall(path.read_text("utf-8")):
            address = "".join(groups)
            if not address or address.startswith("data:") or "..." in address:
                continue  # what a comment shows as an example
            assert not re.match(r"[a-z]+:|/", address), f"{path.name}: {address}"
            assert (path.parent / address).is_file(), f"{path.name}: {address}"
            found += 1
    assert found > 50


def test_a_second_export_leaves_nothing_of_the_first(site: Path) -> None:
    before = sorted(site.rglob("*"))
    (stale,) = site.glob("assets-*")
    (stale / "old.js").write_text("old", "utf-8")
    export(site)
    assert sorted(site.rglob("*")) == before


def test_a_folder_with_other_files_is_refused_and_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "index.html").write_text("my course", "utf-8")
    assert main(["export-site", str(tmp_path)]) == 2
    assert "did not write (index.html)" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]
    assert (tmp_path / "index.html").read_text("utf-8") == "my course"


def test_a_file_added_to_an_export_is_not_written_over(site: Path) -> None:
    (site / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(ValueError, match=r"did not write \(notes.txt\)"):
        export(site)
    (site / "notes.txt").unlink()


def test_the_name_of_a_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "site").write_text("", "utf-8")
    assert main(["export-site", str(tmp_path / "site")]) == 2
    assert "is a file" in capsys.readouterr().err


def test_without_the_pages_the_command_says_where_it_is_to_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr("arviz_models.__main__.import_module", missing)
    assert main(["export-site", str(tmp_path / "site")]) == 2
    assert "run it in the folder of ARViz" in capsys.readouterr().err
