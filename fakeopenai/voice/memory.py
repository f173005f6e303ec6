"""What the conversation already says: facts the user told, passages that answer a question."""

from __future__ import annotations

import re

from fakeopenai.pattern import Pattern
from fakeopenai.voice.talk import Talk
from fakeopenai.voice.words import STOP, WORD, stem, terms

_SENTENCE = Pattern(r"(?<=[.!?。！？])\s*(?=\S)|\n+")
_QUESTION = Pattern(
    r"^(?:what|who|where|when|which|why|how|whose|do|does|did|is|are|was|were|can|could|tell|remind|recall)\b|[?？]\s*$",
    re.IGNORECASE,
)
_ASKING = terms("what who where when which why how whose remember recall question context answer")
_NAMES = (
    (
        Pattern(r"\bmy name(?: is|'s|’s) ([^\W\d_][\w'’-]*(?: [A-Z][\w'’-]*)?)", re.IGNORECASE),
        Pattern(r"\b(?:my name|who am i|call me)\b", re.IGNORECASE),
        "Your name is {}.",
    ),
    (
        Pattern(r"\b(?:I'm|I am|call me) ([A-Z][\w'’-]*(?: [A-Z][\w'’-]*)?)"),
        Pattern(r"\b(?:my name|who am i)\b", re.IGNORECASE),
        "Your name is {}.",
    ),
    (
        Pattern(r"\bme llamo ([^\W\d_][\w-]*)|mi nombre es ([^\W\d_][\w-]*)", re.IGNORECASE),
        Pattern(r"(?:cómo|como) me llamo|mi nombre", re.IGNORECASE),
        "Te llamas {}.",
    ),
    (
        Pattern(r"je m['’]appelle ([^\W\d_][\w-]*)", re.IGNORECASE),
        Pattern(r"(?:comment je m|je m)['’]appelle|mon nom", re.IGNORECASE),
        "Tu t'appelles {}.",
    ),
    (
        Pattern(r"\bich (?:heiße|bin) ([A-ZÄÖÜ][\w-]*)|mein name ist ([A-ZÄÖÜ][\w-]*)", re.IGNORECASE),
        Pattern(r"heiße ich|mein name", re.IGNORECASE),
        "Du heißt {}.",
    ),
    (
        Pattern(r"меня зовут ([^\W\d_][\w-]*)", re.IGNORECASE),
        Pattern(r"как меня зовут|мо[её] имя", re.IGNORECASE),
        "Вас зовут {}.",
    ),
    (
        Pattern(r"我叫([\u4e00-\u9fff\w]{1,6})|我的名字(?:是|叫)([\u4e00-\u9fff\w]{1,6})"),
        Pattern(r"我叫什么|我的名字|我是谁"),
        "你的名字是{}。",
    ),
    (
        Pattern(r"(?:私の名前は|僕は|私は)([^\s。、]+?)(?:です|といいます|。|$)"),
        Pattern(r"私の名前(?:は何|を|は？)|私は誰"),
        "あなたの名前は{}です。",
    ),
    (Pattern(r"(\d{1,3}) years old"), Pattern(r"how old am i|my age", re.IGNORECASE), "You are {} years old."),
    (
        Pattern(r"\bI live in ([A-Z][\w'’-]*(?:,? [A-Z][\w'’-]*)*)"),
        Pattern(r"where do i live|my (?:city|home)", re.IGNORECASE),
        "You live in {}.",
    ),
    (
        Pattern(r"\bI(?:'m| am|’m) from ([A-Z][\w'’-]*(?:,? [A-Z][\w'’-]*)*)"),
        Pattern(r"where am i from", re.IGNORECASE),
        "You are from {}.",
    ),
    (
        Pattern(r"\bI work (?:at|for) ([A-Z][\w'’-]*(?: [A-Z][\w'’-]*)*)"),
        Pattern(r"where do i work|my (?:company|employer)", re.IGNORECASE),
        "You work at {}.",
    ),
)
CUES = terms(
    """name who am call old age live city home from work company employer llamo nombre appelle nom heiße say said ask
    asked told message question"""
)
_PREVIOUS = Pattern(
    r"\bwhat (?:did|have) i (?:just )?(?:say|said|ask|asked|tell|told)|my (?:last|previous|first) (?:message|question)",
    re.IGNORECASE,
)
_PERSONS = (
    (r"\bI am\b", "you are"),
    (r"\bI'm\b", "you are"),
    (r"\bmy\b", "your"),
    (r"\bI\b", "you"),
    (r"\bme\b", "you"),
    (r"\bmine\b", "yours"),
)


