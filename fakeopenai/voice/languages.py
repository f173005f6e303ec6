"""Short answers in the language of the user, told by its script or its commonest words."""

from __future__ import annotations

from fakeopenai.pattern import Pattern
from fakeopenai.voice.talk import Talk
from fakeopenai.voice.words import terms

_SCRIPTS = (
    ("ja", Pattern(r"[\u3040-\u30ff]")),
    ("ko", Pattern(r"[\uac00-\ud7af]")),
    ("zh", Pattern(r"[\u3400-\u9fff]")),
    ("ru", Pattern(r"[\u0400-\u04ff]")),
    ("ar", Pattern(r"[\u0600-\u06ff]")),
    ("he", Pattern(r"[\u0590-\u05ff]")),
    ("hi", Pattern(r"[\u0900-\u097f]")),
    ("el", Pattern(r"[\u0370-\u03ff]")),
    ("th", Pattern(r"[\u0e00-\u0e7f]")),
)
_WORDS = (
    ("es", terms("qué cómo cuál dónde está gracias por el los las una para años también")),
    ("fr", terms("est les des une où quelle quel ça être à météo français écris")),
    ("de", terms("ist der die das für über ich wie schön können grüße")),
    ("pt", terms("não você é uma são está como obrigado olá")),
)
_GREETINGS = {
    "ja": (("こんにちは", "おはよう", "こんばんは", "はじめまして"), "こんにちは！今日はどのようなご用件でしょうか？"),
    "ko": (("안녕",), "안녕하세요! 무엇을 도와드릴까요?"),
    "zh": (("你好", "您好", "早上好"), "你好！今天有什么可以帮你的吗？"),
    "ru": (("привет", "здравствуй", "добрый день"), "Здравствуйте! Чем я могу помочь?"),
    "ar": (("مرحبا", "السلام"), "مرحبًا! كيف يمكنني مساعدتك؟"),
    "he": (("שלום",), "שלום! איך אפשר לעזור?"),
    "hi": (("नमस्ते",), "नमस्ते! मैं आपकी कैसे मदद कर सकता हूँ?"),
    "el": (("γεια",), "Γεια σας! Πώς μπορώ να βοηθήσω;"),
    "th": (("สวัสดี",), "สวัสดี! มีอะไรให้ช่วยไหม"),
    "es": (("¡hola", "buenos días", "¿cómo estás"), "¡Hola! ¿En qué puedo ayudarte?"),
    "pt": (("olá",), "Olá! Como posso ajudar?"),
}
_REPLIES = {
    "ja": (
        "「{0}」についてお答えします。まずは基本から順に見ていくのがよいでしょう。",
        "「{0}」についてですね。要点は目的をはっきりさせることです。",
    ),
    "ko": (
        "“{0}”에 대해 말씀드리겠습니다. 먼저 기본부터 하나씩 살펴보는 것이 좋습니다.",
        "“{0}”에 관한 질문이군요. 핵심은 목표를 분명히 하는 것입니다.",
    ),
    "zh": ("关于“{0}”，最重要的是先弄清目标，然后一步一步来。", "你问的是“{0}”。简单来说，从基本情况开始看就可以了。"),
    "ru": (
        "Вы спросили: «{0}». Лучше всего начать с главного и двигаться шаг за шагом.",
        "Коротко о «{0}»: важнее всего ясно понимать цель.",
    ),
    "ar": ("بخصوص «{0}»: من الأفضل أن نبدأ بالأساسيات خطوة بخطوة.", "سألت عن «{0}». الأهم هو تحديد الهدف أولًا."),
    "he": ("לגבי „{0}”: כדאי להתחיל מהעיקר ולהתקדם צעד אחר צעד.", "שאלת על „{0}”. הכי חשוב להגדיר קודם את המטרה."),
    "hi": ("“{0}” के बारे में: पहले मूल बातों से शुरू करना अच्छा रहेगा।", "आपने “{0}” के बारे में पूछा। सबसे ज़रूरी है लक्ष्य साफ़ होना।"),
    "el": (
        "Για το «{0}»: είναι καλό να ξεκινήσουμε από τα βασικά.",
        "Ρωτήσατε για «{0}». Το σημαντικό είναι ο στόχος.",
    ),
    "th": ("เกี่ยวกับ “{0}” ควรเริ่มจากพื้นฐานทีละขั้น", "คุณถามเรื่อง “{0}” สิ่งสำคัญคือเป้าหมายที่ชัดเจน"),
    "es": (
        "Sobre «{0}»: lo mejor es empezar por lo básico e ir paso a paso.",
        "Me preguntas por «{0}». Lo más importante es tener claro el objetivo.",
    ),
    "fr": (
        "À propos de « {0} » : le mieux est de commencer par l'essentiel, pas à pas.",
        "Vous parlez de « {0} ». Le plus important est d'avoir un but clair.",
    ),
    "de": (
        "Zu „{0}“: Am besten beginnt man mit dem Wesentlichen, Schritt für Schritt.",
        "Sie fragen nach „{0}“. Am wichtigsten ist ein klares Ziel.",
    ),
    "pt": (
        "Sobre “{0}”: o melhor é começar pelo essencial, passo a passo.",
        "Você perguntou sobre “{0}”. O mais importante é ter um objetivo claro.",
    ),
}


def language_of(text: str, words: frozenset[str]) -> str | None:
    """The language of a text that isn't plain ASCII, if it is one of those the voice speaks."""
    for name, script in _SCRIPTS:
        if script.search(text):
            return (
                name
                if 2 * len(script.findall(text)) > sum(char.isascii() and char.isalpha() for char in text)
                else None
            )
    shares = [(len(cues & words), name) for name, cues in _WORDS]
    most, name = max(shares)
    return name if most else None


def greeting_in(talk: Talk) -> str | None:
    """A greeting back in the user's language."""
    language = language_of(talk.last, talk.words)
    if language is None or language not in _GREETINGS or len(talk.last) > 40:
        return None
    greetings, reply = _GREETINGS[language]
    return reply if talk.last.lower().startswith(greetings) else None


def reply_in(talk: Talk) -> str | None:
    """A sentence or two on the subject in the user's language."""
    language = language_of(talk.last, talk.words)
    return talk.pick(_REPLIES[language]).format(talk.subject) if language else None
