"""The registry of families: complete, and read only as far as requests need."""

import pkgutil
import subprocess
import sys

from fakeopenai import api
from fakeopenai.resource import Routes

START = """
import sys
from fakeopenai import api, emulator, serving, wire

body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}
chat = wire.Request("POST", "/chat/completions", body=body, key="sk-test")
assert emulator.Emulator().respond(chat).status == 200
print(*(module for module in api.MODULES if f"fakeopenai.api.{module}" in sys.modules))
"""


def test_every_module_that_registers_something_stands_in_the_registry() -> None:
    modules = {module.name for module in pkgutil.iter_modules(api.__path__)}

    registering = {name for name in modules if isinstance(getattr(_module(name), "routes", None), Routes)}

    assert registering == set(api.MODULES)


def test_what_a_module_registers_is_found_by_its_name() -> None:
    operations = {operation for module in api.MODULES for operation in api.routes(module)}
    readers = {operation for module in api.MODULES for operation in api.routes(module).readers}

    assert operations == {operation for operation in operations if operation in api.HANDLERS}
    assert readers == {operation for operation in readers if operation in api.READERS}


def test_a_course_is_found_whoever_was_imported_before() -> None:
    fresh = api.Courses()

    assert fresh["batch"].name == "batch"
    assert fresh["run expiry"] is api.COURSES["run expiry"]


def test_a_chat_imports_no_other_family() -> None:
    started = subprocess.run([sys.executable, "-c", START], check=True, capture_output=True, text=True)

    assert started.stdout.split() == ["chat", "moderations"]


def _module(name: str) -> object:
    return getattr(__import__(f"fakeopenai.api.{name}").api, name)
