"""The catalogue of models."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Literal, get_args, get_origin

import openai.types
import pytest

from fakeopenai import models
from fakeopenai.models import Model, find


def literals(annotation: Any) -> Iterator[str]:
    for argument in get_args(annotation):
        if get_origin(annotation) is Literal and isinstance(argument, str):
            yield argument
        else:
            yield from literals(argument)


def sdk_names() -> list[str]:
    """Every name in a type of the SDK that is called ChatModel, ImageModel and so on."""
    modules = pkgutil.walk_packages(openai.types.__path__, "openai.types.")
    unions = [
        union for module in modules for name, union in vars(import_module(module.name)).items() if name[-5:] == "Model"
    ]
    return sorted({name for union in unions for name in literals(union)})


def known(name: str) -> Model:
    model = find(name)
    assert model is not None
    return model


def test_the_sdk_names_many_models() -> None:
    assert len(sdk_names()) > 100


@pytest.mark.parametrize("name", sdk_names())
def test_every_name_of_the_sdk_is_in_the_catalogue(name: str) -> None:
    assert name in {model.id for model in models.catalogue()}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("gpt-4o-mini-realtime-preview", "realtime"),
        ("gpt-realtime-2.1-mini", "realtime"),
        ("gpt-4o-mini-transcribe-2025-12-15", "transcription"),
        ("gpt-realtime-whisper", "transcription"),
        ("gpt-4o-mini-tts", "speech"),
        ("gpt-image-2.6-flare", "image"),
        ("chatgpt-image-latest", "image"),
        ("sora-2-pro", "video"),
        ("omni-moderation-2024-09-26", "moderation"),
        ("text-embedding-3-large", "embedding"),
        ("text-search-davinci-doc-001", "embedding"),
        ("gpt-3.5-turbo-instruct", "completion"),
        ("davinci", "completion"),
        ("text-davinci-edit-001", "edit"),
        ("gpt-audio-mini", "chat"),
        ("gpt-6-astra", "chat"),
    ],
)
def test_a_name_has_its_kind(name: str, kind: str) -> None:
    assert known(name).kind == kind


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("gpt-4o", "gpt-4o-2024-08-06"),
        ("gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
        ("gpt-4.1-nano", "gpt-4.1-nano-2025-04-14"),
        ("gpt-5", "gpt-5-2025-08-07"),
        ("gpt-5.1", "gpt-5.1-2025-11-13"),
        ("gpt-5.2", "gpt-5.2-2025-12-11"),
        ("gpt-5.4-nano", "gpt-5.4-nano-2026-03-17"),
        ("gpt-5.6", "gpt-5.6-sol"),
        ("gpt-5.6-terra", "gpt-5.6-terra"),
        ("gpt-5-codex", "gpt-5-codex"),
        ("gpt-4", "gpt-4-0613"),
        ("gpt-4-turbo-preview", "gpt-4-0125-preview"),
        ("gpt-4-vision-preview", "gpt-4-1106-vision-preview"),
        ("gpt-3.5-turbo", "gpt-3.5-turbo-0125"),
        ("o3-mini", "o3-mini-2025-01-31"),
        ("gpt-4o-audio-preview", "gpt-4o-audio-preview-2025-06-03"),
        ("gpt-audio-mini", "gpt-audio-mini-2025-12-15"),
        ("computer-use-preview", "computer-use-preview-2025-03-11"),
        ("text-embedding-ada-002", "text-embedding-ada-002-v2"),
        ("text-moderation-stable", "text-moderation-007"),
        ("omni-moderation-latest", "omni-moderation-latest"),
    ],
)
def test_an_answer_carries_the_snapshot(asked: str, answered: str) -> None:
    assert known(asked).snapshot == answered


@pytest.mark.parametrize("name", ["gpt-4o-2026-01-01", "gpt-5.6-sol-2026-08-01", "gpt-3.5-turbo-0915", "o3-2027-12-31"])
def test_a_new_snapshot_of_a_known_model_is_accepted(name: str) -> None:
    assert known(name).snapshot == name


def test_a_new_snapshot_is_as_old_as_its_name_says() -> None:
    assert known("gpt-4o-2026-01-01").created == 1767225600


@pytest.mark.parametrize(
    "name",
    [
        "",
        ":",
        "ft:",
        "ft:gpt-4o",
        "ft:nothing:org::id",
        "gpt-5.2-proo",
        "text-embedding-4-ultra",
        "GPT-4o",
        "gpt-4o-2026-13-01",
    ],
)
def test_an_unknown_name_finds_nothing(name: str) -> None:
    assert find(name) is None


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("ft:gpt-4o-mini-2024-07-18:my-org:poet:C4ZiCljE", "gpt-4o-mini-2024-07-18"),
        ("ft:gpt-3.5-turbo-0125:my-org::C4ZiCash:ckpt-step-80", "gpt-3.5-turbo-0125"),
        ("davinci:ft-personal-2023-05-03-21-26-19", "davinci"),
    ],
)
def test_a_fine_tune_has_the_traits_of_its_base(name: str, base: str) -> None:
    tuned, plain = known(name), known(base)

    assert (tuned.id, tuned.snapshot) == (name, name)
    assert (tuned.kind, tuned.encoding, tuned.context) == (plain.kind, plain.encoding, plain.context)


@pytest.mark.parametrize(
    ("name", "effort"),
    [
        ("gpt-4.1", ""),
        ("o3", "medium"),
        ("gpt-5", "medium"),
        ("gpt-5.1", "none"),
        ("gpt-5.5", "medium"),
        ("gpt-5-pro", "high"),
    ],
)
def test_reasoning_effort_has_its_default(name: str, effort: str) -> None:
    assert known(name).effort == effort


@pytest.mark.parametrize("model", models.catalogue(), ids=lambda model: model.id)
def test_the_facts_of_a_model_agree(model: Model) -> None:
    assert model.created > 1_590_000_000
    assert model.reasoning == bool(model.effort)
    assert not model.effort or model.effort in model.efforts
    assert bool(model.dimensions) == (model.kind == "embedding")
    assert find(model.id) is model


@pytest.mark.parametrize(
    ("name", "kind"), [("my-embedder", "embedding"), ("llama-4", "chat"), ("a-whisper", "transcription")]
)
def test_a_name_that_nobody_knows_suggests_its_kind(name: str, kind: str) -> None:
    assumed = models.assume(name)

    assert (assumed.id, assumed.snapshot, assumed.kind) == (name, name, kind)
