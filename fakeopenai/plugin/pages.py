"""The files of snapshots: YAML that people read and review, texts of several lines line by line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from fakeopenai.wire import Json, Object

HEAD = "# The requests of {module}; written by pytest --fakeopenai-update-snapshots.\n"

ENDS = re.compile("[\r\x85\u2028\u2029\ufeff]")


def read(path: Path) -> Object:
    """The snapshots of a file, none if there is no such file."""
    return yaml.safe_load(path.read_text("utf-8")) or {} if path.exists() else {}


def write(path: Path, page: Object) -> None:
    module = f"{path.name.removesuffix('.requests.yaml')}.py"
    path.write_text(HEAD.format(module=module) + text(page), "utf-8")


def text(value: Json) -> str:
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


class _Dumper(yaml.SafeDumper):
    """Writes what stands in two places twice."""

    def ignore_aliases(self, _: Any) -> bool:
        return True


def _scalar(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, _style(text))


def _style(text: str) -> str | None:
    """What YAML takes for the end of a line has to be escaped, unless it is one."""
    if ENDS.search(text):
        return '"'
    return "|" if "\n" in text else None


_Dumper.add_representer(str, _scalar)
