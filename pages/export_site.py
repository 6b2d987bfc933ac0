"""Static pages of the models that draw in the browser, for a course page without Python.

`python -m arviz_models export-site DIR` calls `export`. A folder that it has written opens from any
file server, below any path: every address in it is relative, and nothing is fetched from elsewhere.

    DIR/index.html, nade.html, pixelcnn.html, row-lstm.html, diagonal-bilstm.html
    DIR/assets-HASH/   engine, weights, modules, style sheets, fonts; HASH is that of their content,
                       so that no browser mixes the files of two exports
"""

from __future__ import annotations

import hashlib
import html
import json
import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Template
from typing import Any

from arviz_models.analysis.digit_strip import digit_strip
from arviz_models.cards import FOLDER, read_card
from arviz_models.data import load_dataset
from arviz_models.figures.palette import colours
from pages import LESSONS
from pages.ui import engine
from pages.ui.components import style

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "pages"
SITE = PAGES / "site"
MODELS = {
    "nade": "nade-mnist",
    "pixelcnn": "pixelcnn-mnist",
    "row-lstm": "row-lstm-mnist",
    "diagonal-bilstm": "diagonal-bilstm-mnist",
}
"""Checkpoint of each page, by the slug of its lesson."""

MARK = "ARViz export-site"  # in every page that is written
FIRST_DIGIT = 45  # in the test split; the ten that a drawing may begin with are found from there
_IMPORT = re.compile(r'from\s+"(\.[\w./]*\.js)"')
_FOOTER = (
    "Computed in your browser, from weights that were trained with ARViz. Test NLL: mean of "
    "−log p(x) of test images, in nats; lower is better. MNIST is by Yann LeCun and Corinna "
    "Cortes, CC BY-SA 3.0; the typefaces are IBM Plex, under the "
    '<a href="$assets/fonts/OFL.txt">SIL Open Font License</a>.'
)


def export(folder: Path) -> list[Path]:
    """Write the pages into a folder.

    Args:
        folder: is made where it is not there. What an earlier export wrote there is replaced.

    Returns:
        the files.

    Raises:
        ValueError: the folder is a file, or holds something that no export wrote.
    """
    _require_ours(folder)
    files = dict(_assets())
    found = hashlib.sha256()
    for name in sorted(files):
        found.update(name.encode() + b"\0" + files[name])
    assets = f"assets-{found.hexdigest()[:12]}"
    written = {f"{assets}/{name}": content for name, content in files.items()}
    written |= {name: text.encode() for name, text in _pages(assets).items()}
    folder.mkdir(parents=True, exist_ok=True)
    for earlier in folder.glob("assets-*"):
        shutil.rmtree(earlier)
    for name, content in written.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return [folder / name for name in sorted(written)]


