"""What the environment says: every variable read once, checked, with a sentence for each mistake.

The only module that reads variables. `read(environ)` is a function of values (and of the directory VAR_DIR, where
the secrets of the embedded default are kept). Each variable is documented in `.env.example`; a test compares.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from pipelit import embedded
from pipelit.database_url import database

BASE_DIR = Path(__file__).resolve().parent.parent
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")


@dataclass
class Reader:
    """Typed access to string variables; `names` collects what was asked for. An empty value counts as unset."""

    environ: Mapping[str, str]
    names: list[str] = field(default_factory=list)

    def text(self, name: str, default: str = "") -> str:
        self.names.append(name)
        return self.environ.get(name, "").strip() or default

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        raw = self.text(name, str(default))
        if not re.fullmatch(r"[0-9]{1,9}", raw) or not low <= int(raw) <= high:
            raise ImproperlyConfigured(f"{name} must be a whole number from {low} to {high}, not {raw!r}.")
        return int(raw)

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        raw = self.text(name, default)
        if raw not in choices:
            raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}, not {raw!r}.")
        return raw

    def flag(self, name: str, default: bool = False) -> bool:
        raw = self.text(name, "1" if default else "0").lower()
        if raw not in {"0", "1", "true", "false", "yes", "no", "on", "off"}:
            raise ImproperlyConfigured(f"{name} must be 1 or 0, not {raw!r}.")
        return raw in {"1", "true", "yes", "on"}

    def listing(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """A comma-separated list."""
        return [part.strip() for part in self.text(name).split(",") if part.strip()] or list(default)


@dataclass(frozen=True)
class Environment:
    """The settings of one installation. See `.env.example` for what each means."""

    names: tuple[str, ...]
    production: bool
    debug: bool
    host: str
    port: int
    allowed_hosts: list[str]
    behind_https: bool
    trusted_proxies: list[str]
    var_dir: Path
    database: dict[str, Any]
    redis_url: str
    redis_embedded: bool
    secret_key: str
    field_encryption_keys: list[str]
    admin_username: str
    admin_password: str
    worker_processes: int
    worker_concurrency: int
    log_level: str
    log_format: str
    public_url: str
    email: dict[str, Any]
    outbound_allow: list[str]
    sandbox_network: bool
    ws_allow_key_in_url: bool


def read(environ: Mapping[str, str]) -> Environment:
    """All settings; raises ImproperlyConfigured with one sentence for the first mistake."""
    reader = Reader(environ)
    production = reader.choice("PIPELIT_ENV", "development", ("development", "production")) == "production"
    var_dir = (BASE_DIR / Path(reader.text("VAR_DIR", "var")).expanduser()).resolve()
    host = reader.text("HOST", "127.0.0.1")
    redis_url = reader.text("REDIS_URL")
    secret_key = _secret(reader, "SECRET_KEY", var_dir, production, lambda: secrets.token_urlsafe(50))
    encryption_keys = _secret(reader, "FIELD_ENCRYPTION_KEY", var_dir, production, _fernet_key)
    log_level = reader.text("LOG_LEVEL", "INFO").upper()
    if log_level not in LOG_LEVELS:
        raise ImproperlyConfigured(f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}, not {log_level!r}.")
    return Environment(
        production=production,
        debug=reader.flag("DEBUG"),
        host=host,
        port=reader.integer("PORT", 8000, 1, 65535),
        allowed_hosts=reader.listing("ALLOWED_HOSTS", _own_hosts(host)),
        behind_https=reader.flag("BEHIND_HTTPS"),
        trusted_proxies=_networks(reader.listing("TRUSTED_PROXIES"), "TRUSTED_PROXIES"),
        var_dir=var_dir,
        database=database(reader.text("DATABASE_URL"), var_dir),
        redis_url=_redis_url(redis_url) if redis_url else embedded.url(var_dir),
        redis_embedded=not redis_url,
        secret_key=secret_key,
        field_encryption_keys=[key.strip() for key in encryption_keys.split(",") if key.strip()],
        admin_username=reader.text("ADMIN_USERNAME"),
        admin_password=reader.text("ADMIN_PASSWORD"),
        worker_processes=reader.integer("WORKER_PROCESSES", 1, 1, 64),
        worker_concurrency=reader.integer("WORKER_CONCURRENCY", 20, 1, 1000),
        log_level=log_level,
        log_format=reader.choice("LOG_FORMAT", "text", ("text", "json")),
        public_url=_public_url(reader, host),
        email=email_settings(reader.text("EMAIL_URL"), reader.text("EMAIL_FROM")),
        outbound_allow=reader.listing("OUTBOUND_ALLOW"),
        sandbox_network=reader.flag("SANDBOX_NETWORK"),
        ws_allow_key_in_url=reader.flag("WS_ALLOW_KEY_IN_URL"),
        names=tuple(reader.names),
    )


def load(environ: Mapping[str, str]) -> Environment:
    """As `read`, over what the file `.env` of the project says (another one: ENV_FILE)."""
    return read(with_file(environ, BASE_DIR / (environ.get("ENV_FILE") or ".env")))


def with_file(environ: Mapping[str, str], path: Path) -> dict[str, str]:
    """The environment over the `NAME=value` lines of a file, if there is one (`#` starts a comment line)."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return dict(environ)
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if not name or name.startswith("#"):
            continue
        if not equals or not re.fullmatch(r"[A-Z_][A-Z0-9_]*", name.strip()):
            raise ImproperlyConfigured(f"{path.name}, line {number}: write NAME=value.")
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        found[name.strip()] = value
    return {**found, **environ}


