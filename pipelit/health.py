"""What runs: liveness, readiness and metrics."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from pipelit import redis
from pipelit.methods import read_only

WORKER_PREFIX = "pipelit:worker:"
WORKER_SECONDS = 30
"""A worker that has not reported for this long counts as gone."""


@dataclass(frozen=True)
class Metric:
    """One Prometheus metric: `kind` is gauge or counter; each sample has labels and a value."""

    name: str
    help: str
    kind: str
    samples: Iterable[tuple[Mapping[str, str], float]]


_providers: list[Callable[[], Iterable[Metric]]] = []


def provide_metrics(provider: Callable[[], Iterable[Metric]]) -> None:
    """Add metrics of an app (call it in `AppConfig.ready`). The provider is asked at each scrape and must be cheap."""
    if provider not in _providers:
        _providers.append(provider)


def beat(name: str, info: Mapping[str, Any]) -> None:
    """A worker process says that it is ready; to be repeated every 10 seconds. Raises one of `redis.DOWN`."""
    redis.client().set(WORKER_PREFIX + name, json.dumps({**info, "at": time.time()}), ex=WORKER_SECONDS)


def leave(name: str) -> None:
    """A worker process says that it stops. Raises one of `redis.DOWN`."""
    redis.client().delete(WORKER_PREFIX + name)


def workers() -> list[dict[str, Any]]:
    """The worker processes that are ready: `name`, and what each said of itself. Raises one of `redis.DOWN`."""
    client = redis.client()
    keys = sorted(client.scan_iter(match=f"{WORKER_PREFIX}*", count=1000))
    values = client.mget(keys) if keys else []
    found = []
    for key, value in zip(keys, values, strict=True):
        if value is not None:
            info = json.loads(value) if value[:1] == b"{" else {}
            found.append({**info, "name": key.decode().removeprefix(WORKER_PREFIX)})
    return found


def checks() -> dict[str, dict[str, Any]]:
    """Each dependency: `ok`, and a sentence on what is wrong."""
    return {"database": _database(), "redis": _redis(), "workers": _workers()}


def _database() -> dict[str, Any]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return {"ok": False, "detail": "The database does not answer."}
    return {"ok": True, "kind": connection.vendor}


def _redis() -> dict[str, Any]:
    try:
        redis.client().ping()
    except redis.DOWN:
        return {"ok": False, "detail": "Redis does not answer."}
    return {"ok": True, "embedded": settings.REDIS_EMBEDDED}


def _workers() -> dict[str, Any]:
    try:
        count = len(workers())
    except redis.DOWN:
        return {"ok": False, "count": 0, "detail": "Unknown: Redis does not answer."}
    if not count:
        return {"ok": False, "count": 0, "detail": "No worker has reported in the last 30 seconds."}
    return {"ok": True, "count": count}


@read_only
def healthz(request: HttpRequest) -> HttpResponse:
    """The web process answers."""
    return JsonResponse({"status": "ok"})


@read_only
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when web, database, Redis and at least one worker are ready, else 503 and which is not."""
    found = checks()
    ready = all(check["ok"] for check in found.values())
    return JsonResponse({"status": "ok" if ready else "degraded", "checks": found}, status=200 if ready else 503)


@read_only
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format (version 0.0.4)."""
    text = "".join(_exposition(metric) for provider in [_own_metrics, *_providers] for metric in provider())
    return HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _own_metrics() -> Iterable[Metric]:
    found = checks()
    yield Metric("pipelit_info", "The version that runs.", "gauge", [({"version": settings.VERSION}, 1)])
    yield Metric(
        "pipelit_up", "Whether a dependency is ready.", "gauge",
        [({"dependency": name}, int(check["ok"])) for name, check in found.items()],
    )  # fmt: skip
    yield Metric("pipelit_workers", "Worker processes that are ready.", "gauge", [({}, found["workers"]["count"])])


def _exposition(metric: Metric) -> str:
    lines = [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}"]
    for labels, value in metric.samples:
        pairs = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        lines.append(f"{metric.name}{{{pairs}}} {value}" if pairs else f"{metric.name} {value}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return str(text).replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