def _require_ours(folder: Path) -> None:
    """Nothing of anybody else's is written over, or deleted."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file; export-site needs the name of a folder")
    ours = re.compile(r"index\.html|assets-[0-9a-f]{12}|" + "|".join(f"{s}.html" for s in MODELS))
    there = sorted(folder.iterdir()) if folder.is_dir() else []
    index = folder / "index.html"
    marked = index.is_file() and MARK in index.read_text("utf-8", errors="replace")
    others = [path.name for path in there if not (marked and ours.fullmatch(path.name))]
    if others:
        raise ValueError(
            f"{folder} holds files that export-site did not write ({', '.join(others[:3])}); "
            "choose an empty folder, or a new one"
        )


# --- the pages ------------------------------------------------------------------------------------


def _pages(assets: str) -> dict[str, str]:
    """Every HTML file, by its name."""
    lessons = {lesson.slug: lesson for lesson in LESSONS if lesson.slug in MODELS}
    facts = {slug: _facts(name) for slug, name in MODELS.items()}
    footer = Template(_FOOTER).substitute(assets=assets)

    def links(current: str) -> str:
        entries = [("index", "ARViz"), *((slug, lessons[slug].title) for slug in MODELS)]
        here = {current: ' aria-current="page"'}
        return " ".join(
            f'<a href="{slug}.html"{here.get(slug, "")}>{html.escape(title)}</a>'
            for slug, title in entries
        )

    models = "".join(
        f'<li><a href="{slug}.html">{html.escape(lessons[slug].title)}</a><br>'
        f"{html.escape(lessons[slug].idea)}<br>"
        f'<span class="quiet">{facts[slug]}</span></li>'
        for slug in MODELS
    )
    template = Template((SITE / "site_index.html").read_text("utf-8"))
    fields = {"assets": assets, "footer": footer}
    found = {"index.html": template.substitute(fields, links=links("index"), models=models)}
    template = Template((SITE / "site_page.html").read_text("utf-8"))
    for slug, name in MODELS.items():
        model = json.dumps(_model(name, lessons[slug].title, assets)).replace("<", "\\u003c")
        found[f"{slug}.html"] = template.substitute(
            fields,
            links=links(slug),
            title=html.escape(lessons[slug].title),
            idea=html.escape(lessons[slug].idea),
            facts=facts[slug],
            model=model,
        )
    return found


def _facts(name: str) -> str:
    """What the card says of the checkpoint."""
    card = read_card(name)
    return (
        f"{card['parameters']:,} parameters, trained on {html.escape(card['data'])}; "
        f"test NLL {card['test_nll']:.2f} nats there."
    )


def _model(name: str, title: str, assets: str) -> dict[str, Any]:
    """What site.js takes: `SiteModel` of site_values.js."""
    config = read_card(name)["config"]
    _, rows, columns = config["event_shape"]
    return {
        "name": name,
        "title": title,
        "rows": rows,
        "columns": columns,
        "levels": config["levels"],
        "offer": {
            "name": name,
            "client": f"{assets}/engine/client.js",
            "worker": f"{assets}/engine/worker.js",
            "card": f"{assets}/checkpoints/{name}.json",
        },
        "digits": _digits(),
        "palette": {ground: colours(ground) for ground in ("light", "dark")},
    }


def _digits() -> list[str]:
    """Ten test digits, 0 to 9, each as a text of 0 and 1."""
    images = digit_strip(load_dataset("mnist_binary"), FIRST_DIGIT)["images"]
    return ["".join(map(str, image.ravel())) for image in images]


# --- all else -------------------------------------------------------------------------------------


def _assets() -> Iterator[tuple[str, bytes]]:
    """Names and contents of the files that the pages use."""
    for name in engine.ENTRIES:
        yield f"engine/{name}", engine.modules()[name]
    for name in MODELS.values():
        for suffix in ("json", "safetensors"):
            yield f"checkpoints/{name}.{suffix}", (FOLDER / f"{name}.{suffix}").read_bytes()
    for path in sorted(_modules(SITE / "site.js")):
        yield path.relative_to(PAGES).as_posix(), path.read_bytes()
    for path in sorted((PAGES / "static" / "fonts").iterdir()):
        yield f"fonts/{path.name}", path.read_bytes()
    yield "icon.svg", (PAGES / "static" / "icon.svg").read_bytes()
    yield "views.css", style(SITE / "site_views.css").encode()
    yield "page.css", (_theme() + style(SITE / "site_page.css")).encode()


def _modules(main: Path) -> set[Path]:
    """A JavaScript module and all that it imports."""
    found, waiting = set(), [main]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            imported = _IMPORT.findall(path.read_text("utf-8"))
            waiting += [(path.parent / each).resolve() for each in imported]
    return found


def _theme() -> str:
    """Fonts and colours of the app, from Streamlit's settings, as a style sheet."""
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
    faces = "".join(map(_font_face, theme["fontFaces"]))
    fonts = {
        "--st-font": theme["font"],
        "--st-code-font": theme["codeFont"],
        "--st-base-radius": theme["baseRadius"],
    }
    light, dark = (_variables(_colour_names(theme[ground])) for ground in ("light", "dark"))
    return (
        f"{faces}:root {{ color-scheme: light dark; {_variables(fonts)} {light} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
    )


def _font_face(face: Mapping[str, str]) -> str:
    kind = {"font-style": face["style"]} if "style" in face else {}
    words = {
        "font-family": f'"{face["family"]}"',
        "src": f'url("fonts/{Path(face["url"]).name}") format("woff2")',
        "font-weight": face["weight"],
        "font-display": "swap",
        "unicode-range": face["unicodeRange"],
    } | kind
    return f"@font-face {{ {_variables(words)} }}\n"


def _colour_names(ground: Mapping[str, Any]) -> dict[str, str]:
    """primaryColor -> --st-primary-color, as Streamlit names them for its components."""
    return {
        "--st-" + re.sub("[A-Z]", lambda letter: f"-{letter[0].lower()}", name): value
        for name, value in ground.items()
        if isinstance(value, str)
    }


def _variables(values: Mapping[str, str]) -> str:
    return " ".join(f"{name}: {value};" for name, value in values.items())
