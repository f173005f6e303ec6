"""Languages: their codes, the names transcripts call them by, and which one a text is in, by its script or words."""

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


_COMMON = {
    "en": "the a an and is are of to in i you he she it that this we for on with was have not what how hello good",
    "de": "der die das und ist sind nicht ein eine ich du er sie wir mit auf für von zu wie was guten hallo danke",
    "fr": "le la les et est sont un une des du je tu il elle vous nous que pas dans pour avec bonjour merci oui",
    "es": "el la los las y es son un una que no por para con como cómo qué yo está estás muy hola buenos gracias",
    "it": "il lo la gli e è sono un una che non per con come di io sei questo ciao buongiorno grazie",
    "pt": "o a os as e é são um uma que não por para com como eu você está muito olá bom obrigado obrigada",
    "nl": "de het een en is zijn niet ik je hij zij wij met op van voor dat wat goedemorgen hallo dank",
    "pl": "i jest są nie to w na z się że jak co ja ty dzień dobry dziękuję",
    "sv": "och är inte en ett jag du han hon vi med på för att det som hej tack",
    "tr": "ve bir bu ne için değil ben sen çok ile var merhaba teşekkürler günaydın",
}
"""Words of languages with Latin letters that nearly every text has some of."""
_WORD = re.compile(r"[^\W\d_]+")


def language_of(text: str) -> str:
    """The code of the language that a text's letters or, if they are Latin, its commonest words suggest."""
    by_script = next((code for code, letters in _SCRIPTS.items() if re.search(letters, text)), None)
    if by_script:
        return by_script
    words = _WORD.findall(text.lower())
    return max(_COMMON, key=lambda code: sum(word in _COMMON[code].split() for word in words))
