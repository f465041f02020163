"""credentials/."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from apps.accounts.models import AuditEntry
from apps.credentials import actions, usage
from apps.credentials.models import BaseCredential, HTTPCredential, LLMCredential
from pipelit.errors import ConfigError
from tests.doubles.openai_server import Fault, OpenAIServer

Api = Callable[..., APIClient]
pytestmark = pytest.mark.django_db
pytest_plugins = ["tests.doubles.fixtures"]

URL = "/api/v1/credentials/"
CANARY = "sk-proj-canary-7f3a9c1e5b2d8640-ab12"
HEADER_CANARY = "header-canary-61d0c2aa41"


@pytest.fixture(autouse=True)
def _loopback(allow_loopback: None) -> None:
    """Model servers of these tests live on loopback."""


def llm(**detail: Any) -> dict[str, Any]:
    return {
        "name": "Main", "credential_type": "llm",
        "detail": {"provider_type": "openai", "api_key": CANARY, "custom_headers": {"X-Key": HEADER_CANARY}, **detail},
    }  # fmt: skip


def made(client: APIClient, body: Any) -> Any:
    answer = client.post(URL, body)
    assert answer.status_code == 201, answer.content
    return answer.json()


class TestCrud:
    def test_masked(self, api: Api, users: Any) -> None:
        found = made(api(users.ben), llm())
        assert found["created_by"] == users.ben.pk
        assert found["detail"]["api_key"] == "sk-p****ab12"
        assert found["detail"]["custom_headers"] == {"X-Key": "head****aa41"}
        assert found["detail"]["provider_type"] == "openai"
        assert found["detail"]["organization_id"] == ""
        row = BaseCredential.objects.get()
        assert isinstance(row, LLMCredential)
        assert row.fields["api_key"] == CANARY

    def test_short_secrets_show_nothing(self, api: Api) -> None:
        assert made(api(), llm(api_key="sk-short"))["detail"]["api_key"] == "****"

    def test_demo_needs_nothing(self, api: Api) -> None:
        body = {"name": "Demo", "credential_type": "llm", "detail": {"provider_type": "demo"}}
        assert made(api(), body)["detail"]["api_key"] == ""

    def test_http(self, api: Api) -> None:
        detail = {"auth_type": "basic", "username": "u", "password": "p" * 20}
        found = made(api(), {"name": "H", "credential_type": "http", "detail": detail})
        assert found["detail"]["password"] == "pppp****pppp"
        assert isinstance(BaseCredential.objects.get(), HTTPCredential)
        shown = actions.reveal(found["id"])
        assert shown["headers"]["Authorization"].startswith("Basic ")
        assert shown["headers"]["Authorization"].split()[1] in actions.secret_values(found["id"])

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({**llm(), "credential_type": "nonsense"}, "credential_type"),
            ({**llm(), "name": ""}, "name"),
            ({**llm(), "detail": "x"}, "detail"),
            ({**llm(), "more": 1}, "more"),
            (llm(provider_type="other"), "detail.provider_type"),
            (llm(api_key=""), "detail.api_key"),
            (llm(api_key="with\nnewline"), "detail.api_key"),
            (llm(nonsense=1), "detail.nonsense"),
            (llm(base_url="ftp://x"), "detail.base_url"),
            (llm(base_url="http://user:pw@host/v1"), "detail.base_url"),
            (llm(provider_type="openai_compatible"), "detail.base_url"),
            (llm(prices={"x": {"input": -1, "output": 0}}), "detail.prices.x.input"),
            ({"name": "x", "credential_type": "http", "detail": {"auth_type": "bearer"}}, "detail.token"),
        ],
    )
    def test_refuses(self, api: Api, body: Any, field: str) -> None:
        answer = api().post(URL, body)
        assert answer.status_code == 400
        assert field in answer.json()["fields"]
        assert CANARY not in answer.content.decode()

    def test_patch_keeps_what_is_masked(self, api: Api) -> None:
        client = api()
        found = made(client, llm())
        path = f"{URL}{found['id']}/"
        changed = client.patch(path, {"name": "New", "detail": {**found["detail"], "organization_id": "org-1"}})
        assert changed.status_code == 200
        assert changed.json()["detail"]["organization_id"] == "org-1"
        row = BaseCredential.objects.get()
        assert (row.name, row.fields["api_key"]) == ("New", CANARY)
        assert row.fields["custom_headers"] == {"X-Key": HEADER_CANARY}
        headers = {"X-Key": "head****aa41", "X-New": "1"}
        client.patch(path, {"detail": {"api_key": "sk-new", "custom_headers": headers}})
        row = BaseCredential.objects.get()
        assert row.fields["api_key"] == "sk-new"
        assert row.fields["custom_headers"] == {"X-Key": HEADER_CANARY, "X-New": "1"}

    def test_patch_null_clears(self, api: Api) -> None:
        client = api()
        found = made(client, llm(organization_id="org"))
        path = f"{URL}{found['id']}/"
        assert client.patch(path, {"detail": {"organization_id": None}}).json()["detail"]["organization_id"] == ""
        assert client.patch(path, {"detail": {"api_key": None}}).status_code == 400
        assert client.patch(path, {"credential_type": "http"}).status_code == 400

    def test_a_new_name_leaves_the_secret_alone(self, api: Api) -> None:
        client = api()
        found = made(client, llm())
        BaseCredential.objects.update(key_id="elsewhere")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(actions, "require_key", lambda: None)
            assert client.patch(f"{URL}{found['id']}/", {"name": "Other"}).status_code == 200
        assert BaseCredential.objects.get().key_id == "elsewhere"

    def test_list(self, api: Api, users: Any) -> None:
        made(api(users.ben), llm())
        made(api(users.ben), {"name": "D", "credential_type": "llm", "detail": {"provider_type": "demo"}})
        detail = {"auth_type": "bearer", "token": "t" * 30}
        made(api(users.ben), {"name": "H", "credential_type": "http", "detail": detail})
        client = api(users.eve)
        assert client.get(URL).json()["total"] == 3
        assert [item["name"] for item in client.get(f"{URL}?credential_type=http").json()["items"]] == ["H"]
        assert client.get(f"{URL}?credential_type=x").status_code == 400
        assert client.get(f"{URL}?search=mai").json()["total"] == 1
        assert CANARY not in client.get(URL).content.decode()

    def test_list_costs_as_much_for_many(self, api: Api, django_assert_num_queries: Any) -> None:
        client = api()
        for _ in range(5):
            made(client, llm())
        client.get(URL)
        with django_assert_num_queries(3):
            client.get(URL)

    def test_rights(self, api: Api, users: Any) -> None:
        found = made(api(users.ben), llm())
        path = f"{URL}{found['id']}/"
        stranger = api(users.eve)
        assert stranger.get(path).status_code == 200
        assert stranger.patch(path, {"name": "mine"}).status_code == 404
        assert stranger.delete(path).status_code == 404
        assert stranger.post(f"{URL}batch-delete/", {"ids": [found["id"]]}).status_code == 404
        assert stranger.patch(path, {}).content == stranger.patch(f"{URL}999999/", {}).content
        assert api().patch(path, {"name": "admin"}).status_code == 200
        assert api(users.ben).delete(path).status_code == 204
        assert stranger.get(path).status_code == 404

    def test_kinds(self, api: Api) -> None:
        kinds = {item["credential_type"]: item for item in api().get(f"{URL}kinds/").json()["items"]}
        assert set(kinds) == {"llm", "http", "signing", "telegram"}
        assert kinds["llm"]["schema"]["properties"]["api_key"]["secret"] is True

    def test_audited_without_secrets(self, api: Api) -> None:
        client = api()
        found = made(client, llm())
        client.patch(f"{URL}{found['id']}/", {"detail": {"api_key": "sk-another-secret-value"}})
        client.delete(f"{URL}{found['id']}/")
        entries = list(AuditEntry.objects.filter(object=f"credential:{found['id']}"))
        assert [entry.action for entry in entries] == [
            "credential.created", "credential.updated", "credential.deleted",
        ]  # fmt: skip
        assert entries[1].data == {"fields": ["api_key"]}
        assert "secret-value" not in str([entry.data for entry in entries])


class TestUsage:
    @pytest.fixture
    def uses(self) -> Iterator[dict[int, list[dict[str, Any]]]]:
        found: dict[int, list[dict[str, Any]]] = {}

        def provider(credential_id: int) -> list[dict[str, Any]]:
            return found.get(credential_id, [])

        before = list(usage._providers)
        usage.register(provider)
        yield found
        usage._providers[:] = before

    def test_in_use(self, api: Api, uses: Any) -> None:
        client = api()
        one, two = made(client, llm()), made(client, llm())
        uses[one["id"]] = [{"workflow_slug": "w", "node_id": "agent_1"}]
        path = f"{URL}{one['id']}/"
        assert client.get(f"{path}usage/").json() == {"items": uses[one["id"]], "total": 1}
        refused = client.delete(path)
        assert (refused.status_code, refused.json()["code"]) == (409, "in_use")
        assert refused.json()["usage"] == uses[one["id"]]
        both = {"ids": [one["id"], two["id"]]}
        assert client.post(f"{URL}batch-delete/", both).status_code == 409
        assert client.get(f"{URL}{two['id']}/").status_code == 200
        assert client.delete(f"{path}?force=true").status_code == 204
        with pytest.raises(ConfigError, match=str(one["id"])):
            actions.reveal(one["id"])
        assert client.post(f"{URL}batch-delete/", {"ids": [two["id"]]}).json() == {"deleted": 1}


class TestRealCalls:
    def credential(self, client: APIClient, server: OpenAIServer, **detail: Any) -> str:
        body = llm(provider_type="openai_compatible", base_url=server.url, **detail)
        return f"{URL}{made(client, body)['id']}/"

    def test_ok(self, api: Api, openai_server: OpenAIServer) -> None:
        client = api()
        path = self.credential(client, openai_server)
        openai_server.state.api_key = CANARY
        answer = client.post(f"{path}test/").json()
        assert answer["ok"] is True
        assert answer["error"] is None
        assert answer["latency_ms"] >= 0
        assert openai_server.requests[0].headers["x-key"] == HEADER_CANARY
        assert client.post(f"{path}test/", {"model_name": "test-model"}).json()["ok"] is True
        assert openai_server.chats[0].body["model"] == "test-model"

    def test_models(self, api: Api, openai_server: OpenAIServer) -> None:
        client = api()
        path = self.credential(client, openai_server, prices={"test-model": {"input": "1", "output": "2"}})
        answer = client.get(f"{path}models/").json()
        assert answer["total"] == 2
        assert answer["items"][0] == {"id": "test-model", "price": {"input": "1", "output": "2", "cached": "1"}}

    def test_use_is_audited(self, api: Api, users: Any, openai_server: OpenAIServer) -> None:
        path = self.credential(api(), openai_server)
        client = api(users.ben)
        client.post(f"{path}test/")
        client.get(f"{path}models/")
        name = f"credential:{path.split('/')[-2]}"
        entries = AuditEntry.objects.filter(object=name, actor="ben").values_list("action", flat=True)
        assert list(entries) == ["credential.tested", "credential.models_listed"]

    def test_failures_are_said_without_the_secret(self, api: Api, openai_server: OpenAIServer) -> None:
        client = api()
        path = self.credential(client, openai_server)
        openai_server.reply(Fault(401, f"Incorrect API key {CANARY}", type="invalid_request_error"))
        answer = client.post(f"{path}test/", {"model_name": "m"})
        assert answer.json()["ok"] is False
        assert "401" in answer.json()["error"]
        assert CANARY not in answer.content.decode()
        openai_server.state.api_key = "another"
        refused = client.get(f"{path}models/")
        assert (refused.status_code, refused.json()["code"]) == (422, "model_error")

    def test_nobody_listens(self, api: Api) -> None:
        client = api()
        path = f"{URL}{made(client, llm(provider_type='openai_compatible', base_url='http://127.0.0.1:9/v1'))['id']}/"
        answer = client.post(f"{path}test/").json()
        assert answer["ok"] is False
        assert answer["error"]
        assert client.get(f"{path}models/").status_code == 503

    def test_a_private_address_is_refused(self, api: Api, openai_server: OpenAIServer, settings: Any) -> None:
        settings.OUTBOUND_ALLOW = []
        client = api()
        path = self.credential(client, openai_server)
        assert client.post(f"{path}test/").json()["ok"] is False
        assert openai_server.requests == []

    def test_demo(self, api: Api) -> None:
        client = api()
        body = {"name": "Demo", "credential_type": "llm", "detail": {"provider_type": "demo"}}
        path = f"{URL}{made(client, body)['id']}/"
        assert client.post(f"{path}test/").json()["ok"] is True
        price = {"input": "0", "output": "0", "cached": "0"}
        assert client.get(f"{path}models/").json()["items"] == [{"id": "demo", "price": price}]

    def test_http(self, api: Api, openai_server: OpenAIServer) -> None:
        client = api()
        openai_server.state.api_key = CANARY
        detail = {"auth_type": "bearer", "token": CANARY, "test_url": f"{openai_server.url}/models"}
        path = f"{URL}{made(client, {'name': 'H', 'credential_type': 'http', 'detail': detail})['id']}/"
        assert client.post(f"{path}test/").json()["ok"] is True
        client.patch(path, {"detail": {"token": "wrong"}})
        assert "401" in client.post(f"{path}test/").json()["error"]
        client.patch(path, {"detail": {"test_url": ""}})
        assert "test_url" in client.post(f"{path}test/").json()["error"]
        assert client.get(f"{path}models/").status_code == 422


def test_the_canary_is_nowhere(
    api: Api, openai_server: OpenAIServer, caplog: pytest.LogCaptureFixture, redis_client: Any
) -> None:
    """A unique secret, used in every way and made to fail: no table, log, answer or key of Redis holds it."""
    caplog.set_level(logging.DEBUG)
    client = api()
    found = made(client, llm(provider_type="openai_compatible", base_url=openai_server.url))
    path = f"{URL}{found['id']}/"
    openai_server.reply(Fault(400, f"you sent {CANARY} and {HEADER_CANARY}"), Fault(500, CANARY))
    answers = (
        client.get(URL),
        client.get(path),
        client.patch(path, {"detail": {"api_key": CANARY, "nonsense": CANARY}}),
        client.patch(path, {"detail": {"provider_type": CANARY}}),
        client.post(f"{path}test/", {"model_name": "m"}),
        client.post(f"{path}test/", {"model_name": "m"}),
        client.get(f"{path}models/"),
        client.get(f"{path}usage/"),
        client.post(URL, {"name": "x", "credential_type": "http", "detail": {"auth_type": "query", "value": CANARY}}),
    )
    shown = b"".join(answer.content for answer in answers).decode()
    dump = json.dumps(_all_rows(), default=repr)
    keys = redis_client.keys("*")
    held = json.dumps([repr(redis_client.dump(key)) for key in keys])
    for text in (shown, dump, caplog.text, held):
        assert CANARY not in text
        assert HEADER_CANARY not in text


def _all_rows() -> list[Any]:
    rows: list[Any] = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            rows += [
                [bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else value for value in row]
                for row in cursor.fetchall()
            ]
    return rows
