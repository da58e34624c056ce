"""Translations: Chinese is written in the source, English lives in `locale/en/<screen>.po`.

`python -m xinfeng.console.catalogue` adds what is new to the right `.po` (named after the folder of the screen,
`frame.po` for everything else) and compiles them all into `locale/en/LC_MESSAGES/django.mo`. It needs no GNU
gettext. A test fails while a text has no English, or the compiled file is older than its sources.
"""

from __future__ import annotations

import ast
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "locale" / "en"
COMPILED = SOURCES / "LC_MESSAGES" / "django.mo"
HEADER = (
    "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\nLanguage: en\n"
    "Plural-Forms: nplurals=2; plural=(n != 1);\n"
)

PYTHON_CALLS = {"_": 1, "gettext": 1, "gettext_lazy": 1, "ngettext": 2, "ngettext_lazy": 2}
TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.S)
STRING = r'"((?:[^"\\]|\\.)*)"'
TRANSLATE = re.compile(r"\{%\s*(?:translate|trans)\s+" + STRING)
MARKED = re.compile(r"_\(" + STRING + r"\)")
BLOCK = re.compile(
    r"\{%\s*blocktrans(?:late)?(?P<args>.*?)%\}(?P<body>.*?)\{%\s*endblocktrans(?:late)?\s*%\}", re.S
)
PLURAL = re.compile(r"\{%\s*plural\s*%\}")
VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
LITERAL = re.compile(STRING)


class Text(NamedTuple):
    """A text to translate; `plural` is empty unless it counts something."""

    one: str
    plural: str = ""


@dataclass(frozen=True)
class Found:
    """A text and the screen it was found on."""

    text: Text
    screen: str


def texts() -> Iterator[Found]:
    """Every text marked for translation in templates and Python files of the console."""
    for file in sorted(HERE.rglob("*.html")):
        inside = file.relative_to(HERE / "templates")
        for text in in_template(file.read_text()):
            yield Found(text, _screen(inside))
    for file in sorted(HERE.rglob("*.py")):
        for text in in_python(file.read_text()):
            yield Found(text, _screen(file.relative_to(HERE)))


def in_template(source: str) -> Iterator[Text]:
    """`{% translate %}`, `_("…")` inside tags, and `{% blocktranslate %}` with and without plural."""
    for block in BLOCK.finditer(source):
        trimmed = bool(re.search(r"\btrimmed\b", block["args"]))
        forms = [_as_percent(part, trimmed=trimmed) for part in PLURAL.split(block["body"])]
        yield Text(forms[0], forms[1] if len(forms) > 1 else "")
    for tag in TAG.findall(source):
        for match in (*TRANSLATE.finditer(tag), *MARKED.finditer(tag)):
            yield Text(_unescape(match[1]))


def in_python(source: str) -> Iterator[Text]:
    """Calls of gettext and its kin with constant strings."""
    for node in ast.walk(ast.parse(source)):
        if not (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PYTHON_CALLS
        ):
            continue
        wanted = node.args[: PYTHON_CALLS[node.func.id]]
        strings = [
            one.value for one in wanted if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        if strings and len(strings) == PYTHON_CALLS[node.func.id]:
            yield Text(*strings)


def read_po(source: str) -> dict[Text, tuple[str, ...]]:
    """The entries of a `.po` file: text → its translations (one, or one for each plural form)."""
    entries: dict[Text, tuple[str, ...]] = {}
    for block in re.split(r"\n\s*\n", source):
        fields: dict[str, str] = {}
        key = ""
        for line in block.splitlines():
            if not line.strip() or line.startswith("#"):
                continue
            match = re.match(r"(msgid_plural|msgid|msgstr(?:\[\d\])?)\s+(?=\")", line)
            key = match[1] if match else key
            fields[key] = fields.get(key, "") + "".join(_unescape(part) for part in LITERAL.findall(line))
        if fields.get("msgid"):
            text = Text(fields["msgid"], fields.get("msgid_plural", ""))
            entries[text] = tuple(fields[name] for name in sorted(fields) if name.startswith("msgstr"))
    return entries


def write_po(entries: dict[Text, tuple[str, ...]]) -> str:
    """The opposite of `read_po`, sorted, so that differences stay small."""
    blocks = [f'msgid ""\nmsgstr {_quote(HEADER)}']
    for text, forms in sorted(entries.items()):
        if text.plural:
            strings = "\n".join(f"msgstr[{index}] {_quote(form)}" for index, form in enumerate(forms))
            blocks.append(f"msgid {_quote(text.one)}\nmsgid_plural {_quote(text.plural)}\n{strings}")
        else:
            blocks.append(f"msgid {_quote(text.one)}\nmsgstr {_quote(forms[0])}")
    return "\n\n".join(blocks) + "\n"


def sources() -> dict[str, dict[Text, tuple[str, ...]]]:
    """Every `.po` file by its screen."""
    return {file.stem: read_po(file.read_text()) for file in sorted(SOURCES.glob("*.po"))}


def compile_mo(catalogues: dict[str, dict[Text, tuple[str, ...]]]) -> bytes:
    """All catalogues as one GNU `.mo` file (little endian, sorted by id; the format gettext reads)."""
    pairs = {b"": HEADER.encode()}
    for entries in catalogues.values():
        for text, forms in entries.items():
            if all(forms):
                key = text.one + (f"\0{text.plural}" if text.plural else "")
                pairs[key.encode()] = "\0".join(forms).encode()
    items = sorted(pairs.items())
    start = 28 + 16 * len(items)
    table_ids, table_texts = [], []
    data = b""
    for ident, _unused in items:
        table_ids.append((len(ident), start + len(data)))
        data += ident + b"\0"
    for _unused, sealed in items:
        table_texts.append((len(sealed), start + len(data)))
        data += sealed + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(items), 28, 28 + 8 * len(items), 0, start)
    rows = b"".join(struct.pack("<2I", *row) for row in (*table_ids, *table_texts))
    return head + rows + data


def update() -> list[Found]:
    """Add new texts to their `.po`, compile everything, and return what still lacks English."""
    catalogues = sources()
    known = {text for entries in catalogues.values() for text in entries}
    for found in texts():
        if found.text not in known:
            forms = ("", "") if found.text.plural else ("",)
            catalogues.setdefault(found.screen, {})[found.text] = forms
            known.add(found.text)
    for screen, entries in catalogues.items():
        (SOURCES / f"{screen}.po").write_text(write_po(entries))
    COMPILED.parent.mkdir(parents=True, exist_ok=True)
    COMPILED.write_bytes(compile_mo(catalogues))
    return missing(catalogues)


def missing(catalogues: dict[str, dict[Text, tuple[str, ...]]]) -> list[Found]:
    """Texts in use without an English translation."""
    translated = {
        text for entries in catalogues.values() for text, forms in entries.items() if forms and all(forms)
    }
    return [found for found in texts() if found.text not in translated]


def _screen(inside: Path) -> str:
    first = inside.parts[0]
    shared = len(inside.parts) == 1 or first in ("frame", "components", "errors", "templatetags", "style")
    return "frame" if shared else first


def _as_percent(body: str, *, trimmed: bool) -> str:
    body = body.replace("%", "%%")
    body = VARIABLE.sub(r"%(\1)s", body)
    return " ".join(line.strip() for line in body.strip().splitlines()) if trimmed else body


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: {"n": "\n", "t": "\t"}.get(match[1], match[1]), text)


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


if __name__ == "__main__":
    import sys

    lacking = update()
    for one in lacking:
        sys.stdout.write(f"{one.screen}: {one.text.one}\n")
    sys.exit(1 if lacking else 0)
