"""The demo model."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel, Field

from apps.credentials.kinds.demo import DemoChatModel, fill


@tool
def calculator(expression: str) -> str:
    """Does sums."""
    return "36"


@tool
def weather(town: str) -> str:
    """Tells the weather."""
    return "fine"


class Category(BaseModel):
    """Choose one."""

    category: Literal["billing", "support", "other"]
    confidence: float = Field(ge=0, le=1)


def test_echo() -> None:
    answer = DemoChatModel().invoke([SystemMessage("Be kind."), HumanMessage("hello there")])
    assert answer.text == "You said: hello there"
    assert answer.usage_metadata == {"input_tokens": 6, "output_tokens": 6, "total_tokens": 12}
    assert DemoChatModel().invoke([]).text


def test_streams_word_by_word() -> None:
    chunks = list(DemoChatModel().stream("one  two\nthree"))
    texts = [chunk.text for chunk in chunks if chunk.text]
    assert "".join(texts) == "You said: one  two\nthree"
    assert len(texts) == 5
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert whole.usage_metadata == DemoChatModel().invoke("one  two\nthree").usage_metadata


def test_invoke_streams_too() -> None:
    from langchain_core.callbacks import BaseCallbackHandler

    class Watcher(BaseCallbackHandler):
        tokens: list[str] = []

        def on_llm_new_token(self, token: Any, **kwargs: Any) -> None:
            self.tokens.append(token)

    watcher = Watcher()
    DemoChatModel(callbacks=[watcher]).invoke("a b c")
    assert "".join(watcher.tokens) == "You said: a b c"


@pytest.mark.parametrize(
    ("text", "sum_"),
    [("what is 12 * 3?", "12 * 3"), ("(1+2)*4.5 please", "(1+2)*4.5"), ("2-1", "2-1"), ("7 / 2 + 1", "7 / 2 + 1")],
)
def test_sums_go_to_the_calculator(text: str, sum_: str) -> None:
    model = DemoChatModel().bind_tools([weather, calculator])
    asked: list[Any] = [HumanMessage(text)]
    call = model.invoke(asked)
    assert [(made["name"], made["args"]) for made in call.tool_calls] == [("calculator", {"expression": sum_})]
    asked += [call, ToolMessage("36", tool_call_id=call.tool_calls[0]["id"])]
    assert model.invoke(asked).text == "The result is 36."


def test_no_calculator_no_sum() -> None:
    assert not DemoChatModel().bind_tools([weather]).invoke("12 * 3").tool_calls
    assert not DemoChatModel().bind_tools([calculator]).invoke("call 555-").tool_calls


def test_structured_output() -> None:
    model = DemoChatModel().with_structured_output(Category)
    assert model.invoke("My Support contract, 0.25 sure") == Category(category="support", confidence=0.25)
    assert model.invoke("nothing fits") == Category(category="other", confidence=1)


def test_json_schema_reply() -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "c", "schema": Category.model_json_schema()}}
    answer = DemoChatModel(response_format=schema).invoke("billing please")
    assert Category.model_validate_json(answer.text).category == "billing"


def test_fill() -> None:
    schema = {
        "type": "object",
        "$defs": {"Age": {"type": "integer", "minimum": 18}},
        "properties": {
            "age": {"$ref": "#/$defs/Age"},
            "ok": {"type": "boolean"},
            "name": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "tags": {"type": "array", "items": {"type": "string"}},
            "pair": {"type": "array", "minItems": 1, "items": {"const": 3}},
        },
    }
    assert fill(schema, "yes, 7") == {"age": 18, "ok": True, "name": "yes, 7", "tags": [], "pair": [3]}


def test_script() -> None:
    script = ["one", {"text": "two", "tool_calls": [{"name": "weather", "args": {"town": "Rome"}}]}]
    model = DemoChatModel(script=script)
    messages: list[Any] = [HumanMessage("go")]
    first = model.invoke(messages)
    assert first.text == "one"
    second = model.invoke([*messages, first])
    assert (second.text, second.tool_calls[0]["args"]) == ("two", {"town": "Rome"})
    assert model.invoke([*messages, first]).tool_calls == second.tool_calls
    assert model.invoke([*messages, first, second]).text == "one"


def test_streamed_tool_calls_are_whole() -> None:
    whole = AIMessageChunk(content="")
    for chunk in DemoChatModel().bind_tools([calculator]).stream("1+1"):
        whole += chunk
    assert whole.tool_calls[0]["args"] == {"expression": "1+1"}
    assert isinstance(DemoChatModel().invoke("x"), AIMessage)
