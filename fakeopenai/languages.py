"""Languages: their codes, the names transcripts call them by, and which one a text is in by its script."""

from __future__ import annotations

import re

_TABLE = """
af:afrikaans ar:arabic az:azerbaijani be:belarusian bg:bulgarian bs:bosnian ca:catalan cs:czech cy:welsh da:danish
de:german el:greek en:english es:spanish et:estonian fa:persian fi:finnish fr:french gl:galician he:hebrew hi:hindi
hr:croatian hu:hungarian hy:armenian id:indonesian is:icelandic it:italian ja:japanese kk:kazakh kn:kannada ko:korean
lt:lithuanian lv:latvian mi:maori mk:macedonian mr:marathi ms:malay ne:nepali nl:dutch no:norwegian pl:polish
pt:portuguese ro:romanian ru:russian sk:slovak sl:slovenian sr:serbian sv:swedish sw:swahili ta:tamil th:thai
tl:tagalog tr:turkish uk:ukrainian ur:urdu vi:vietnamese zh:chinese
"""
NAMES: dict[str, str] = dict(pair.split(":") for pair in _TABLE.split())
"""The languages that transcription supports (speech-to-text guide)."""

_SCRIPTS = {
    "ja": "[\u3040-\u30ff]",
    "ko": "[\uac00-\ud7af]",
    "zh": "[\u4e00-\u9fff]",
    "ru": "[\u0400-\u04ff]",
    "ar": "[\u0600-\u06ff]",
    "he": "[\u0590-\u05ff]",
    "hi": "[\u0900-\u097f]",
    "th": "[\u0e00-\u0e7f]",
    "el": "[\u0370-\u03ff]",
}


def language_of(text: str) -> str:
    """The code of the language that a text's letters suggest; Latin letters count as English."""
    return next((code for code, letters in _SCRIPTS.items() if re.search(letters, text)), "en")
