"""auth/ and users/."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts import actions, audit, login
from apps.accounts.models import APIKey, AuditEntry, LoginFailure, UserProfile
from apps.accounts.signals import key_revoked
from pipelit import throttling

Api = Callable[..., APIClient]


@pytest.fixture(autouse=True)
def _unthrottled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling.ScopedThrottle, "allow_request", lambda *args: True)


def nobody() -> APIClient:
    return APIClient(raise_request_exception=False)


def bearer(raw: str) -> APIClient:
    client = nobody()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {raw}")
    return client


def token(username: str, password: str, **meta: Any) -> Any:
    return nobody().post("/api/v1/auth/token/", {"username": username, "password": password}, **meta)


@pytest.mark.django_db
class TestSetup:
    body = {"username": "root", "password": "correct-horse-1"}

    def test_needed_until_somebody_exists(self) -> None:
        status = "/api/v1/auth/setup-status/"
        assert nobody().get(status).json() == {"needs_setup": True}
        answer = nobody().post("/api/v1/auth/setup/", self.body)
        assert answer.status_code == 201
        assert answer.json()["requires_mfa"] is False
        me = bearer(answer.json()["key"]).get("/api/v1/auth/me/").json()
        assert (me["username"], me["role"]) == ("root", "admin")
        assert nobody().get(status).json() == {"needs_setup": False}

    def test_only_once(self, users: Any) -> None:
        answer = nobody().post("/api/v1/auth/setup/", self.body)
        assert (answer.status_code, answer.json()["code"]) == (409, "already_set_up")
        assert nobody().post("/api/v1/auth/setup/", {}).status_code == 409

    def test_agents_do_not_count(self) -> None:
        actions.create_user("bot", None, is_agent=True)
        assert actions.needs_setup()

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"username": "root"}, "password"),
            ({"username": "root", "password": "short"}, "password"),
            ({"username": "not a name!", "password": "correct-horse-1"}, "username"),
            ({**body, "timezone": "Mars/Base"}, "timezone"),
            ({**body, "role": "admin"}, "role"),
        ],
    )
    def test_refuses(self, body: Any, field: str) -> None:
        answer = nobody().post("/api/v1/auth/setup/", body)
        assert answer.status_code == 400
        assert field in answer.json()["fields"]
        assert actions.needs_setup()


@pytest.mark.django_db(transaction=True)
def test_of_two_setups_at_once_one_wins() -> None:
    answers: list[int] = []
    start = threading.Barrier(2)

    def setup(name: str) -> None:
        start.wait()
        answer = nobody().post("/api/v1/auth/setup/", {"username": name, "password": "correct-horse-1"})
        answers.append(answer.status_code)
        connection.close()

    threads = [threading.Thread(target=setup, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201, 409]
    assert UserProfile.objects.count() == 1


@pytest.mark.django_db
class TestToken:
    def test_gives_a_key(self, users: Any) -> None:
        answer = token("Ben", "ben-password-1")
        assert answer.status_code == 200
        assert answer.json()["requires_mfa"] is False
        raw = answer.json()["key"]
        assert bearer(raw).get("/api/v1/auth/me/").json()["username"] == "ben"
        key = APIKey.objects.get(prefix=raw[:12])
        assert raw not in str(APIKey.objects.values())
        assert key.expires_at is not None

    def test_failures_look_alike(self, users: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        UserProfile.objects.filter(pk=users.eve.pk).update(is_active=False)
        actions.create_user("bot", None, is_agent=True)
        hashed: list[str] = []
        real = login.check_password

        def counted(password: str, encoded: str) -> bool:
            hashed.append(encoded)
            return real(password, encoded)

        monkeypatch.setattr(login, "check_password", counted)
        pairs = [("ben", "wrong"), ("no-such", "wrong"), ("eve", "eve-password-1"), ("bot", "x")]
        answers = [token(*pair) for pair in pairs]
        assert {answer.status_code for answer in answers} == {401}
        assert len({answer.content for answer in answers}) == 1
        assert len(hashed) == 4

    def test_locks_the_account_and_opens_again(self, users: Any) -> None:
        for number in range(login.PER_ACCOUNT):
            assert token("ben", "wrong", REMOTE_ADDR=f"192.0.2.{number}").status_code == 401
        locked = token("BEN", "ben-password-1", HTTP_X_FORWARDED_FOR="198.51.100.7")
        assert (locked.status_code, locked.json()["code"]) == (429, "locked")
        assert 0 < int(locked.headers["Retry-After"]) <= 900
        assert token("eve", "eve-password-1").status_code == 200
        LoginFailure.objects.update(at=timezone.now() - login.WINDOW)
        assert token("ben", "ben-password-1").status_code == 200
        assert not LoginFailure.objects.filter(address="192.0.2.1").exists()

    def test_locks_the_address(self, users: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(login, "PER_ADDRESS", 3)
        for number in range(3):
            token(f"user{number}", "wrong", HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")
        assert token("ben", "ben-password-1", HTTP_X_FORWARDED_FOR="203.0.113.1").status_code == 429
        assert token("ben", "ben-password-1", REMOTE_ADDR="192.0.2.9").status_code == 200

    def test_success_forgets_failures(self, users: Any) -> None:
        for _ in range(login.PER_ACCOUNT - 1):
            token("ben", "wrong")
        token("ben", "ben-password-1")
        assert token("ben", "wrong").status_code == 401
        assert token("ben", "ben-password-1").status_code == 200

    def test_rehashes_an_old_hash(self, users: Any, settings: Any) -> None:
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher", *settings.PASSWORD_HASHERS]
        assert token("ben", "ben-password-1").status_code == 200
        users.ben.refresh_from_db()
        assert users.ben.password.startswith("argon2$argon2id")


@pytest.mark.django_db
class TestBearer:
    def test_one_query(self, users: Any, django_assert_num_queries: Any) -> None:
        key, raw = actions.create_key(users.ben, "x")
        actions.note_use(key)
        client = bearer(raw)
        with django_assert_num_queries(1):
            assert client.get("/api/v1/auth/me/").status_code == 200

    def test_refusals_look_alike(self, users: Any) -> None:
        expired, raw_expired = actions.create_key(users.ben, "x", timezone.now() + dt.timedelta(hours=1))
        APIKey.objects.filter(pk=expired.pk).update(expires_at=timezone.now())
        revoked, raw_revoked = actions.create_key(users.ben, "x")
        actions.revoke_key(users.ben, revoked.pk)
        _, raw_barred = actions.create_key(users.eve, "x")
        UserProfile.objects.filter(pk=users.eve.pk).update(is_active=False)
        _, good = actions.create_key(users.ben, "x")
        wrong = good[:-2] + ("AA" if good[-2:] != "AA" else "BB")
        texts = [raw_expired, raw_revoked, raw_barred, wrong, "plt_abcdefgh_" + "x" * 43, "x", "a b", "\xff", ""]
        answers = [bearer(text).get("/api/v1/auth/me/") for text in texts]
        assert {answer.status_code for answer in answers} == {401}
        assert len({answer.content for answer in answers}) == 1
        assert all(answer.headers["WWW-Authenticate"].startswith("Bearer") for answer in answers)

    def test_missing_is_401(self, db: None) -> None:
        answer = nobody().get("/api/v1/auth/me/")
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")

    def test_last_use_is_written_once_a_minute(self, users: Any, django_assert_num_queries: Any) -> None:
        key, raw = actions.create_key(users.ben, "x")
        bearer(raw).get("/api/v1/auth/me/")
        key.refresh_from_db()
        first = key.last_used_at
        assert first is not None
        bearer(raw).get("/api/v1/auth/me/")
        key.refresh_from_db()
        assert key.last_used_at == first
        APIKey.objects.update(last_used_at=first - dt.timedelta(minutes=2))
        bearer(raw).get("/api/v1/auth/me/")
        key.refresh_from_db()
        assert key.last_used_at is not None
        assert key.last_used_at > first

    def test_scopes(self, users: Any) -> None:
        _, raw = actions.create_key(users.ada, "x", scopes=["read"])
        reader = bearer(raw)
        assert reader.get("/api/v1/auth/me/").status_code == 200
        assert reader.post("/api/v1/auth/ws-ticket/").status_code == 403
        _, raw = actions.create_key(users.ada, "x", scopes=["write"])
        writer = bearer(raw)
        assert writer.post("/api/v1/auth/ws-ticket/").status_code == 201
        assert writer.post("/api/v1/auth/me/keys/", {"name": "more"}).status_code == 403
        assert writer.get("/api/v1/users/").status_code == 403
        assert writer.patch("/api/v1/auth/me/", {"timezone": "Europe/Berlin"}).status_code == 403


@pytest.mark.django_db
class TestMe:
    def test_patch(self, api: Api, users: Any) -> None:
        answer = api(users.ben).patch("/api/v1/auth/me/", {"timezone": "Europe/Berlin", "first_name": "Ben"})
        assert answer.status_code == 200
        assert answer.json()["timezone"] == "Europe/Berlin"
        assert api(users.ben).patch("/api/v1/auth/me/", {"timezone": ""}).json()["timezone"] == ""

    @pytest.mark.parametrize("body", [{"role": "admin"}, {"is_staff": True}, {"timezone": "x"}, {"email": "x"}, []])
    def test_patch_refuses(self, api: Api, users: Any, body: Any) -> None:
        assert api(users.ben).patch("/api/v1/auth/me/", body).status_code == 400
        users.ben.refresh_from_db()
        assert users.ben.role == "normal"

    def test_password_needs_the_present_one(self, api: Api, users: Any) -> None:
        client = api(users.ben)
        new = "another-horse-2"
        assert client.patch("/api/v1/auth/me/", {"password": new}).status_code == 400
        assert client.patch("/api/v1/auth/me/", {"password": new, "current_password": "x"}).status_code == 400
        body = {"password": new, "current_password": "ben-password-1"}
        assert client.patch("/api/v1/auth/me/", body).status_code == 200
        assert token("ben", new).status_code == 200

    def test_keys(self, api: Api, users: Any) -> None:
        client = api(users.ben)
        made = client.post("/api/v1/auth/me/keys/", {"name": "robot", "scopes": ["read"]})
        assert made.status_code == 201
        key = made.json()
        assert key["key"].startswith(key["prefix"] + "_")
        listed = client.get("/api/v1/auth/me/keys/").json()
        assert listed["total"] == 2
        assert key["key"] not in str(listed)
        path = f"/api/v1/auth/me/keys/{key['id']}/"
        assert api(users.eve).delete(path).status_code == 404
        assert client.delete(path).status_code == 204
        assert client.delete(path).status_code == 404
        assert bearer(key["key"]).get("/api/v1/auth/me/").status_code == 401

    @pytest.mark.parametrize(
        "body",
        [{}, {"name": ""}, {"name": "x", "scopes": ["root"]}, {"name": "x", "expires_at": "2001-01-01T00:00:00Z"}],
    )
    def test_bad_keys(self, api: Api, body: Any) -> None:
        assert api().post("/api/v1/auth/me/keys/", body).status_code == 400

    def test_logout(self, api: Api, users: Any, django_capture_on_commit_callbacks: Any) -> None:
        heard: list[Any] = []

        def hear(**kwargs: Any) -> None:
            heard.append((kwargs["user_id"], kwargs["key_ids"]))

        key_revoked.connect(hear)
        try:
            client: Any = api(users.ben)
            other = api(users.ben)
            with django_capture_on_commit_callbacks(execute=True):
                assert client.post("/api/v1/auth/logout/").status_code == 204
        finally:
            key_revoked.disconnect(hear)
        assert heard == [(users.ben.pk, [client.key.pk])]
        assert client.get("/api/v1/auth/me/").status_code == 401
        assert other.get("/api/v1/auth/me/").status_code == 200

    def test_ticket_is_good_once(self, api: Api, users: Any, redis_client: Any) -> None:
        client: Any = api(users.ben)
        ticket = client.post("/api/v1/auth/ws-ticket/").json()["ticket"]
        (name,) = redis_client.keys("pipelit:ws-ticket:*")
        assert ticket not in name.decode()
        assert 0 < redis_client.ttl(name) <= 30
        assert actions.redeem_ws_ticket(ticket) == client.key
        assert actions.redeem_ws_ticket(ticket) is None
        assert actions.redeem_ws_ticket("made up \ud800") is None

    def test_ticket_of_a_revoked_key(self, api: Api, users: Any) -> None:
        client: Any = api(users.ben)
        ticket = client.post("/api/v1/auth/ws-ticket/").json()["ticket"]
        client.post("/api/v1/auth/logout/")
        assert actions.redeem_ws_ticket(ticket) is None


@pytest.mark.django_db
class TestUsers:
    def test_for_admins_only(self, api: Api, users: Any) -> None:
        client = api(users.ben)
        for path in ("users/", f"users/{users.eve.pk}/", f"users/{users.eve.pk}/keys/", "users/agents/"):
            assert client.get(f"/api/v1/{path}").status_code == 403, path
        assert client.post("/api/v1/users/", {"username": "x", "password": "y"}).status_code == 403

    def test_life_of_an_account(self, api: Api) -> None:
        admin = api()
        made = admin.post("/api/v1/users/", {"username": "zoe", "password": "correct-horse-1"})
        assert made.status_code == 201
        path = f"/api/v1/users/{made.json()['id']}/"
        raw = token("zoe", "correct-horse-1").json()["key"]
        assert admin.patch(path, {"role": "admin"}).json()["role"] == "admin"
        zoe = UserProfile.objects.get(username="zoe")
        assert zoe.is_admin
        assert zoe.is_staff
        assert admin.patch(path, {"is_active": False}).json()["is_active"] is False
        assert bearer(raw).get("/api/v1/auth/me/").status_code == 401
        assert admin.get(f"{path}keys/").json()["items"][0]["revoked_at"]
        assert admin.delete(path).status_code == 204
        assert admin.get(path).status_code == 404

    def test_list(self, api: Api) -> None:
        admin = api()
        assert admin.get("/api/v1/users/").json()["total"] == 3
        assert [item["username"] for item in admin.get("/api/v1/users/?search=EV").json()["items"]] == ["eve"]
        assert admin.get("/api/v1/users/?role=admin").json()["total"] == 1
        assert admin.get("/api/v1/users/?role=x").status_code == 400
        assert admin.get("/api/v1/users/?nonsense=x").status_code == 400

    @pytest.mark.parametrize("name", ["ben", "BEN", "", "a b", "x" * 200])
    def test_bad_names(self, api: Api, name: str) -> None:
        answer = api().post("/api/v1/users/", {"username": name, "password": "correct-horse-1"})
        assert answer.status_code == 400
        assert "username" in answer.json()["fields"]

    def test_the_last_admin_stays(self, api: Api, users: Any) -> None:
        admin = api()
        path = f"/api/v1/users/{users.ada.pk}/"
        for answer in (
            admin.delete(path),
            admin.patch(path, {"role": "normal"}),
            admin.patch(path, {"is_active": False}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")
        admin.patch(f"/api/v1/users/{users.ben.pk}/", {"role": "admin"})
        assert admin.delete(path).status_code == 204

    def test_keys_of_others(self, api: Api, users: Any) -> None:
        admin = api()
        made = admin.post(f"/api/v1/users/{users.ben.pk}/keys/", {"name": "for ben"}).json()
        assert bearer(made["key"]).get("/api/v1/auth/me/").json()["username"] == "ben"
        assert admin.delete(f"/api/v1/users/{users.ben.pk}/keys/{made['id']}/").status_code == 204
        assert admin.get("/api/v1/users/999999/keys/").status_code == 404

    def test_agents(self, api: Api, users: Any) -> None:
        bots = [actions.create_user(f"bot{number}", None, is_agent=True) for number in range(3)]
        admin = api()
        assert admin.get("/api/v1/users/agents/").json()["total"] == 3
        assert admin.delete(f"/api/v1/users/agents/{users.ben.pk}/").status_code == 404
        assert admin.delete(f"/api/v1/users/agents/{bots[0].pk}/").status_code == 204
        missing = admin.post("/api/v1/users/agents/batch-delete/", {"ids": [bots[1].pk, 999999]})
        assert missing.status_code == 404
        ids = {"ids": [bots[1].pk, bots[2].pk]}
        assert admin.post("/api/v1/users/agents/batch-delete/", ids).json() == {"deleted": 2}


@pytest.mark.django_db
class TestAudit:
    def test_what_is_recorded(self, api: Api, users: Any) -> None:
        token("ben", "ben-password-1")
        token("ben", "wrong-password")
        api().patch(f"/api/v1/users/{users.ben.pk}/", {"role": "admin"})
        recorded = set(AuditEntry.objects.values_list("action", flat=True))
        assert recorded >= {"login", "login.failed", "key.created", "role.changed"}
        assert "wrong-password" not in str(list(AuditEntry.objects.values()))
        assert audit.broken_at() is None

    def test_cannot_be_changed(self, users: Any) -> None:
        entry = audit.audit(users.ada, "tried", users.ben, count=1)
        assert entry.object == f"userprofile:{users.ben.pk}"
        for change in (entry.save, entry.delete, AuditEntry.objects.all().delete):
            with pytest.raises(TypeError):
                change()
        with pytest.raises(TypeError):
            AuditEntry.objects.update(action="nothing")

    @pytest.mark.parametrize(
        ("sql", "broken"),
        [
            ("UPDATE accounts_auditentry SET action = 'nothing' WHERE id = {1}", 1),
            ("DELETE FROM accounts_auditentry WHERE id = {1}", 2),
            ("DELETE FROM accounts_auditentry WHERE id = {2}", None),
        ],
    )
    def test_a_change_is_seen(self, users: Any, sql: str, broken: int | None) -> None:
        ids = [audit.audit(users.ada, f"deed{number}", "thing:1").pk for number in range(3)]
        assert audit.broken_at() is None
        with connection.cursor() as cursor:
            cursor.execute(sql.format(*ids))
        assert audit.broken_at() == (0 if broken is None else ids[broken])


def test_argon2id_comes_first() -> None:
    import pipelit.settings

    assert pipelit.settings.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")
    assert settings.AUTH_USER_MODEL == "accounts.UserProfile"