def remembered(talk: Talk) -> str | None:
    """A fact the user told earlier and asks for now."""
    said = (*talk.earlier, talk.last, talk.system)
    for told, asked, words in _NAMES:
        if asked.search(talk.last):
            for text in said:
                if match := told.search(text):
                    return words.format(next(group for group in match.groups() if group))
    if talk.earlier and (match := _PREVIOUS.search(talk.last)):
        quoted = talk.earlier[-1] if "first" in match[0].lower() else talk.earlier[0]
        return f"You said: “{quoted.strip()[:300]}”"
    return None


def recalled(talk: Talk) -> str | None:
    """The sentence of the conversation that shares most with the question, said back to the user."""
    question, passages = _question(talk)
    if not question:
        return None
    wanted = {stem(word) for word in WORD.findall(question.lower()) if word not in STOP and word not in _ASKING}
    best, score = "", 0.0
    for place, sentence in passages:
        weight = _shared(wanted, sentence) + place
        if weight > score:
            best, score = sentence, weight
    return best if wanted and score >= min(2, len(wanted)) else None


def _shared(wanted: set[str], sentence: str) -> float:
    stems = {stem(word) for word in WORD.findall(sentence.lower())}
    return len(wanted & stems)


def _question(talk: Talk) -> tuple[str, list[tuple[float, str]]]:
    """The question, and the sentences that may answer it, those nearer to it weighing a little more."""
    own = _sentences(talk.whole)
    asked = [at for at, sentence in enumerate(own) if _QUESTION.search(_unlabelled(sentence))]
    if not asked:
        return "", []
    question = own[asked[-1]]
    near = [(0.2, said) for at, said in enumerate(map(_unlabelled, own)) if at not in asked and not _instructs(said)]
    told = [(0.1, turned(sentence)) for text in talk.earlier for sentence in _sentences(text) if _tells(sentence)]
    given = [(0.0, sentence) for sentence in _sentences(talk.system) if _tells(sentence) and not _instructs(sentence)]
    return _unlabelled(question), near + told + given


def _unlabelled(sentence: str) -> str:
    return re.sub(
        r"^(?:question|query|user|q|context|document|text|passage)\s*:\s*",
        "",
        re.sub(r"</?[\w-]+>", "", sentence),
        flags=re.IGNORECASE,
    )


def _tells(sentence: str) -> bool:
    return not _QUESTION.search(sentence)


def _instructs(sentence: str) -> bool:
    return bool(
        re.match(
            (
                r"(?:you are|you're|answer|respond|reply|use|given|please|do "
                r"not|don't|always|never|only|your|if|context|query|question|"
                r"below|think)\b"
            ),
            sentence,
            re.IGNORECASE,
        )
    )


def _sentences(text: str) -> list[str]:
    return [sentence.strip() for sentence in _SENTENCE.split(text) if len(sentence.strip()) > 2]


def turned(sentence: str) -> str:
    """The sentence from the other person's side: `my dog` is `your dog`."""
    for pattern, other in _PERSONS:
        sentence = re.sub(pattern, other, sentence, flags=re.IGNORECASE if pattern != r"\bI\b" else 0)
    return re.sub(
        r"^(?:please )?(?:remember|note)(?: that|:)?\s*", "", sentence[:1].upper() + sentence[1:], flags=re.IGNORECASE
    )
