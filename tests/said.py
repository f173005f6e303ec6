"""What the walk through all operations says where schemas don't know what to say, and where it finds things."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from fakeopenai.api import safety
from fakeopenai.media import film, pictures, sound
from fakeopenai.rules import Rule
from fakeopenai.wire import Object, Upload

if TYPE_CHECKING:
    from tests.walk import Walk

MODEL = "gpt-4o-mini"

TEXT = Upload("notes.txt", "text/plain", b"The harbour opens at nine.")
PICTURE = Upload("cat.png", "image/png", pictures.picture("a cat", "1024x1024", "png"))
CLEAR_PICTURE = Upload("cat.png", "image/png", pictures.picture("a cat", "256x256", "png", transparent=True))
SOUND = Upload("words.wav", "audio/wav", sound.speech("Good morning", "wav"))
FILM = Upload("film.mp4", "video/mp4", film.movie("a cat", 1, "320x192"))
SKILL = Upload(
    "SKILL.md", "text/markdown", b"---\nname: harbour\ndescription: Knows the harbour.\n---\nIt opens at nine.\n"
)


def lines(*rows: Object, name: str = "rows.jsonl") -> Upload:
    return Upload(name, "application/jsonl", "\n".join(map(json.dumps, rows)).encode())


CHAT: Object = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}]}
ANSWERED: Object = {"messages": [*CHAT["messages"], {"role": "assistant", "content": "Good morning"}]}
TRAINING = lines(*[ANSWERED] * 12)
PAIRS = lines(*[{"prompt": "Hello ->", "completion": " Good morning\n"}] * 12)
ROWS = lines({"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": CHAT})

CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBszCCAVmgAwIBAgIUHx
-----END CERTIFICATE-----"""

SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
TRANSPORT: Object = {"type": "webrtc", "sdp": SDP}

WEATHER: Object = {"type": "function", "function": {"name": "get_weather"}}
HELLO: Object = {"model": MODEL, "input": "Hello"}
GRADER: Object = {"type": "string_check", "name": "same", "input": "{{sample.output_text}}"}
GRADER |= {"reference": "a", "operation": "eq"}

ROOTS = ("/organization", "/organization/projects/{project_id}")
USER = {"role": "user", "content": "Hello"}


def uploaded(walk: Walk, content: Upload, purpose: str) -> str:
    return str(walk.api.post("/files", {"purpose": purpose}, files={"file": [content]}).json["id"])


def video(walk: Walk) -> str:
    return walk.finished("/videos", walk.make("/videos"))


def fine_tuned(walk: Walk) -> str:
    """A model that was fine-tuned in this world."""
    job = walk.finished("/fine_tuning/jobs", walk.make("/fine_tuning/jobs"))
    return str(walk.api.get(f"/fine_tuning/jobs/{job}").json["fine_tuned_model"])


def session(walk: Walk) -> str:
    """An agent's session in which a subagent worked and a file was written."""
    order = {"type": "create_subagent_call", "content": "Why is the sky blue?"}
    walk.api.world.rules.add(
        Rule.read({"when": {"contains": "Delegate"}, "steps": [{"hosted": order}, {"say": "Ok."}]})
    )
    return walk.make(
        "/agents/sessions", {"environment": {"type": "openai_hosted"}, "input": "Delegate. Write a poem to poem.txt"}
    )


RUNS = "/threads/{thread_id}/runs"


def run(walk: Walk) -> Object:
    """A run is asked of a thread when no other run is busy with it."""
    finish_runs(walk)
    return {"assistant_id": walk.at("/assistants")}


def finish_runs(walk: Walk) -> None:
    """Let all runs of the thread come to their end."""
    for earlier in walk.get(f"/threads/{walk.at('/threads')}/runs").json["data"]:
        walk.finished(RUNS, earlier["id"])