def _own_hosts(host: str) -> tuple[str, ...]:
    return LOCAL_HOSTS if host in {*LOCAL_HOSTS, "0.0.0.0", "::"} else (*LOCAL_HOSTS, host)  # noqa: S104


def _networks(values: list[str], name: str) -> list[str]:
    for value in values:
        try:
            ipaddress.ip_network(value, strict=False)
        except ValueError:
            raise ImproperlyConfigured(f"{name}: {value!r} is no address and no network.") from None
    return values


def _public_url(reader: Reader, host: str) -> str:
    """Without a slash at its end. Raises ImproperlyConfigured."""
    own = "localhost" if host in {*LOCAL_HOSTS, "0.0.0.0", "::"} else host  # noqa: S104
    url = reader.text("PUBLIC_URL", f"http://{own}:{reader.environ.get('PORT') or 8000}").rstrip("/")
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", url):
        raise ImproperlyConfigured(f"PUBLIC_URL must look like https://pipelit.example.org, not {url!r}.")
    return url


def email_settings(url: str, sender: str) -> dict[str, Any]:
    """Django's settings of a mail server `smtp[s]://user:password@host:port`: smtp starts TLS unless `?tls=none`,
    smtps speaks it at once. Without a URL no mail is sent. Raises ImproperlyConfigured."""
    parts = urlsplit(url)
    query = parse_qs(parts.query, keep_blank_values=True)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if url and (parts.scheme not in ("smtp", "smtps") or not parts.hostname or port == -1 or query.keys() - {"tls"}):
        raise ImproperlyConfigured("EMAIL_URL must look like smtp://user:password@host:587 or smtps://host:465.")
    if url and "@" not in sender:
        raise ImproperlyConfigured("EMAIL_FROM is not set: the address that mails come from.")
    return {
        "EMAIL_HOST": parts.hostname or "",
        "EMAIL_PORT": port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and query.get("tls") != ["none"],
        "EMAIL_TIMEOUT": 20,
        "DEFAULT_FROM_EMAIL": sender,
    }


def _redis_url(url: str) -> str:
    if not re.match(r"(redis|rediss|unix)://.", url):
        raise ImproperlyConfigured("REDIS_URL must look like redis://host:6379/0, rediss://... or unix:///path.sock.")
    return url


def _fernet_key() -> str:
    return urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _secret(reader: Reader, name: str, var_dir: Path, production: bool, generate: Any) -> str:
    """The variable; in development, if unset, a value generated once and kept under VAR_DIR/secrets."""
    given = reader.text(name)
    if given:
        return given
    if production:
        raise ImproperlyConfigured(f"{name} is not set. In production it must be: see .env.example.")
    return kept_secret(var_dir / "secrets" / name.lower(), generate())


def kept_secret(path: Path, candidate: str) -> str:
    """What the file holds; if there is none, it is created with `candidate` (mode 0600), once even if many
    processes start together."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        scratch = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        if not path.exists():
            with open(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(candidate + "\n")
            try:
                os.link(scratch, path)
            except FileExistsError:
                pass
            finally:
                scratch.unlink()
        value = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"VAR_DIR: cannot keep secrets in {path.parent} ({error.strerror}). Make it writable or set VAR_DIR."
        ) from None
    if not value:
        raise ImproperlyConfigured(f"{path} is empty: restore it from a backup, or delete it to have a new one made.")
    return value
