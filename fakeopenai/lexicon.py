"""Moderation by a small lexicon of plain words: honest about what it sees, blind to all else.

Words are cues (`violence`, `insult`, `group` …), and a category is a way in which cues meet in a sentence: a violent
word is `violence`; aimed at a person, `harassment/threatening` too; aimed at a group of people, `hate/threatening`. A
cue that is denied ("never hurt anyone") or stands in innocent company ("kill the process") counts little. The lexicon
is English, holds no slurs and does not look at images: it lets a test tell a plainly harmful text from a harmless
one, no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b

Scores = dict[str, float]

OMNI = (
    "harassment",
    "harassment/threatening",
    "sexual",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm/intent",
    "self-harm/instructions",
    "self-harm",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
"""The categories of omni-moderation, as it writes them."""
SEEN_IN_IMAGES = frozenset(
    {"sexual", "self-harm/intent", "self-harm/instructions", "self-harm", "violence", "violence/graphic"}
)
"""The categories that images are scored for (recorded `category_applied_input_types`)."""
TEXT = (
    "sexual",
    "hate",
    "harassment",
    "self-harm",
    "sexual/minors",
    "hate/threatening",
    "violence/graphic",
    "self-harm/intent",
    "self-harm/instructions",
    "harassment/threatening",
    "violence",
)
"""The categories of text-moderation-005 and later."""
FIRST = ("sexual", "hate", "violence", "self-harm", "sexual/minors", "hate/threatening", "violence/graphic")
"""The categories of text-moderation-004 and earlier."""

FLAGGED = 0.5
"""A category is flagged from this score on."""

LEXICON: dict[str, dict[float, str]] = {
    "violence": {
        0.95: "kill murder slaughter massacre assassinate strangle stab behead lynch exterminate execute",
        0.85: (
            "shoot attack hurt_you hurt_him hurt_her hurt_them beat_up beat_you torture maim bomb burn_alive "
            "choke punch smash_your break_your blow_up poison set_fire wipe_out"
        ),
        0.55: "hurt hit slap fight weapon destroy die",
    },
    "gore": {
        0.9: ("dismember decapitate disembowel entrails mutilate gore severed eviscerate guts_spilled pool_of_blood"),
        0.6: "bloodbath bloody corpse bleeding",
    },
    "sexual": {
        0.95: (
            "porn pornography blowjob orgasm masturbate erotic sexually_explicit have_sex having_sex "
            "hardcore_sex naked_sex"
        ),
        0.75: "sex sexual nude naked fetish horny aroused genital penis vagina nudes",
    },
    "minor": {
        1.0: ("child children minor underage preteen toddler schoolgirl schoolboy kid teen year_old_girl year_old_boy"),
    },
    "self-harm": {
        0.97: (
            "kill_myself killing_myself killed_myself suicide suicidal end_my_life hurt_myself hurting_myself "
            "cut_myself cutting_myself take_my_own_life hang_myself harm_myself self_harm want_to_die "
            "kill_yourself hurt_yourself harm_yourself"
        ),
        0.7: "anorexia overdose starve_myself",
    },
    "insult": {
        0.9: (
            "idiot moron imbecile stupid scum worthless pathetic disgusting loser bitch bastard asshole retard "
            "pig trash dumbass shut_up go_to_hell nobody_likes_you piece_of_shit fuck_you screw_you"
        ),
        0.6: "ugly dumb hate_you useless clown",
    },
    "hostile": {
        0.95: (
            "hate subhuman vermin inferior exterminate parasites deserve_to_die should_die go_back cockroaches filthy"
        ),
        0.8: "despise disgusting ban_all deport_all ruin invade are_criminals",
    },
    "group": {
        1.0: (
            "jew jewish muslim christian black white asian mexican immigrant refugee foreigner gay lesbian "
            "homosexual transgender trans disabled gypsy arab women_are all_women all_men hindu"
        ),
    },
    "contraband": {
        0.9: (
            "meth cocaine heroin fentanyl counterfeit_money fake_id stolen_credit launder_money shoplift "
            "pick_a_lock hotwire hack_into forge phishing ransomware malware steal evade_taxes"
        ),
    },
    "weapon": {
        0.95: "bomb explosive pipe_bomb molotov nerve_gas ricin grenade ghost_gun silencer",
    },
    "how": {
        1.0: (
            "how_to how_do_i how_can_i how_would_i ways_to way_to steps_to instructions recipe tutorial "
            "guide_to teach_me"
        ),
    },
    "person": {
        1.0: (
            "you your yourself him her them he she they people person everyone everybody anyone someone "
            "somebody man woman wife husband boss neighbor neighbour teacher family jew muslim immigrant"
        ),
    },
    "you": {
        1.0: "you your yourself u he she they him them people boss",
    },
    "me": {
        1.0: "i me my myself im",
    },
    "intent": {
        1.0: "want_to going_to gonna i_will ill will wanna plan_to need_to should must deserve let's lets hope",
    },
    "innocent": {
        1.0: (
            "process thread server job task daemon instance container program command script loop test pod time "
            "bug weed bacteria virus germs cancer plant houseplant photo picture film movie scene video game "
            "boss_fight level novel story character fiction history historical war_museum joke laughing traffic "
            "battery price goal basketball penalty"
        ),
        0.9: (
            "prevent prevention awareness hotline support research study statistics education article report news law"
        ),
    },
    "denial": {
        1.0: ("not never no don't dont doesn't didn't won't wouldn't can't cannot without stop against nobody isn't"),
    },
}
"""Cue, strength, words. `_` joins the words of a phrase; endings (-s, -ed, -ing, -er) are understood."""

_WORD = re.compile(r"[a-z0-9']+")
_SENTENCE = re.compile(r"[.!?;\n]+")
_ENDING = re.compile(r"(?<=[a-z]{3})(?:ings|ing|ed|ers|er|es|s|e)$")
_LOOKBACK = 3
_DENIED = 0.2
_INNOCENT = 0.2


@lru_cache(maxsize=1024)
def score(text: str) -> Scores:
    """Score a text in all thirteen categories, from 0 to 1."""
    found = [_judged(_Sentence.read(sentence)) for sentence in _SENTENCE.split(text.casefold()) if sentence.strip()]
    worst = {category: max((scores[category] for scores in found), default=0.0) for category in OMNI}
    return {category: _blurred(strength, text, category) for category, strength in worst.items()}


def _blurred(strength: float, text: str, category: str) -> float:
    """Add the trifle that no model goes without: at most 0.0005, different for each text."""
    draw = blake2b(f"{category} {text}".encode("utf-8", "surrogatepass"), digest_size=4).digest()
    trifle = (int.from_bytes(draw[:2], "little") + 1) / 65536 / 2000 / (1 << draw[2] % 8)
    return round(strength + trifle, 16) if strength < FLAGGED else round(strength - trifle, 16)


@dataclass(slots=True)
class _Sentence:
    """How strongly each cue is there."""

    cues: dict[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> _Sentence:
        words = [_stem(word) for word in _WORD.findall(text)]
        sentence = cls()
        for place in range(len(words)):
            denied = any(word in _DENIALS for word in words[max(0, place - _LOOKBACK) : place])
            for cue, strength in _cues_at(words, place):
                weight = strength * (_DENIED if denied and cue in _DENIABLE else 1)
                sentence.cues[cue] = max(sentence.cues.get(cue, 0.0), weight)
        return sentence

    def __getitem__(self, cue: str) -> float:
        return self.cues.get(cue, 0.0)


def _judged(cues: _Sentence) -> Scores:
    """Combine the cues of a sentence into the categories."""
    harmless = _INNOCENT if cues["innocent"] else 1.0
    violence = cues["violence"] * harmless
    wish = max(cues["intent"], cues["you"] * 0.7)
    aimed = violence * cues["person"]
    sexual = cues["sexual"] * (0.4 if cues["innocent"] == 0.9 else 1)
    harm = cues["self-harm"] * (0.5 if cues["innocent"] == 0.9 else 1)
    asked = max(cues["how"], 0.3)
    hostility = max(cues["hostile"], cues["insult"], violence) * cues["group"]
    return {
        "harassment": max(cues["insult"] * (1 if cues["you"] else 0.5), aimed * 0.8 * wish),
        "harassment/threatening": aimed * 0.85 * wish,
        "sexual": sexual,
        "hate": hostility,
        "hate/threatening": violence * cues["group"] * 0.9,
        "illicit": max(cues["contraband"], cues["weapon"]) * asked * harmless,
        "illicit/violent": cues["weapon"] * asked * harmless,
        "self-harm/intent": harm * cues["me"] * (0.6 if cues["how"] else 1),
        "self-harm/instructions": harm * cues["how"],
        "self-harm": harm,
        "sexual/minors": sexual * cues["minor"],
        "violence": max(violence * (1 if cues["person"] or cues["group"] else 0.7), cues["gore"] * 0.8),
        "violence/graphic": cues["gore"] * harmless,
    }


def _stem(word: str) -> str:
    return _ENDING.sub("", word.removesuffix("'s"))


def _cues_at(words: list[str], place: int) -> Iterator[tuple[str, float]]:
    for phrase, cue, strength in _PHRASES.get(words[place], ()):
        if words[place : place + len(phrase)] == phrase:
            yield cue, strength


def _phrases() -> dict[str, list[tuple[list[str], str, float]]]:
    """The lexicon by first word."""
    index: dict[str, list[tuple[list[str], str, float]]] = {}
    for cue, strengths in LEXICON.items():
        for strength, listed in strengths.items():
            for entry in listed.split():
                phrase = [_stem(word) for word in entry.split("_")]
                index.setdefault(phrase[0], []).append((phrase, cue, strength))
    return index


_PHRASES = _phrases()
_DENIALS = frozenset(map(_stem, LEXICON["denial"][1.0].split()))
_DENIABLE = frozenset({"violence", "gore", "sexual", "self-harm", "insult", "hostile", "contraband", "weapon"})
