"""Recordings as YAML that people read: texts of several lines as blocks, everything else as short as it can be."""

from __future__ import annotations

import re
from typing import Any

import yaml

from fakeopenai.rules.yaml12 import CORE
from fakeopenai.wire import Json


class Dumper(yaml.SafeDumper):
    """Quotes what our loader, or one of YAML 1.1, would take for something else than text."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  the same value twice is written twice
        return True


for _name, (_pattern, _first) in CORE.items():
    Dumper.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(f"^(?:{_pattern})$"), _first)


def _text(dumper: Dumper, text: str) -> yaml.ScalarNode:
    style = '"' if _ODD.search(text) else "|" if "\n" in text and text[0] not in " \n" else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_ODD = re.compile("[^\\n -~\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|[\u2028\u2029]|^[ \\n]+$")
"""What YAML takes for line ends, or may not have as it is."""


Dumper.add_representer(str, _text)
Dumper.add_multi_representer(dict, yaml.SafeDumper.represent_dict)
Dumper.add_multi_representer(list, yaml.SafeDumper.represent_list)

WIDE = 1 << 20
"""No line is folded: a changed word changes one line."""


def written(value: Json) -> str:
    """A JSON value, bytes included, as YAML."""
    text: str = yaml.dump(value, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=WIDE)
    return text


def verbatim(value: Json) -> Json:
    """A value whose texts mean themselves, where places in them would be filled in."""
    match value:
        case str():
            return value.replace("{{", "{{ '{{' }}")
        case dict():
            return {name: verbatim(member) for name, member in value.items()}
        case list():
            return [verbatim(member) for member in value]
        case _:
            return value
