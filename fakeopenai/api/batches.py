"""Batches: files of requests that are answered one by one, within a day, on the path of all requests."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from math import ceil

from fakeopenai import batch_rows, filing
from fakeopenai.batch_rows import Line, Validation
from fakeopenai.blob import Blob
from fakeopenai.clock import Course, Stage
from fakeopenai.errors import ApiError
from fakeopenai.faults import organization
from fakeopenai.resource import Routes
from fakeopenai.wire import Call, Object, Reply
from fakeopenai.world import World

routes = Routes()

DAY = 86_400
SLICE = 1000
"""How many lines are answered at most before the batch can be looked at again."""
WORK = "/_batches"
"""Where batches keep their input, how far they are, and what they have written so far."""
READ = frozenset({"batch", "batch_output"})
"""The purposes of files that batches read."""
MOMENTS = ("in_progress_at", "expires_at", "finalizing_at", "completed_at", "failed_at", "expired_at")

batches = routes.resource("/batches/{batch_id}", object="batch", missing="No batch found with id '{id}'.")


@routes.on("POST /batches")
def create(call: Call) -> Reply:
    now = int(call.world.clock.now)
    batch: Object = {
        "id": call.names.new("batch_"),
        "object": "batch",
        "endpoint": call.body["endpoint"],
        "model": None,
        "errors": None,
        "input_file_id": call.body["input_file_id"],
        "completion_window": "24h",
        "status": "validating",
        "output_file_id": None,
        "error_file_id": None,
        "created_at": now,
        **dict.fromkeys(MOMENTS),
        "cancelling_at": None,
        "cancelled_at": None,
        "request_counts": {"total": 0, "completed": 0, "failed": 0},
        "usage": _no_usage(),
        "metadata": call.body.get("metadata"),
    }
    batch["expires_at"] = now + DAY
    begin(call, batch)
    return Reply(batch)


def begin(call: Call, batch: Object) -> None:
    """Keep a batch and send it on its way, with a copy of its input: the file may be deleted meanwhile."""
    world = call.world
    lifetime = (call.body.get("output_expires_after") or {}).get("seconds")
    world.drawer(batches.collection).put(batch)
    purpose = (filing.find_file(world, batch["input_file_id"]) or {}).get("purpose")
    work = {
        "at": 0,
        "number": 0,
        "delay": 0.0,
        "lifetime": lifetime,
        "organization": organization(call),
        "purpose": purpose,
    }
    world.drawer(WORK).put(work, batch["id"])
    filing.blob(world, batch["input_file_id"]).copy(_blob(world, batch, "input"))
    world.clock.begin("batch", batches.collection, batch)
    world.clock.begin("batch window", batches.collection, batch)


@routes.on("POST /batches/{batch_id}/cancel")
def cancel(call: Call) -> Reply:
    batch = batches.find(call)
    if batch["status"] in {"completed", "failed", "expired"}:
        raise ApiError(409, f"Cannot cancel a batch with status '{batch['status']}'.")
    if batch["status"] not in {"cancelling", "cancelled"}:
        clock = call.world.clock
        batch |= {"status": "cancelling", "cancelling_at": int(clock.now)}
        batches.drawer(call).put(batch)
        clock.leave(batches.collection, batch["id"])
        clock.begin("batch cancelling", batches.collection, batch)
    return Reply(batch)


# The stages


def _validate(world: World, batch: Object) -> None:
    found = Validation(world, batch["endpoint"])
    given, purpose = _blob(world, batch, "input"), _work(world, batch)["purpose"]
    if not given:
        found.errors = [_no_file(world, batch)]
    elif purpose not in READ:
        found.errors = [_wrong_file(batch, purpose)]
    else:
        found.read(given.read())
    if found.errors:
        _refuse(world, batch, found.errors)
        return
    batch |= {"model": found.model, "in_progress_at": int(world.clock.now)}
    batch["request_counts"]["total"] = found.total


def _no_file(world: World, batch: Object) -> Object:
    owner = (world.drawer(WORK).get(batch["id"]) or {}).get("organization")
    message = f"Cannot find file {batch['input_file_id']}, or organization {owner} does not have access to it."
    return batch_rows.fault("invalid_request", message, "file_id")


def _wrong_file(batch: Object, purpose: str) -> Object:
    message = f"File {batch['input_file_id']} has the purpose '{purpose}', but batches read files of purpose 'batch'."
    return batch_rows.fault("invalid_request", message, "file_id")


def _fail(world: World, batch: Object, error: ApiError) -> None:
    _refuse(world, batch, [batch_rows.fault(error.code or "server_error", error.message, error.param)])


def _refuse(world: World, batch: Object, errors: list[Object]) -> None:
    batch |= {
        "status": "failed",
        "failed_at": int(world.clock.now),
        "errors": {"object": "list", "data": errors},
    }
    _clear(world, batch)


def _answer_some(world: World, batch: Object) -> None:
    """Answer the next lines; a line whose rule makes it wait beyond the window will not be answered in time."""
    work, counts = _work(world, batch), batch["request_counts"]
    output: list[bytes] = []
    errors: list[bytes] = []
    left = batch["expires_at"] - world.clock.now
    size = min(SLICE, ceil(counts["total"] / 2))
    for line in islice(_rest(world, batch, work), size):
        work |= {"at": line.end, "number": line.number}
        row = batch_rows.answered(world, batch, line.text)
        work["delay"] = max(work["delay"], row.delay)
        if row.delay >= left:
            errors.append(batch_rows.unanswered(world, batch, line.text, "batch_expired"))
            continue
        counts["completed" if row.succeeded else "failed"] += 1
        batch_rows.add_usage(batch["usage"], row.usage)
        (output if row.succeeded else errors).append(row.written)
    _write(world, batch, output, errors)
    world.drawer(WORK).put(work, batch["id"])


def _has_more(world: World, batch: Object) -> bool:
    return next(_rest(world, batch, _work(world, batch)), None) is not None


def _wait(world: World, batch: Object) -> float:
    """Lines are answered side by side: the slowest makes all wait."""
    delay: float = _work(world, batch)["delay"]
    return 30 + delay


def _complete(world: World, batch: Object) -> None:
    """Write the files. Their lines stand in no order to rely on, as the API warns."""
    work = _work(world, batch)
    for kind, purpose in (("output", "output_file_id"), ("error", "error_file_id")):
        written = _blob(world, batch, kind)
        if written:
            file = filing.keep_written(
                world,
                world.names(f"{batch['id']}/{kind}"),
                written,
                filename=f"{batch['id']}_{kind}.jsonl",
                purpose="batch_output",
                expires_after=work["lifetime"] or filing.MONTH,
            )
            batch[purpose] = file["id"]
    _clear(world, batch)


def _break_off(code: str, world: World, batch: Object) -> None:
    """Stop where the batch is: what is answered stays answered, the other lines are written down as not asked."""
    work = _work(world, batch)
    if batch["in_progress_at"] is not None:
        rest = (batch_rows.unanswered(world, batch, line.text, code) for line in _rest(world, batch, work))
        while some := list(islice(rest, SLICE)):
            _write(world, batch, [], some)
    _complete(world, batch)


def _expire(world: World, batch: Object) -> None:
    _break_off("batch_expired", world, batch)


def _cancel(world: World, batch: Object) -> None:
    _break_off("batch_cancelled", world, batch)


EXPIRED = Stage("expired", after=DAY, stamp="expired_at", enter=_expire)
CANCELLED = Stage("cancelled", after=600, stamp="cancelled_at", enter=_cancel)
routes.courses += [
    Course(
        "batch",
        [
            Stage("in_progress", enter=_validate),
            Stage("in_progress", after=_wait, enter=_answer_some, again=_has_more),
            Stage("finalizing", after=_wait, stamp="finalizing_at"),
            Stage("completed", stamp="completed_at", enter=_complete),
        ],
        fail=_fail,
        expire=EXPIRED,
        cancel=CANCELLED,
    ),
    Course("batch cancelling", [CANCELLED]),
    Course(
        "batch window",
        [EXPIRED],
        awaited=False,
        spared=frozenset({"completed", "failed", "cancelled", "cancelling"}),
    ),
]


# What a batch keeps while it works


def _work(world: World, batch: Object) -> Object:
    work = world.drawer(WORK).get(batch["id"])
    assert work is not None, "a batch at work has its work"
    return work


def _rest(world: World, batch: Object, work: Object) -> Iterator[Line]:
    """The lines that are still to be answered."""
    return batch_rows.lines(_blob(world, batch, "input").read(work["at"]), work["at"], work["number"])


def _write(world: World, batch: Object, output: list[bytes], errors: list[bytes]) -> None:
    """Put lines aside for the files; they are sorted by their ids, which are random."""
    for kind, rows in (("output", output), ("error", errors)):
        if rows:
            _blob(world, batch, kind).append(b"".join(sorted(rows)))


def _clear(world: World, batch: Object) -> None:
    world.clock.leave(batches.collection, batch["id"])
    for kind in ("input", "output", "error"):
        _blob(world, batch, kind).delete()
    world.drawer(WORK).delete(batch["id"])


def _blob(world: World, batch: Object, kind: str) -> Blob:
    return Blob(world.store, f"{WORK}/{kind}", batch["id"])


def _no_usage() -> Object:
    return {
        "input_tokens": 0,
        "output_tokens": 0,
        "total_tokens": 0,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }
