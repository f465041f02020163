"""The base: health, pages, headers, limits, conventions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client
from rest_framework.test import APIClient, APIRequestFactory

from pipelit import api as base
from pipelit import env, health, redis
from pipelit.errors import Stale, UserError
from pipelit.rendering import JSONParser, JSONRenderer
from tests.conftest import People

pytestmark = pytest.mark.django_db
HTML = {"HTTP_ACCEPT": "text/html"}


def test_healthz(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_admin_pages_have_the_icon_of_the_editor(client: Client) -> None:
    """Else browsers ask for /favicon.ico, which is not there."""
    assert b'rel="icon" href="/static/pipelit/icon.svg"' in client.get("/admin/login/").content


def test_readyz_wants_a_worker(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "degraded"
    assert answer.json()["checks"]["workers"]["detail"] == "No worker has reported in the last 30 seconds."
    health.beat("host:1", {"concurrency": 20})
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["checks"]["workers"] == {"ok": True, "count": 1}
    health.leave("host:1")
    assert client.get("/readyz").status_code == 503


def test_a_worker_that_falls_silent_is_forgotten() -> None:
    health.beat("host:1", {"concurrency": 20})
    assert 0 < redis.client().ttl("pipelit:worker:host:1") <= 30
    [worker] = health.workers()
    assert (worker["name"], worker["concurrency"]) == ("host:1", 20)


def test_readyz_while_redis_is_away(client: Client, redis_away: None) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert not answer.json()["checks"]["redis"]["ok"]
    assert answer.json()["checks"]["database"]["ok"]


def test_metrics(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_providers", [])
    health.provide_metrics(lambda: [health.Metric("x_total", "Xs.", "counter", [({"kind": 'a"b'}, 3)])])
    answer = client.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    text = answer.content.decode()
    assert 'pipelit_up{dependency="database"} 1' in text
    assert "\npipelit_workers 0\n" in text
    assert '# TYPE x_total counter\nx_total{kind="a\\"b"} 3\n' in text


def test_welcome_page(client: Client, settings: Any, tmp_path: Path) -> None:
    """What greets while the editor is not built, and says how to build it."""
    settings.EDITOR_DIST = tmp_path
    page = client.get("/", **HTML)  # type: ignore[arg-type]
    text = page.content.decode()
    assert page.status_code == 200
    for expected in ("make frontend", "/api/docs/", "/admin/", "/api/schema/", "curl", "Redis", "Workers"):
        assert expected in text
    assert "<script" not in text
    assert "style=" not in text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    css = client.get("/static/pipelit/page.css")
    css.close()
    assert css.status_code == 200


def test_the_editor_answers_at_its_addresses(client: Client, settings: Any, tmp_path: Path) -> None:
    settings.EDITOR_DIST = tmp_path
    (tmp_path / "index.html").write_text("<!doctype html><title>The editor</title>")
    for path in ("/", "/login", "/workflows/demo", "/executions/7?x=1", "/settings"):
        page = client.get(path, **HTML)  # type: ignore[arg-type]
        assert (page.status_code, "The editor" in page.content.decode()) == (200, True), path
        assert page.headers["Cache-Control"] == "no-cache"
        assert "script-src 'self';" in page.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert client.post("/login").status_code == 405
    for path in ("/nowhere", "/loginx", "/api/v1/nowhere/", "/static/editor/nowhere.js", "/webhooks/x"):
        assert client.get(path, **HTML).status_code == 404, path  # type: ignore[arg-type]


def test_security_headers(client: Client) -> None:
    for path in ("/", "/healthz", "/api/v1/workflows/", "/api/nowhere", "/static/pipelit/page.css"):
        answer = client.get(path, **HTML)  # type: ignore[arg-type]
        answer.close()
        headers = answer.headers
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "'unsafe-inline'" not in headers["Content-Security-Policy"].split("style-src")[0]
        assert headers["X-Request-ID"]
        assert int(headers["Content-Length"]) > 0


def test_request_id_is_kept_unless_it_is_dangerous(client: Client) -> None:
    assert client.get("/healthz", HTTP_X_REQUEST_ID="abc-1").headers["X-Request-ID"] == "abc-1"
    assert client.get("/healthz", HTTP_X_REQUEST_ID="a b\u00e9").headers["X-Request-ID"] != "a b\u00e9"


def test_docs_need_nothing_from_outside(client: Client) -> None:
    page = client.get("/api/docs/", **HTML)  # type: ignore[arg-type]
    text = page.content.decode()
    assert page.status_code == 200
    assert "http://" not in text
    assert "https://" not in text
    assert "<script>" not in text
    assert client.get("/api/docs/?script=", HTTP_ACCEPT="*/*").status_code == 200
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]


def test_schema_is_openapi_31(client: Client) -> None:
    schema = json.loads(client.get("/api/schema/?format=json").content)
    assert schema["openapi"].startswith("3.1")
    assert "/api/v1/workflows/" in schema["paths"]


def test_the_committed_schema_is_current(tmp_path: Any) -> None:
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(made))
    committed = env.BASE_DIR / "docs" / "openapi.yaml"
    assert committed.read_text() == made.read_text(), "run: make docs (manage.py spectacular --file docs/openapi.yaml)"


@pytest.mark.parametrize("path", ["/api/v1/nowhere/", "/api/nowhere", "/nowhere"])
def test_unknown_paths_answer_json_to_programs(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_unknown_pages_answer_html_to_people_but_not_under_api(client: Client) -> None:
    assert "<h1>404" in client.get("/nowhere", **HTML).content.decode()  # type: ignore[arg-type]
    assert client.get("/api/nowhere", **HTML).json()["code"] == "not_found"  # type: ignore[arg-type]


def test_people_read_which_dependency_is_down(client: Client, users: People, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*args: Any) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    client.force_login(users.ada)
    with connection.execute_wrapper(gone):
        page = client.get("/admin/", **HTML)  # type: ignore[arg-type]
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert "The database is not available just now." in page.content.decode()
    with monkeypatch.context() as patched:
        patched.setattr(SessionMiddleware, "process_request", gone)
        client.raise_request_exception = False
        page = client.get("/admin/", **HTML)  # type: ignore[arg-type]
    assert (page.status_code, "The database is not" in page.content.decode()) == (503, True)


def test_a_forgotten_slash_is_pointed_out(client: Client) -> None:
    assert "/api/v1/workflows/ ?" in client.post("/api/v1/workflows").json()["detail"]


def test_a_wrong_host_is_malformed(client: Client) -> None:
    answer = client.get("/", HTTP_HOST="evil.example")
    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed"


def test_large_bodies(api: Callable[..., APIClient]) -> None:
    answer = api().post("/api/v1/workflows/", b"x" * (10 * 1024 * 1024 + 1), content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("text", [b"{", b'{"a": NaN}', b"[" * 100_000, b"\xff"], ids=["cut", "nan", "deep", "bytes"])
def test_invalid_json(api: Callable[..., APIClient], text: bytes) -> None:
    answer = api().post("/api/v1/workflows/", text, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")


def test_wrong_method_and_media_type(api: Callable[..., APIClient]) -> None:
    answer = api().put("/api/v1/workflows/", "{}", content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    answer = api().post("/api/v1/workflows/", "a,b", content_type="text/csv")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "offset=-1", "offset=99999999999"])
def test_bad_pages_are_refused(api: Callable[..., APIClient], query: str) -> None:
    answer = api().get(f"/api/v1/workflows/?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


def test_lists_and_unknown_parameters(api: Callable[..., APIClient]) -> None:
    assert set(api().get("/api/v1/workflows/?limit=200&offset=0").json()) == {"items", "total"}
    answer = api().get("/api/v1/workflows/?colour=red")
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")
    assert "colour" in answer.json()["detail"]


def test_a_session_opens_the_browsable_api_to_staff_only(client: Client, users: People) -> None:
    client.force_login(users.ada)
    assert client.get("/api/v1/workflows/", **HTML).status_code == 200  # type: ignore[arg-type]
    assert client.get("/api/v1/workflows/").status_code == 401
    client.force_login(users.ben)
    assert client.get("/api/v1/workflows/", **HTML).status_code == 401  # type: ignore[arg-type]


def test_the_browsable_api_enforces_csrf(users: People) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(users.ada)
    answer = client.post("/api/v1/workflows/", "{}", content_type="application/json", **HTML)  # type: ignore[arg-type]
    assert answer.status_code == 403


def test_require_match() -> None:
    def request(**headers: str) -> Any:
        return base.BaseView().initialize_request(APIRequestFactory().patch("/", {}, headers=headers))

    base.require_match(request(), 3, {})
    for tag in ('"3"', 'W/"3"', '"1", "3"', "*"):
        base.require_match(request(**{"If-Match": tag}), 3, {})
    with pytest.raises(Stale) as stale:
        base.require_match(request(**{"If-Match": base.etag(2)}), 3, lambda: {"revision": 3})
    assert stale.value.data["current"] == {"revision": 3}


def test_idempotency_key() -> None:
    def key(**headers: str) -> str | None:
        return base.idempotency_key(base.BaseView().initialize_request(APIRequestFactory().post("/", headers=headers)))

    assert key() is None
    assert key(**{"Idempotency-Key": "abc 1"}) == "abc 1"
    for wrong in ("", " ", "x" * 201, "\u00e9"):
        with pytest.raises(UserError):
            key(**{"Idempotency-Key": wrong})


def test_json_keeps_odd_texts() -> None:
    odd = {"text": "\ud800 \u2028 \u00e9"}
    assert json.loads(JSONRenderer().render(odd)) == odd
    assert JSONParser.renderer_class.format == "json"


@pytest.fixture
def redis_away(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A Redis that refuses connections."""
    away = redis.client.__wrapped__.__globals__["redis"].Redis(port=1, socket_connect_timeout=0.2, retry=None)
    monkeypatch.setattr(redis, "client", lambda: away)
    yield
    monkeypatch.undo()
    away.close()


@pytest.mark.parametrize("path", ["/", "/workflows", "/healthz", "/readyz", "/metrics", "/api/schema/", "/api/docs/"])
def test_what_only_reads_refuses_other_methods(path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    for method in ("post", "put", "delete", "patch"):
        answer = getattr(client, method)(path)
        assert answer.status_code == 405, answer.content
        assert answer["Allow"].startswith("GET, HEAD")
    assert client.options("/api/docs/").status_code == 405
    assert client.post("/readyz").json() == {"detail": "This page takes GET, HEAD only.", "code": "method_not_allowed"}
