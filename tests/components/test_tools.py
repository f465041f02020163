from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from apps.workflows import configs
from apps.workflows.components.base import Effect
from apps.workflows.components.tools import _arithmetic
from pipelit.errors import ConfigError, TransientError, UserError

from .twin import FakeCtx, component, config_of, run, tool_of

JSON = {"content-type": "application/json"}


class TestCalculator:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("1 + 2 * 3", 7),
            ("(3+4)*2**8", 1792),
            ("2^10", 1024),
            ("-7 // 2", -4),
            ("10 % 4", 2),
            ("round(sqrt(2), 3)", 1.414),
            ("max(1, 2, 3) - min(4, 5)", -1),
            ("2 ** -1", 0.5),
            ("1 < 2 <= 2", True),
            (" pi > 3 ", True),
        ],
    )
    def test_values(self, text: str, value: Any) -> None:
        assert run("calculator", {"expression": text}) == {"output": value}

    @pytest.mark.parametrize(
        "text",
        [
            "9**9**9",
            "10 ** (10 ** 7)",
            "2 ** 5000",
            "1/0",
            "1 +",
            "__import__('os')",
            "a",
            "'a' * 9",
            "[1] * 9",
            "(1).real",
            "lambda: 1",
            "1 if 1 else 2",
            "sqrt(-1)",
            "(-8) ** 0.5",
            "exp(1000)",
            "1e308 * 10",
            "round(1, 10**9)",
            "abs(x=1)",
            "x" * 2000,
            "(" * 300 + "1" + ")" * 300,
            "+".join(["1"] * 400),
            "",
            "1 << 9",
            "f'{1}'",
            "min()",
        ],
    )
    def test_refused(self, text: str) -> None:
        with pytest.raises(UserError, match="Cannot work out") as caught:
            _arithmetic.evaluate(text)
        assert caught.value.code == "config_error"

    def test_takes_the_edge(self) -> None:
        assert run("calculator", {}, input="6*7") == {"output": 42}
        assert run("calculator", {}, input=3) == {"output": 3}
        with pytest.raises(ConfigError):
            run("calculator", {}, input={"a": 1})

    def test_as_tool(self) -> None:
        assert tool_of("calculator").invoke({"expression": "6 * 7"}) == 42
        with pytest.raises(UserError):
            tool_of("calculator").invoke({"expression": "import"})


class TestDatetime:
    def out(self, **config: Any) -> Any:
        return run("datetime", config)["output"]

    def test_now(self) -> None:
        now = self.out(timezone="Asia/Tokyo")
        assert now["iso"].endswith("+09:00")
        assert now["timezone"] == "Asia/Tokyo"

    def test_calendar_and_clock_over_a_change(self) -> None:
        start = {"operation": "add", "value": "2026-03-28T12:00:00", "timezone": "Europe/Prague"}
        assert self.out(**start, amount=1, unit="days")["iso"] == "2026-03-29T12:00:00+02:00"
        assert self.out(**start, amount=24, unit="hours")["iso"] == "2026-03-29T13:00:00+02:00"

    def test_months(self) -> None:
        start = {"value": "2026-01-31T00:00:00", "unit": "months"}
        assert self.out(**start, operation="add", amount=1)["date"] == "2026-02-28"
        assert self.out(**start, operation="subtract", amount=2)["date"] == "2025-11-30"
        assert self.out(operation="add", value="2024-02-29", amount=1, unit="years")["date"] == "2025-02-28"
        with pytest.raises(ConfigError, match="whole numbers"):
            self.out(**start, operation="add", amount=0.5)

    def test_difference_and_format(self) -> None:
        span = self.out(operation="difference", value="2026-01-01", other="2026-01-02T12:00:00Z")
        assert span == {"seconds": 129_600, "minutes": 2160, "hours": 36, "days": 1.5, "text": "1 day, 12:00:00"}
        shown = self.out(
            operation="convert", value="2026-01-01T00:00:00Z", timezone="America/New_York", format="%d.%m.%Y %H:%M"
        )
        assert shown["text"] == "31.12.2025 19:00"

    @pytest.mark.parametrize(
        "bad",
        [
            {"timezone": "Mars/Base"},
            {"timezone": "../../etc/passwd"},
            {"operation": "convert", "value": "soon"},
            {"operation": "add", "amount": 1e9, "unit": "years"},
            {"operation": "add", "amount": 1e9, "unit": "weeks"},
        ],
    )
    def test_refused(self, bad: dict[str, Any]) -> None:
        with pytest.raises(ConfigError):
            self.out(**bad)

    def test_as_tool(self) -> None:
        tool = tool_of("datetime", {"timezone": "Europe/Prague"})
        got = tool.invoke({"operation": "add", "value": "2026-01-01T00:00:00", "amount": 1, "unit": "hours"})
        assert got["iso"] == "2026-01-01T01:00:00+01:00"
        with pytest.raises(ValidationError):
            tool.invoke({"operation": "guess"})

    def test_check(self) -> None:
        assert configs.faults(component("datetime"), {"timezone": "Mars/Base"}).missing


