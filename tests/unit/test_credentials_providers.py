"""Chat models over the real wire format, and what their failures become."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool as as_tool

from apps.credentials import actions, masking
from apps.credentials.errors import translate
from pipelit.errors import ConfigError, PipelitError, TransientError, UserError
from tests.doubles.openai_server import CUT_OFF, GARBAGE, NO_JSON, Fault, Hang, OpenAIServer, Raw, Reply, Say, tool

pytestmark = pytest.mark.django_db
pytest_plugins = ["tests.doubles.fixtures"]


@as_tool
def calculator(expression: str) -> str:
    """Does sums."""
    return expression


@pytest.fixture
def credential(openai_server: OpenAIServer, allow_loopback: None) -> int:
    detail = {
        "provider_type": "openai_compatible", "base_url": openai_server.url, "api_key": "sk-key-0123456789abcdef",
        "prices": {"test": {"input": "1000", "output": "2000", "cached": "500"}},
    }  # fmt: skip
    return actions.create(None, "x", "llm", detail).pk


def model(credential: int, **params: Any) -> Any:
    return actions.chat_model(credential, {"model_name": "test-model", "timeout": 5, **params})


def failure(call: Any, *args: Any) -> PipelitError:
    with pytest.raises(Exception) as caught:
        call(*args)
    found = translate(caught.value)
    assert found is not None, repr(caught.value)
    return found


def test_invoke_streams_and_counts(credential: int, openai_server: OpenAIServer) -> None:
    openai_server.reply(Say("Hello my friend", cached=4))
    answer = model(credential, temperature=0.5, max_tokens=9).invoke("hi")
    assert answer.text == "Hello my friend"
    usage = answer.usage_metadata
    assert (usage["input_tokens"], usage["output_tokens"]) == (11, 7)
    (sent,) = openai_server.chats
    assert sent.body["stream"] is True
    assert sent.body["stream_options"] == {"include_usage": True}
    assert sent.body["temperature"] == 0.5
    assert 9 in (sent.body.get("max_tokens"), sent.body.get("max_completion_tokens"))
    assert sent.headers["authorization"] == "Bearer sk-key-0123456789abcdef"
    assert str(actions.cost_of(credential, "test-model", usage)) == "0.023"
    assert actions.cost_of(credential, "unknown", usage) is None


def test_tool_calls(credential: int, openai_server: OpenAIServer) -> None:
    openai_server.reply(tool("calculator", expression="12*3"), "36")
    bound = model(credential).bind_tools([calculator])
    answer = bound.invoke("sum?")
    assert [(call["name"], call["args"]) for call in answer.tool_calls] == [("calculator", {"expression": "12*3"})]
    assert openai_server.chats[0].body["tools"][0]["function"]["name"] == "calculator"


def test_response_format(credential: int, openai_server: OpenAIServer) -> None:
    openai_server.reply("{}", "{}")
    model(credential, response_format="json_object").invoke("x")
    assert openai_server.chats[0].body["response_format"] == {"type": "json_object"}
    schema = {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}}
    model(credential, response_format=schema).invoke("x")
    assert openai_server.chats[1].body["response_format"]["type"] == "json_schema"


@pytest.mark.parametrize(
    ("reply", "cls", "code", "retry_after"),
    [
        (Fault(429, "slow down", retry_after=7), TransientError, "rate_limited", 7),
        (Fault(500), TransientError, "model_error", None),
        (Fault(503, retry_after=3), TransientError, "model_error", 3),
        (Fault(400, "bad schema", type="invalid_request_error"), UserError, "model_error", None),
        (Fault(401), UserError, "model_error", None),
        (Fault(403), UserError, "model_error", None),
        (Fault(404, "no such model"), UserError, "model_error", None),
        (GARBAGE, TransientError, "model_error", None),
        (CUT_OFF, TransientError, "model_error", None),
        (NO_JSON, TransientError, "model_error", None),
        (Raw(b"", "text/event-stream"), TransientError, "model_error", None),
        (Raw(b"data: 5\n\ndata: [DONE]\n\n"), TransientError, "model_error", None),
        (Raw(b'data: {"choices": [5]}\n\n'), TransientError, "model_error", None),
        (Raw(b"upstream died", "text/plain", 502), TransientError, "model_error", None),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_failures(
    credential: int, openai_server: OpenAIServer, reply: Reply, cls: type, code: str, retry_after: float | None
) -> None:
    openai_server.reply(reply)
    found = failure(model(credential).invoke, "x")
    assert isinstance(found, cls), found
    assert found.code == code
    assert getattr(found, "retry_after", None) == retry_after
    assert len(openai_server.chats) == 1  # the engine retries, not the client
    assert found.detail


@pytest.mark.parametrize("reply", [Hang(), Hang(("Hello ",))])
def test_a_server_that_hangs(credential: int, openai_server: OpenAIServer, reply: Reply) -> None:
    openai_server.reply(reply)
    found = failure(model(credential, timeout=0.2).invoke, "x")
    assert isinstance(found, TransientError)
    assert "in time" in found.detail


def test_nobody_listens(credential: int, allow_loopback: None, users: Any) -> None:
    actions.update(users.ada, credential, detail={"base_url": "http://127.0.0.1:9/v1"})
    assert isinstance(failure(model(credential).invoke, "x"), TransientError)


def test_a_refused_address(credential: int, openai_server: OpenAIServer, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = []
    found = failure(model(credential).invoke, "x")
    assert not found.retryable
    assert openai_server.requests == []


def test_bugs_are_not_translated() -> None:
    with pytest.raises(KeyError) as caught:
        _ = {}["x"]  # type: ignore[var-annotated]
    assert translate(caught.value) is None
    assert translate(RuntimeError("x")) is None
    error = UserError("mine")
    assert translate(error) is error


def test_many_at_once(credential: int, openai_server: OpenAIServer) -> None:
    made = [model(credential) for _ in range(16)]
    answers: list[str] = []
    threads = [
        threading.Thread(target=lambda number=number: answers.append(made[number].invoke(f"n{number}").text))
        for number in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == sorted(f"You said: n{number}" for number in range(16))


def test_a_model_must_be_chosen(credential: int) -> None:
    with pytest.raises(ConfigError, match="model_name"):
        actions.chat_model(credential, {})
    with pytest.raises(ConfigError, match="999"):
        actions.chat_model(999, {"model_name": "x"})
    http = actions.create(None, "h", "http", {"auth_type": "bearer", "token": "t"})
    with pytest.raises(ConfigError):
        actions.chat_model(http.pk, {"model_name": "x"})


def test_demo_by_credential() -> None:
    script = ["scripted", {"tool_calls": [{"name": "calculator", "args": {"expression": "1"}}]}]
    row = actions.create(None, "d", "llm", {"provider_type": "demo", "script": script})
    made = actions.chat_model(row.pk, {})
    assert made.invoke([HumanMessage("x")]).text == "scripted"
    assert actions.chat_model(row.pk, {"script": ["other"]}).invoke("x").text == "other"
    assert actions.cost_of(row.pk, "demo", {"input_tokens": 5}) == 0


class TestAnthropic:
    @pytest.fixture
    def credential(self, openai_server: OpenAIServer, allow_loopback: None) -> int:
        base = openai_server.url.removesuffix("/v1")
        detail = {"provider_type": "anthropic", "base_url": base, "api_key": "sk-ant-0123456789abcdef"}
        return actions.create(None, "a", "llm", detail).pk

    def test_goes_through_the_guarded_client(self, users: Any, credential: int, openai_server: OpenAIServer) -> None:
        assert actions.list_models(users.ada, credential)[0]["id"] == "test-model"
        sent = openai_server.requests[0].headers
        assert "sk-ant-0123456789abcdef" in (sent.get("x-api-key", ""), sent.get("authorization", "").split()[-1])
        made = actions.chat_model(credential, {"model_name": "claude-haiku-4-5", "timeout": 5})
        found = failure(made.invoke, "x")  # the double speaks no Anthropic: it answers 404
        assert (type(found), found.code) == (UserError, "model_error")
        assert openai_server.requests[1].path == "/v1/messages"

    def test_refuses_what_it_cannot_do(self, credential: int) -> None:
        for params in ({"frequency_penalty": 1}, {"response_format": "json_object"}):
            with pytest.raises(ConfigError):
                actions.chat_model(credential, {"model_name": "claude-haiku-4-5", **params})


def test_masking() -> None:
    assert masking.mask("short") == "****"
    assert masking.mask("") == ""
    assert masking.keep_masked({"a": "****", "b": "new"}, {"a": "short", "b": "old"}) == {"a": "short", "b": "new"}
    assert masking.keep_masked("****", "") == "****"
    assert masking.texts({"a": ["x", ""], "b": None, "c": "y"}) == ["x", "y"]
    assert masking.blot("say abcdef", ["abc", "abcdef", ""]) == "say ****"