def waiting_run(walk: Walk) -> str:
    """A run that waits for what a tool says."""
    more = {"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "get_weather"}}}
    return walk.finished(RUNS, walk.make(RUNS, more))


def outputs(walk: Walk) -> Object:
    """What the tools say that the waiting run asked for."""
    thread = walk.at("/threads")
    run = walk.get(f"/threads/{thread}/runs").json["data"][0]
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    return {"tool_outputs": [{"tool_call_id": call["id"], "output": "sunny"} for call in calls]}


def safety_case(walk: Walk) -> str:
    """A case; nothing that can be asked of the API opens one."""
    walk.api.world.drawer(safety.cases.collection).put({"id": "case_1", "object": "safety.case", "created_at": 0})
    return "case_1"


def safety_alert(walk: Walk) -> str:
    return str(safety.alert(walk.api.world, walk.api.world.names("walk"))["id"])


def project_key(walk: Walk) -> str:
    walk.at("/organization/projects/{project_id}/service_accounts")
    return walk.listed("/organization/projects/{project_id}/api_keys")


def member(walk: Walk) -> str:
    """A user who was invited and accepted."""
    walk.make("/organization/invites", {"email": "ann@example.com"})
    walk.api.world.clock.advance(86_400)
    return walk.listed("/organization/users", -1)


def paused_job(walk: Walk) -> str:
    id = walk.make("/fine_tuning/jobs")
    walk.api.post(f"/fine_tuning/jobs/{id}/pause")
    return id


def phone_call(walk: Walk) -> str:
    """A call that comes in: any id of the right form rings."""
    return f"rtc_{len(walk.visits)}"


def active_call(walk: Walk) -> str:
    made = walk.api.post("/realtime/calls", {"sdp": SDP})
    return made.headers["location"].rpartition("/")[2]


def stored_live_session(walk: Walk) -> str:
    return walk.make("/live/sessions", {"session": {"model": "gpt-live-1", "store": True}})


PLACES: Mapping[str, Callable[[Walk], str]] = {
    "/models": lambda _: MODEL,
    "/engines": lambda _: MODEL,
    "/fine_tuning/checkpoints": fine_tuned,
    "/agents/sessions": session,
    "/chatkit/threads": lambda walk: walk.make("/chatkit/sessions") and walk.listed("/chatkit/threads"),
    "/live/sessions": stored_live_session,
    RUNS: lambda walk: walk.finished(RUNS, walk.make(RUNS)),
    "/safety/alerts": safety_alert,
    "/safety/cases": safety_case,
    "/operations/images": lambda walk: walk.make("/images/generations:submit"),
    "/organization/projects/{project_id}/api_keys": project_key,
    "/organization/users": member,
    "/projects": lambda walk: walk.at("/organization/projects"),
    "/projects/{project_id}/groups": lambda walk: walk.at("/organization/groups"),
    "/projects/{project_id}/users": lambda walk: walk.at("/organization/users"),
    "/videos": video,
}
"""How something is found in a collection, where it isn't made by asking for it there."""

ON_SOMETHING_NEW: Mapping[str, Callable[[Walk], str]] = {
    "GET /agents/sessions/{session_id}/events": lambda walk: walk.make("/agents/sessions"),
    "POST /batches/{batch_id}/cancel": lambda walk: walk.make("/batches"),
    "POST /realtime/calls/{call_id}/accept": phone_call,
    "POST /realtime/calls/{call_id}/hangup": phone_call,
    "POST /realtime/calls/{call_id}/reject": phone_call,
    "POST /realtime/calls/{call_id}/refer": active_call,
    "POST /live/sessions/{session_id}/accept": lambda _: "live_1",
    "POST /live/sessions/{session_id}/reject": lambda _: "live_2",
    "POST /live/sessions/{session_id}/hangup": stored_live_session,
    "POST /live/sessions/{session_id}/refer": stored_live_session,
    "DELETE /models/{model}": fine_tuned,
    "DELETE /responses/{response_id}?beta=true": lambda walk: walk.make("/responses"),
    "POST /engines/{engine}/completions": lambda _: "davinci",
    "POST /engines/{engine}/edits": lambda _: "text-davinci-edit-001",
    "POST /engines/{engine}/embeddings": lambda _: "text-embedding-ada-002",
    "POST /engines/{engine}/generate": lambda _: "davinci",
    "POST /engines/{engine}/search": lambda _: "ada",
    "POST /fine_tuning/jobs/{fine_tuning_job_id}/resume": paused_job,
    "POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs": waiting_run,
    "POST /threads/{thread_id}/runs/{run_id}/cancel": lambda walk: walk.make(RUNS),
    "POST /uploads/{upload_id}/cancel": lambda walk: walk.make("/uploads"),
    "POST /organization/projects/{project_id}/archive": lambda walk: walk.make("/organization/projects"),
    "POST /evals/{eval_id}/runs/{run_id}": lambda walk: walk.make("/evals/{eval_id}/runs"),
    "POST /evals/{eval_id}/runs/{run_id}/cancel": lambda walk: walk.make("/evals/{eval_id}/runs"),
    "POST /fine-tunes/{fine_tune_id}/cancel": lambda walk: walk.make("/fine-tunes"),
    **{
        f"POST /fine_tuning/jobs/{{fine_tuning_job_id}}/{deed}": lambda walk: walk.make("/fine_tuning/jobs")
        for deed in ("cancel", "pause")
    },
    **{
        f"POST /responses/{{response_id}}/cancel{beta}": lambda walk: walk.make("/responses", {"background": True})
        for beta in ("", "?beta=true")
    },
}
"""Operations that need something to which nothing was done yet, or something of a certain state."""

OWNERS = {
    "assistant_id": "/assistants",
    "consent": "/audio/voice_consents",
    "environment_id": "/agents/environments",
    "file_id": "/files",
    "group_id": "/organization/groups",
    "project_id": "/organization/projects",
    "role_id": "/organization/roles",
    "service_account_id": "/organization/projects/{project_id}/service_accounts",
    "user_id": "/organization/users",
}
"""Where things are whose ids go by these names in bodies."""

STREAMING: Mapping[str, Object] = {
    "POST /audio/speech": {"stream_format": "sse", "model": "gpt-4o-mini-tts"},
    "POST /audio/transcriptions": {"stream": True, "model": "gpt-4o-transcribe"},
}
"""How a stream is asked for where it isn't by `stream` alone."""

SAID: Mapping[str, Callable[[Walk], Object]] = {
    "POST /files": lambda _: {"file": TEXT, "purpose": "user_data"},
    "POST /uploads": lambda _: {"bytes": 26, "filename": "a.txt", "mime_type": "text/plain", "purpose": "assistants"},
    "POST /uploads/{upload_id}/parts": lambda _: {"data": TEXT},
    "POST /uploads/{upload_id}/complete": lambda walk: {"part_ids": [walk.at("/uploads/{upload_id}/parts")]},
    "POST /chat/completions": lambda _: CHAT | {"store": True},
    "POST /engines/{engine}/chat/completions": lambda _: {"messages": CHAT["messages"]},
    "POST /engines/{engine}/completions": lambda _: {"prompt": "Hello"},
    "POST /engines/{engine}/generate": lambda _: {"context": "Hello"},
    "POST /engines/{engine}/search": lambda _: {"query": "harbour", "documents": ["a harbour", "a cat"]},
    "POST /edits": lambda _: {"model": "text-davinci-edit-001", "input": "Helo", "instruction": "Fix the spelling"},
    "POST /answers": lambda _: {
        "model": "curie",
        "question": "When does the harbour open?",
        "documents": ["The harbour opens at nine."],
        "examples": [["Is it red?", "Yes."]],
        "examples_context": "It is red.",
    },
    "POST /classifications": lambda _: {
        "model": "curie",
        "query": "What a day",
        "examples": [["good day", "Positive"], ["bad day", "Negative"]],
    },
    "POST /completions": lambda _: {"model": "gpt-3.5-turbo-instruct", "prompt": "Hello"},
    "POST /embeddings": lambda _: {"model": "text-embedding-3-small", "input": "Hello"},
    "POST /moderations": lambda _: {"input": "Hello"},
    "POST /audio/speech": lambda _: {"model": "tts-1", "input": "Hello", "voice": "alloy"},
    "POST /audio/transcriptions": lambda _: {"file": SOUND, "model": "whisper-1"},
    "POST /audio/translations": lambda _: {"file": SOUND, "model": "whisper-1"},
    "POST /audio/voice_consents": lambda _: {"language": "en-US", "name": "Ada", "recording": SOUND},
    "POST /audio/voices": lambda walk: {
        "name": "Ada",
        "audio_sample": SOUND,
        "consent": walk.at("/audio/voice_consents"),
    },
    "POST /content_provenance_checks": lambda _: {"file": PICTURE},
    "POST /images/generations": lambda _: {"model": "gpt-image-1", "prompt": "a cat"},
    "POST /images/edits": lambda _: {"image": PICTURE, "model": "gpt-image-1", "prompt": "a hat on the cat"},
    "POST /images/variations": lambda _: {"image": CLEAR_PICTURE, "model": "dall-e-2"},
    "POST /videos/characters": lambda _: {"name": "Ada", "video": FILM},
    "POST /videos/edits": lambda walk: {"prompt": "snow", "video": {"id": walk.at("/videos")}},
    "POST /videos/extensions": lambda walk: {"prompt": "on", "seconds": "4", "video": {"id": walk.at("/videos")}},
    **dict.fromkeys(
        [f"POST /responses{what}{beta}" for what in ("", "/compact", "/input_tokens") for beta in ("", "?beta=true")],
        lambda _: HELLO,
    ),
    "POST /conversations/{conversation_id}/items": lambda _: {"items": [USER]},
    "POST /decisions": lambda _: HELLO | {"questions": [{"type": "predicate", "instructions": "It rains."}]},
    "POST /skills": lambda _: {"files": SKILL},
    "POST /skills/{skill_id}/versions": lambda _: {"files": SKILL},
    "POST /skills/{skill_id}": lambda _: {"default_version": "1"},
    "POST /containers/{container_id}/files": lambda _: {"file": TEXT},
    "POST /vector_stores/{vector_store_id}/file_batches": lambda walk: {"file_ids": [walk.at("/files")]},
    "POST /batches": lambda walk: {
        "completion_window": "24h",
        "endpoint": "/v1/chat/completions",
        "input_file_id": uploaded(walk, ROWS, "batch"),
    },
    "POST /fine_tuning/jobs": lambda walk: {
        "model": "gpt-4o-mini-2024-07-18",
        "training_file": uploaded(walk, TRAINING, "fine-tune"),
    },
    "POST /fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions": lambda walk: {
        "project_ids": [walk.at("/organization/projects")]
    },
    "POST /fine_tuning/alpha/graders/run": lambda _: {"grader": GRADER, "model_sample": "a"},
    "POST /fine_tuning/alpha/graders/validate": lambda _: {"grader": GRADER},
    "POST /fine-tunes": lambda walk: {"training_file": uploaded(walk, PAIRS, "fine-tune")},
    "POST /evals": lambda _: {
        "data_source_config": {"type": "custom", "item_schema": {"type": "object"}, "include_sample_schema": True},
        "testing_criteria": [GRADER],
    },
    "POST /evals/{eval_id}/runs": lambda _: {
        "data_source": {
            "type": "completions",
            "model": MODEL,
            "source": {"type": "file_content", "content": [{"item": {"word": "a"}}]},
            "input_messages": {"type": "template", "template": [USER]},
        }
    },
    "POST /assistants": lambda _: {"model": MODEL},
    "POST /threads": lambda _: {"messages": [USER]},
    "POST /threads/{thread_id}/messages": lambda _: USER,
    "POST /threads/runs": lambda walk: {"assistant_id": walk.at("/assistants"), "thread": {"messages": [USER]}},
    "POST /threads/{thread_id}/runs": run,
    "POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs": outputs,
    "POST /webhook_endpoints": lambda _: {
        "name": "Hook",
        "url": "https://example.com/hook",
        "event_types": ["batch.completed"],
    },
    "POST /agents/sessions": lambda _: {"agent": {"model": "gpt-5"}, "environment": {"type": "none"}, "input": "Hello"},
    "POST /agents/automations": lambda walk: {
        "type": "periodic",
        "name": "Morning",
        "expression": "0 9 * * *",
        "timezone": "UTC",
        "target": {
            "type": "existing_session",
            "instructions": "Say hello.",
            "session_id": walk.at("/agents/sessions"),
        },
    },
    "POST /agents/environments/{environment_id}/files": lambda walk: {
        "type": "file_id",
        "file_id": walk.at("/files"),
        "path": "/workspace/notes.txt",
    },
    "POST /live/sessions": lambda _: {"session": {"model": "gpt-live-1"}, "transport": TRANSPORT},
    "POST /live/sessions/{session_id}/fork": lambda _: {"transport": TRANSPORT},
    "POST /realtime/calls": lambda _: {"sdp": SDP},
    "POST /organization/certificates": lambda _: {"certificate": CERTIFICATE},
    **dict.fromkeys(
        [f"POST {root}/certificates/{deed}" for root in ROOTS for deed in ("activate", "deactivate")],
        lambda walk: {"certificate_ids": [walk.at("/organization/certificates")]},
    ),
    "POST /organization/external_storage": lambda walk: {
        "project_id": walk.at("/organization/projects"),
        "provider": {"type": "aws", "bucket": "notes", "role_arn": "arn:aws:iam::123456789012:role/notes"},
    },
    "POST /organization/projects/{project_id}/users": lambda walk: {
        "user_id": walk.at("/organization/users"),
        "role": "member",
    },
    **dict.fromkeys(
        ["POST /projects/{project_id}/groups/{group_id}/roles", "POST /projects/{project_id}/users/{user_id}/roles"],
        lambda walk: {"role_id": walk.at("/projects/{project_id}/roles")},
    ),
}
"""The bodies of requests that can't be made from their schemas alone."""