class TestHttpRequest:
    URL = "https://api.example.com/x"

    def ask(self, *responses: Any, ctx: FakeCtx | None = None, **config: Any) -> tuple[Any, dict[str, Any]]:
        world = ctx or FakeCtx()
        world.http.responses = list(responses)
        return run("http_request", {"url": self.URL, **config}, world)["output"], world.http.requests[-1]

    def test_json_and_text(self) -> None:
        assert self.ask({"headers": {"Content-Type": "application/json; charset=utf-8"}, "body": {"a": 1}})[0] == {
            "status": 200,
            "headers": {"content-type": "application/json; charset=utf-8"},
            "body": {"a": 1},
            "truncated": False,
        }
        assert self.ask({"headers": JSON, "body": "oops"})[0]["body"] == "oops"
        assert self.ask({"headers": JSON, "body": b'{"a": 1', "truncated": True})[0]["truncated"] is True
        assert self.ask({"headers": JSON, "body": "[NaN]"})[0]["body"] == "[NaN]"
        assert self.ask({"body": '{"a": 1}'})[0]["body"] == '{"a": 1}'
        assert self.ask({"body": '{"a": 1}'}, response_format="json")[0]["body"] == {"a": 1}
        assert self.ask({"headers": JSON, "body": "{}"}, response_format="text")[0]["body"] == "{}"
        assert self.ask({"headers": {"content-type": "text/plain; charset=latin-1"}, "body": b"\xe9"})[0]["body"] == "é"
        assert self.ask({"headers": {"content-type": "text/plain; charset=nonsense"}, "body": b"e"})[0]["body"] == "e"
        with pytest.raises(UserError, match="answered no JSON"):
            self.ask({"body": "<html>"}, response_format="json")

    def test_request(self) -> None:
        _, sent = self.ask({}, method="POST", query={"q": 1}, headers={"X-A": "b"}, body={"n": "ž"}, timeout=5)
        assert sent["params"] == {"q": 1}
        assert sent["content"] == '{"n": "ž"}'.encode()
        assert sent["headers"] == {"X-A": "b", "Content-Type": "application/json", "Idempotency-Key": "run:node:1"}
        assert sent["timeout"] == 5
        _, sent = self.ask({}, method="POST", body="plain", headers={"content-type": "text/csv"})
        assert sent["headers"]["content-type"] == "text/csv"
        assert "Content-Type" not in sent["headers"]
        _, sent = self.ask({})
        assert sent["headers"] == {}
        assert sent["content"] is None

    @pytest.mark.parametrize("status", [429, 500, 502, 503])
    def test_may_pass_by_itself(self, status: int) -> None:
        with pytest.raises(TransientError, match=f"answered {status}: busy") as caught:
            self.ask({"status": status, "body": "busy", "headers": {"Retry-After": "7"}})
        assert caught.value.code == "http_error"
        assert caught.value.retry_after == 7
        assert caught.value.undone == (status != 502)

    @pytest.mark.parametrize(
        "said", ["soon", "nan", "-3", "Wed, 21 Oct 2015 07:28:00 GMT", f"Wed, 21 Oct {'9' * 20} 07:28:00 GMT"]
    )
    def test_odd_retry_after(self, said: str) -> None:
        with pytest.raises(TransientError) as caught:
            self.ask({"status": 503, "headers": {"retry-after": said}})
        assert caught.value.retry_after in (None, 0.0)

    def test_messages_hide_the_query(self) -> None:
        with pytest.raises(UserError) as caught:
            self.ask({"status": 404}, url=f"{self.URL}?key=secret")
        assert caught.value.detail == f"{self.URL} answered 404"

    def test_other_statuses(self) -> None:
        with pytest.raises(UserError, match="answered 404: no such thing") as caught:
            self.ask({"status": 404, "body": "no such thing"})
        assert caught.value.code == "http_error"
        assert self.ask({"status": 404, "body": "x"}, fail_on_status=False)[0]["status"] == 404

    def test_credentials(self) -> None:
        secret = {"id": 3, "name": "c", "credential_type": "http"}
        ctx = FakeCtx(credentials={3: {**secret, "headers": {"Authorization": "Bearer t"}, "params": {}}})
        _, sent = self.ask({}, ctx=ctx, credential_id=3, headers={"Authorization": "mine"}, query={"a": 1})
        assert sent["headers"] == {"Authorization": "Bearer t"}
        assert sent["params"] == {"a": 1}
        ctx = FakeCtx(credentials={3: {**secret, "headers": {}, "params": {"key": "v"}}})
        _, sent = self.ask({}, ctx=ctx, credential_id=3, query={"a": 1})
        assert sent["params"] == {"a": 1, "key": "v"}

    def test_bad_credentials(self) -> None:
        ctx = FakeCtx(credentials={3: {"id": 3, "name": "c", "credential_type": "llm"}})
        with pytest.raises(ConfigError, match="one of kind http"):
            self.ask({}, ctx=ctx, credential_id=3)
        with pytest.raises(ConfigError, match="no credential 4"):
            self.ask({}, ctx=ctx, credential_id=4)

    def test_effects(self) -> None:
        kind = component("http_request")

        def effect(**config: Any) -> Effect:
            return kind.effect_of(config_of(kind, config, {}))

        assert effect() is effect(method="HEAD") is effect(method="POST", idempotent=True) is Effect.IDEMPOTENT
        assert effect(method="POST") is effect(method="DELETE") is Effect.UNSAFE

    def test_no_address(self) -> None:
        with pytest.raises(ConfigError, match="no address"):
            run("http_request", {})
        assert component("http_request").check({"url": "ftp://x"})
        assert not component("http_request").check({"url": "{{ trigger.payload.url }}"})

    def test_as_tool_the_agent_gives_what_is_open(self) -> None:
        ctx = FakeCtx(http=[{"headers": JSON, "body": [1]}, {"body": "ok"}])
        tool = tool_of("http_request", {}, ctx)
        assert set(tool.args) == {"url", "method", "query", "body"}
        assert tool.metadata == {"node_id": "node", "effect": "unsafe"}
        assert tool.invoke({"url": self.URL, "query": {"a": "1"}})["body"] == [1]
        fixed = tool_of("http_request", {"url": self.URL, "method": "POST"}, ctx)
        assert set(fixed.args) == {"query", "body"}
        fixed.invoke({"body": {"n": 1}, "query": {}})
        assert ctx.http.requests[1]["content"] == b'{"n": 1}'
        assert ctx.http.requests[1]["method"] == "POST"
        with pytest.raises(ValidationError):
            tool.invoke({"url": self.URL, "method": "HACK"})

    def test_as_tool_a_credential_needs_an_address(self) -> None:
        with pytest.raises(ConfigError, match="could send it anywhere"):
            tool_of("http_request", {"credential_id": 3})
