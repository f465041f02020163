from __future__ import annotations

import pytest

from apps.workflows import configs
from apps.workflows.components.triggers._form_schema import kind_of
from pipelit.errors import UserError

from .twin import FakeCtx, component, run


def event(**parts: object) -> FakeCtx:
    return FakeCtx(scope={"trigger": parts})


def test_an_event_without_parts_gives_empty_values() -> None:
    assert run("trigger_manual", ctx=event()) == {"payload": {}, "text": ""}
    assert run("trigger_workflow", ctx=event()) == {"payload": {}, "text": ""}
    assert run("trigger_webhook", ctx=event()) == {"body": {}, "headers": {}, "query": {}, "payload": {}}
    assert run("trigger_error", ctx=event())["error"]["message"] is None
    assert run("trigger_chat", ctx=event())["messages"] == [{"type": "human", "data": {"content": ""}}]


def test_webhook_body_may_be_a_text() -> None:
    assert run("trigger_webhook", ctx=event(body="a=1", payload={}))["body"] == "a=1"


def test_manual_payload_must_fit_its_form() -> None:
    form = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    assert run("trigger_manual", {"input_schema": form}, event(payload={"n": 1}))["payload"] == {"n": 1}
    with pytest.raises(UserError, match="n: 'x' is not of type 'integer'"):
        run("trigger_manual", {"input_schema": form}, event(payload={"n": "x"}))
    with pytest.raises(UserError, match="'n' is a required property"):
        run("trigger_manual", {"input_schema": form}, event())


def test_the_schema_tells_the_methods_of_a_webhook() -> None:
    methods = component("trigger_webhook").Config.model_json_schema()["properties"]["methods"]
    assert (methods["default"], "None chosen: POST." in methods["description"]) == (["POST"], True)


def test_webhook_without_secret_is_unfinished_unless_none_is_chosen() -> None:
    kind = component("trigger_webhook")
    assert "secret" in configs.faults(kind, {"path": "x"}).missing
    assert not configs.faults(kind, {"path": "x", "auth": "none"}).missing
    assert not configs.faults(kind, {"path": "x", "auth": "github", "secret": "s"}).missing


@pytest.mark.parametrize(
    "bad", [{"path": "a b"}, {"methods": []}, {"methods": ["TRACE"]}, {"auth": "basic"}, {"retries": 1}]
)
def test_webhook_refuses(bad: dict[str, object]) -> None:
    assert configs.faults(component("trigger_webhook"), bad).errors.keys() == bad.keys()


def test_source_workflow_lies_in_trigger_config() -> None:
    kind = component("trigger_workflow")
    wire = configs.unflatten({"source_workflow": "parent", "priority": 3}, kind)
    assert wire["trigger_config"] == {"source_workflow": "parent"}
    assert wire["priority"] == 3


def test_a_forms_payload_must_fit_it() -> None:
    form = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    config = {"input_schema": form, "access": "public"}
    assert run("trigger_form", config, event(payload={"n": 1})) == {"payload": {"n": 1}}
    with pytest.raises(UserError, match="'n' is a required property"):
        run("trigger_form", config, event())


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "maxLength": 201}, "textarea"),
        ({"type": "string", "format": "uri"}, "url"),
        ({"type": "string", "format": "no-such-format"}, "text"),
        ({"type": "integer", "enum": [1, 2]}, "choice"),
        ({"oneOf": [{"const": 1, "title": "One"}]}, "choice"),
        ({"type": "array", "items": {"type": "string"}}, ""),
        ({"type": "array"}, ""),
        ({"type": ["string", "null"]}, ""),
        ({"type": "object"}, ""),
        ({}, ""),
    ],
)
def test_how_a_form_shows_a_property(part: dict[str, object], kind: str) -> None:
    assert kind_of(part) == kind
