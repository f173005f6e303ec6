"""What the official client waits for, asked by its asynchronous half."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

import pytest
from openai import AsyncOpenAI
from openai.types import Batch

from fakeopenai.serving import Server

EMBEDDINGS: Final = "/v1/embeddings"
SKILL = b"---\nname: sums\ndescription: Adds numbers.\n---\nAdd them.\n"
ROW = {
    "custom_id": "a",
    "method": "POST",
    "url": EMBEDDINGS,
    "body": {"model": "text-embedding-3-small", "input": "Hi"},
}

Ask = Callable[[Callable[[AsyncOpenAI], Awaitable[Any]]], Any]


@pytest.fixture
def ask(server: Server, request: pytest.FixtureRequest) -> Ask:
    async def answered(wish: Callable[[AsyncOpenAI], Awaitable[Any]]) -> Any:
        async with AsyncOpenAI(base_url=server.base_url, api_key=f"sk-{request.node.nodeid}", max_retries=0) as client:
            return await wish(client)

    return lambda wish: asyncio.run(answered(wish))


async def _ended(client: AsyncOpenAI, batch: Batch) -> Batch:
    while batch.status in {"validating", "in_progress", "finalizing"}:
        batch = await client.batches.retrieve(batch.id)
    return batch


def test_files_are_waited_for(ask: Ask) -> None:
    async def wish(client: AsyncOpenAI) -> Any:
        file = await client.files.create(file=("a.md", b"# Title"), purpose="user_data")
        return await client.files.wait_for_processing(file.id, poll_interval=0.01)

    assert ask(wish).status == "processed"


def test_a_file_is_uploaded_in_chunks(ask: Ask) -> None:
    async def wish(client: AsyncOpenAI) -> Any:
        upload = await client.uploads.upload_file_chunked(
            file=b"0123456789", filename="a.bin", bytes=10, mime_type="text/plain", purpose="vision", part_size=4
        )
        assert upload.file is not None
        return upload.status, (await client.files.content(upload.file.id)).content

    assert ask(wish) == ("completed", b"0123456789")


def test_a_store_is_filled_and_searched(ask: Ask) -> None:
    async def wish(client: AsyncOpenAI) -> Any:
        store = await client.vector_stores.create(name="animals")
        one = await client.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=("a.txt", b"Cats purr."))
        more = [("b.txt", b"Dogs bark."), ("c.png", b"\x89PNG")]
        batch = await client.vector_stores.file_batches.upload_and_poll(store.id, files=more)
        found = [each.filename async for each in client.vector_stores.search(store.id, query="Who barks?")]
        return one.status, batch.file_counts.completed, batch.file_counts.failed, found[0]

    assert ask(wish) == ("completed", 1, 1, "b.txt")


def test_a_batch_is_polled_until_it_is_done(ask: Ask) -> None:
    async def wish(client: AsyncOpenAI) -> Any:
        file = await client.files.create(file=("rows.jsonl", json.dumps(ROW).encode()), purpose="batch")
        begun = await client.batches.create(input_file_id=file.id, endpoint=EMBEDDINGS, completion_window="24h")
        batch = await _ended(client, begun)
        output = await client.files.content(batch.output_file_id or "")
        return batch.status, json.loads(output.text)["response"]["status_code"]

    assert ask(wish) == ("completed", 200)


def test_files_go_into_containers_and_skills_come_back(ask: Ask) -> None:
    async def wish(client: AsyncOpenAI) -> Any:
        container = await client.containers.create(name="box")
        file = await client.containers.files.create(container.id, file=("a.txt", b"hello"))
        content = await client.containers.files.content.retrieve(file.id, container_id=container.id)
        skill = await client.skills.create(files=[("SKILL.md", SKILL)])
        return content.content, [each.name async for each in client.skills.list()] == [skill.name]

    assert ask(wish) == (b"hello", True)
