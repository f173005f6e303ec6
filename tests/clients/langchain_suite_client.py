"""LangChain's own suite for chat models, run for a model of ours. The environment says where the API is."""

# mypy: ignore-errors
# the framework lives in an environment of its own

from __future__ import annotations

import sys

import pytest
from langchain_openai import ChatOpenAI
from langchain_tests.integration_tests import ChatModelIntegrationTests


class TestChatCompletions(ChatModelIntegrationTests):
    supports_json_mode = True
    supports_image_inputs = supports_pdf_inputs = False  # these tests would fetch a picture and a document first

    @property
    def chat_model_class(self):
        return ChatOpenAI

    @property
    def chat_model_params(self):
        return {"model": "gpt-4o", "stream_usage": True}


class TestResponses(TestChatCompletions):
    @property
    def chat_model_params(self):
        return super().chat_model_params | {"use_responses_api": True, "output_version": "responses/v1"}


class Lines:
    """A line for each test."""

    def pytest_runtest_logreport(self, report) -> None:
        name = report.nodeid.partition("::")[2]
        if report.failed:
            print(f"\nFAILED {name}: {report.longreprtext.splitlines()[-1]}")
            print(report.longreprtext, file=sys.stderr)
        elif report.passed and report.when == "call":
            print(f"\npassed {name}")


ALONE = ("-c", "/dev/null", "--noconftest", "-p", "no:cacheprovider", "--asyncio-mode=auto", "-W", "ignore")
"""Nothing of this repository's own tests."""

ONE_LOOP = ("-o", "asyncio_default_test_loop_scope=session")
"""The framework keeps its connections from one model to the next."""


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-rN", "--tb=short", *ALONE, *ONE_LOOP], [Lines()]))
