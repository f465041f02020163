"""AI components against a server that speaks the real wire format, through langchain-openai."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from apps.credentials.errors import translate
from pipelit.errors import TransientError, UserError
from tests.doubles.openai_server import CUT_OFF, GARBAGE, Fault, OpenAIServer, Say, tool

from .twin import FakeCtx, human, run, tool_of


class Tokens(BaseCallbackHandler):
    def __init__(self) -> None:
        self.seen: list[Any] = []

    def on_llm_new_token(self, token: Any, **kwargs: Any) -> None:
        self.seen.append(token)


class WiredCtx(FakeCtx):
    """A twin whose model is a real client of the server."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.tokens = Tokens()

    def llm(self) -> BaseChatModel:
        return ChatOpenAI(
            model="test-model", base_url=self.url, api_key=SecretStr("x"), streaming=True, stream_usage=True,
            max_retries=0, timeout=5, use_responses_api=False, callbacks=[self.tokens],
        )  # fmt: skip


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        yield running


def test_agent_with_tools(server: OpenAIServer) -> None:
    ctx = WiredCtx(server.url)
    ctx.attached = [tool_of("calculator"), tool_of("http_request"), tool_of("datetime")]
    two = Say("Let me see.", (("calculator", {"expression": "6*7"}), ("calculator", {"expression": "1/0"})))
    server.reply(two, "The answer is 42.")
    out = run("agent", {"system_prompt": "Be exact."}, ctx, messages=[human("6*7?")])
    assert out["output"] == "The answer is 42."
    assert [m["type"] for m in out["messages"]] == ["human", "ai"]
    first, second = (chat.body for chat in server.chats)
    assert [t["function"]["name"] for t in first["tools"]] == ["calculator", "node", "datetime"]
    assert [m["role"] for m in second["messages"]] == ["system", "user", "assistant", "tool", "tool"]
    assert [m["content"] for m in second["messages"][3:]] == ["42", "Error: Cannot work out '1/0': it divides by zero."]
    assert "answer " in "".join(ctx.tokens.seen)
    usage = ctx.journal["model[1]"]["message"]["data"]["usage_metadata"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (11, 7)


def test_categorizer_and_schema_by_forced_tool(server: OpenAIServer) -> None:
    server.reply(tool("categorize", category="b", confidence=0.8), tool("answer", n=1))
    config = {"categories": [{"name": "a"}, {"name": "b"}]}
    out = run("categorizer", config, WiredCtx(server.url), messages=[human("x")])
    assert (out["_route"], out["confidence"]) == ("b", 0.8)
    assert server.chats[0].body["tool_choice"] == {"type": "function", "function": {"name": "categorize"}}
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    assert run("llm", {"output_schema": schema}, WiredCtx(server.url), prompt="x")["data"] == {"n": 1}


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Fault(429), TransientError),
        (Fault(503), TransientError),
        (Fault(401), UserError),
        (GARBAGE, TransientError),
        (CUT_OFF, TransientError),
    ],
)
def test_failures_of_the_server_are_known(server: OpenAIServer, reply: Any, kind: type[Exception]) -> None:
    server.reply(reply)
    with pytest.raises(Exception) as caught:
        run("llm", {}, WiredCtx(server.url), prompt="x")
    assert isinstance(translate(caught.value), kind)
