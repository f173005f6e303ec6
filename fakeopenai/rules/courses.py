"""Which jobs an operation begins, and so what a rule can say of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fakeopenai import api, errors
from fakeopenai.fate import Fate, Slowness
from fakeopenai.rules import job
from fakeopenai.wire import Json

BEGUN: dict[str, tuple[tuple[str, str], ...]] = {
    "POST /batches": (("batch", "validating"), ("batch window", "validating")),
    "POST /fine_tuning/jobs": (("fine-tuning", "validating_files"),),
    "POST /fine-tunes": (("fine-tune", "pending"),),
    "POST /files": (("file", "uploaded"), ("file expiry", "uploaded")),
    "POST /uploads/{upload_id}/complete": (("file", "uploaded"), ("file expiry", "uploaded")),
    "POST /vector_stores/{vector_store_id}/files": (("vector store file", "in_progress"),),
    "POST /vector_stores/{vector_store_id}/file_batches": (("vector store file", "in_progress"),),
    "POST /videos": (("video", "queued"),),
    "POST /evals/{eval_id}/runs": (("eval run", "queued"),),
    "POST /threads/{thread_id}/runs": (("run", "queued"),),
    "POST /threads/runs": (("run", "queued"),),
    "POST /responses": (("response", "queued"),),
}
"""The courses of the jobs that these operations begin, and the status that each begins with; others are not checked."""


def trouble(operation: str, fate: Fate) -> str:
    """Why no job that an operation begins comes to this, or nothing."""
    begun = BEGUN[operation]
    if any(api.COURSES[name].takes(fate, {"status": status}) for name, status in begun):
        return ""
    name, status = begun[0]
    course = api.COURSES[name]
    return errors.impossible_job(name, course.endings, course.statuses({"status": status})).message


def troubles(operations: Iterable[str], words: Json) -> list[str]:
    """Why no job that any of these operations begins comes to what the words of `job` say; nothing if one does."""
    fate = _told(words)
    found = [trouble(operation, fate) for operation in operations if operation in BEGUN]
    return found[:1] if found and all(found) else []


def _told(words: Json) -> Fate:
    """The fate that a rule tells of, without its reasons."""
    ending = next((ending for ending in job.ENDINGS if words.get(ending)), None)
    when, slow = words.get(ending or ""), words.get("slow")
    at = when.get("at", "") if isinstance(when, Mapping) else ""
    return Fate(ending, at, slowness=Slowness(at=slow.get("at", "") if isinstance(slow, Mapping) else ""))
