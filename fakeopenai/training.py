"""Training: what `auto` comes to, and how losses and rewards would have gone.

Nothing is trained: what is told step by step follows from the data and the seed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

from fakeopenai.models import Model
from fakeopenai.wire import Object

LOGGED = 100
"""About how many steps of a job are logged."""


def resolved(asked: Object, method: str, count: int, model: Model) -> Object:
    """Hyperparameters with `auto` replaced: epochs by the cookbook's rule, others by what finished jobs show."""
    batch = asked.get("batch_size", "auto")
    auto: Object = {
        "n_epochs": _epochs(count),
        "batch_size": max(1, min(256, round(count * 0.002))),
        "learning_rate_multiplier": 1.8 if "mini" in model.id else 2.0,
    }
    match method:
        case "dpo":
            auto |= {"beta": 0.1}
        case "reinforcement":
            steps = max(1, math.ceil(count / (auto["batch_size"] if batch == "auto" else batch)))
            auto |= {"compute_multiplier": 1.0, "eval_interval": steps, "eval_samples": 1, "reasoning_effort": "medium"}
    given = {name: value for name, value in asked.items() if value not in (None, "auto", "default")}
    return auto | given


def _epochs(count: int) -> int:
    """Three, but enough to see a hundred examples, twenty-five at most, and no more than 25,000 examples."""
    if count * 3 < 100:
        return min(25, 100 // max(count, 1))
    if count * 3 > 25_000:
        return max(1, 25_000 // count)
    return 3


@dataclass(frozen=True)
class Course:
    """How a training goes, step by step; all of it follows from the data's digest and the seed.

    `method` is `supervised`, `dpo` or `reinforcement`; `reward` is what the untrained model earned of 1.
    """

    data: str
    seed: int
    epochs: int
    steps_per_epoch: int
    validated: bool = False
    method: str = "supervised"
    reward: float = 0.0

    @property
    def steps(self) -> int:
        return self.epochs * self.steps_per_epoch

    @cached_property
    def interval(self) -> int:
        return max(1, self.steps // LOGGED)

    def logged(self, epoch: int) -> Iterator[int]:
        """The steps of an epoch that are logged: its last one, and every so many."""
        first, last = (epoch - 1) * self.steps_per_epoch, epoch * self.steps_per_epoch
        return (step for step in range(first + 1, last + 1) if step in (1, last) or step % self.interval == 0)

    def metrics(self, step: int) -> Object:
        """What is measured at a step.

        It is measured on the batch; every tenth step and at the end on some validation data; after each epoch on all.
        """
        told: Object = {"step": step}
        kinds = ["train"]
        if self.validated:
            kinds += ["valid"] if step % 10 == 0 or step == self.steps else []
            kinds += ["full_valid"] if step % self.steps_per_epoch == 0 else []
        for kind in kinds:
            told |= self._measured(kind, step)
        return told

    def _measured(self, kind: str, step: int) -> Object:
        if self.method == "reinforcement":
            return {f"{kind}_mean_reward": self._reward(kind, step)}
        loss = self._loss(kind, step)
        right = "reward_accuracy" if self.method == "dpo" else "mean_token_accuracy"
        return {f"{kind}_loss": loss, f"{kind}_{right}": round(math.exp(-loss * 0.55), 5)}

    def _loss(self, kind: str, step: int) -> float:
        """Falls from a start that depends on the data to a floor, the validation's being higher, with some noise."""
        start, floor = 1.2 + 1.6 * self._chance("start"), 0.02 + 0.2 * self._chance("floor")
        floor += 0.0 if kind == "train" else 0.1 + 0.2 * self._chance("gap")
        noise = 1 + (self._chance(f"{kind} {step}") - 0.5) * (0.3 if kind != "full_valid" else 0.05)
        return round((floor + (start - floor) * math.exp(-4 * (step - 1) / max(self.steps, 2))) * noise, 5)

    def _reward(self, kind: str, step: int) -> float:
        gained = (1 - self.reward) * 0.8 * (1 - math.exp(-3 * step / max(self.steps, 1)))
        noise = (self._chance(f"{kind} {step}") - 0.5) * 0.05
        return round(min(1.0, max(0.0, self.reward + gained + noise)), 5)

    def _chance(self, label: str) -> float:
        drawn = blake2b(f"{self.seed} {label}".encode(), key=self.data.encode()[:64], digest_size=4).digest()
        return int.from_bytes(drawn) / 2**32


def told(metrics: Object, steps: int) -> str:
    """A logged step in a sentence: `Step 300/300: training loss=0.15, validation loss=0.27`."""
    words = {"train": "training", "valid": "validation", "full_valid": "full validation"}
    facts = [
        f"{words[kind]} {label}={metrics[name]:.2f}"
        for kind in words
        for name, label in ((f"{kind}_loss", "loss"), (f"{kind}_mean_reward", "reward"))
        if name in metrics
    ]
    return f"Step {metrics['step']}/{steps}: {', '.join(facts)}"


def table(rows: list[Object]) -> bytes:
    """The result file: the logged steps as CSV, in the API's columns."""
    if rows and "train_mean_reward" in rows[0]:
        columns = {name: name for name in ("step", "train_mean_reward", "valid_mean_reward", "full_valid_mean_reward")}
    else:
        right = "reward_accuracy" if rows and "train_reward_accuracy" in rows[0] else "mean_token_accuracy"
        columns = {
            "step": "step",
            "train_loss": "train_loss",
            "train_accuracy": f"train_{right}",
            "valid_loss": "valid_loss",
            "valid_mean_token_accuracy": f"valid_{right}",
        }
    lines = [",".join(columns), *(",".join(str(row.get(name, "")) for name in columns.values()) for row in rows)]
    return "".join(f"{line}\n" for line in lines).encode()


def digest(content: bytes) -> str:
    """What stands for the data where losses depend on them."""
    return blake2b(content, digest_size=16).hexdigest()
