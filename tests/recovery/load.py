"""People and programs that use the product while it breaks: what they ask for, until it is acknowledged, and what they
were told."""

from __future__ import annotations

import http.client
import json
import random
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.doubles.receiver import Receiver
from tests.e2e.launcher import Product, build, extra, send

ENDED = ("completed", "failed", "cancelled")
AWAY = (0, 429, 503, 507)
"""What may be answered while something is broken: the same is asked again."""
BY_HAND = ("once", "deep", "asks", "called")
STEPS = {
    "orders": {"hook", "keep", "post", "each", *(f"each[{n}]/item" for n in range(3)), "end"},
    "once": {"start", "post", "end"},
    "deep": {"start", "child", "end"},
    "child": {"called", "post", "pause", "end"},
    "asks": {"start", "ask", "post", "end"},
    "called": {"start", "post", "back", "end"},
    "ticking": {"tick", "post", "end"},
}
"""What a completed run of each workflow has recorded, each once."""
POSTS = {"post", "each[0]/item", "each[1]/item", "each[2]/item"}
"""Of these the steps that call the receiver; that of `once` must not be repeated."""


def draw(product: Product, receiver: Receiver, ticks: int) -> int:
    """The workflows, and a schedule that fires so often; its id."""

    def post(policy: str = "retry", **body: Any) -> dict[str, Any]:
        return extra(url=receiver.url, method="POST", body=body, on_unknown=policy)

    def end(value: str) -> tuple[str, str, dict[str, Any]]:
        return ("end", "set", extra(values={"n": value}))

    start, given = ("start", "trigger_manual", {}), "{{ trigger.payload.n }}"
    hook = extra(path="in", secret="s3cret", callback_url=f"{receiver.url}results")
    loop = [("keep", "each"), ("each", "item", "loop_body"), ("item", "each", "loop_return")]
    build(
        product, "orders",
        [("hook", "trigger_webhook", hook), ("keep", "set", extra(values={"n": given})),
         ("post", "http_request", post()), ("each", "loop", extra(items=[1, 2, 3])), ("item", "http_request", post()),
         end("{{ keep.output.n }}")],
        ("hook", "keep"), ("keep", "post"), *loop, ("post", "end"), ("each", "end"),
    )  # fmt: skip
    once = post("fail")
    build(product, "once", [start, ("post", "http_request", once), end(given)], ("start", "post"), ("post", "end"))
    nodes = [
        ("called", "trigger_workflow", {}), ("post", "http_request", post()),
        ("pause", "wait", extra(duration=6)), end(given),
    ]  # fmt: skip
    build(product, "child", nodes, ("called", "post"), ("post", "pause"), ("pause", "end"))
    signed = {"Content-Type": "application/json", "Authorization": f"Bearer {product.key}"}
    assert send(product, "PATCH", "/api/v1/workflows/once/", '{"concurrency": 2}', signed)[0] == 200
    child = extra(target_workflow="child", input_mapping={"n": "trigger.payload.n"})
    build(product, "deep", [start, ("child", "workflow", child), end("{{ child.output.n }}")],
          ("start", "child"), ("child", "end"))  # fmt: skip
    nodes = [start, ("ask", "human_confirmation", extra(prompt="Go?")), ("post", "http_request", post()), end(given)]
    build(product, "asks", nodes, ("start", "ask"), ("ask", "post"), ("post", "end"))
    told = post(callback="{{ execution.callback_urls.back }}")
    nodes = [start, ("post", "http_request", told), ("back", "wait", extra(callback=True)), end(given)]
    build(product, "called", nodes, ("start", "post"), ("post", "back"), ("back", "end"))
    nodes = [("tick", "trigger_schedule", {}), ("post", "http_request", post()), end("{{ trigger.schedule.number }}")]
    build(product, "ticking", nodes, ("tick", "post"), ("post", "end"))
    status, job = product.call("/api/v1/schedules/", {
        "name": "chaos", "workflow_id": product.call("/api/v1/workflows/ticking/")[1]["id"], "trigger_node_id": "tick",
        "interval_seconds": 1, "total_repeats": ticks, "catch_up": "all", "overlap": "allow",
    })  # fmt: skip
    assert status == 201, job
    return int(job["id"])


@dataclass
class Story:
    """What was asked and acknowledged. Executions by the key (or the delivery's id) that asked for them."""

    asked: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Key -> workflow and the number that it was given."""
    started: dict[str, str] = field(default_factory=dict)
    answered: dict[int, str] = field(default_factory=dict)
    """Task -> the decision that was taken."""
    called_back: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    ended: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    """Execution -> how it was first seen to have ended: status, final output, time."""
    wrong: list[str] = field(default_factory=list)


class Client(threading.Thread):
    """One who does this and that, one thing at a time, until it is told that it is enough."""

    def __init__(self, name: str, product: Product, receiver: Receiver, story: Story, seed: int) -> None:
        super().__init__(name=name, daemon=True)
        self._product, self._receiver, self.story = product, receiver, story
        self._chance = random.Random(seed)
        self._count = 0
        self.enough = threading.Event()

    def run(self) -> None:
        deeds = (self.order, self.order, self.by_hand, self.by_hand, self.settle, self.look, self.look, self.cancel)
        while not self.enough.is_set():
            try:
                self._chance.choice(deeds)()
            except Exception as error:
                self.story.wrong.append(f"A client failed: {error!r}")
            self.enough.wait(0.3)

    def order(self) -> None:
        """A webhook; some deliveries come twice."""
        key = self._next("orders")
        headers = {"Content-Type": "application/json", "X-Webhook-Secret": "s3cret", "X-Delivery-Id": key}
        self._start(key, "/webhooks/orders/in", {"n": self._count}, headers)

    def by_hand(self) -> None:
        slug = self._chance.choice(BY_HAND)
        key = self._next(slug)
        headers = self._signed() | {"Idempotency-Key": key}
        self._start(key, f"/api/v1/workflows/{slug}/execute/", {"payload": {"n": self._count}}, headers)

    def settle(self) -> None:
        """Answer what is asked, and call back where somebody waits."""
        status, found = self._ask("GET", "/api/v1/tasks/?kind=approval")
        for task in found["items"][:3] if status == 200 else ():
            answer = {"decision": self._chance.choice(["confirmed", "cancelled"])}
            status, said = self._ask("POST", f"/api/v1/tasks/{task['id']}/respond/", answer, self._signed(), (409,))
            if status == 200:
                earlier = self.story.answered.setdefault(task["id"], said["decision"])
                self._check(earlier == said["decision"], f"task {task['id']} was answered twice")
        for _, content in list(self._receiver.calls):
            path = urlsplit(str(json.loads(content).get("callback", ""))).path
            if path and path not in self.story.called_back and self._called_back(path):
                self.story.called_back.add(path)

    def _called_back(self, path: str) -> bool:
        return self._ask("POST", path, {"n": 1}, {"Content-Type": "application/json"}, (409,))[0] in (202, 409)

    def look(self) -> None:
        """What has ended stays as it is."""
        if not self.story.started:
            return
        key = self._chance.choice(list(self.story.started.values()))
        status, found = self._ask("GET", f"/api/v1/executions/{key}/")
        if status == 200 and found["status"] in ENDED:
            now = (found["status"], json.dumps(found["final_output"]), found["completed_at"])
            first = self.story.ended.setdefault(key, now)
            self._check(first == now, f"{key} had ended as {first}, and is now {now}")

    def cancel(self) -> None:
        if self._chance.random() > 0.2 or not self.story.started:
            return
        key = self._chance.choice(list(self.story.started.values()))
        if self._ask("POST", f"/api/v1/executions/{key}/cancel/", {}, self._signed(), (409,))[0] == 200:
            self.story.cancelled.add(key)

    def _next(self, slug: str) -> str:
        self._count += 1
        key = f"{self.name}-{self._count}"
        self.story.asked[key] = slug, self._count
        return key

    def _start(self, key: str, path: str, body: Any, headers: dict[str, str]) -> None:
        for _ in range(1 + (self._chance.random() < 0.2)):
            while not self.enough.is_set():
                status, said = self._ask("POST", path, body, headers)
                if status in (200, 202):
                    earlier = self.story.started.setdefault(key, said["execution_id"])
                    self._check(earlier == said["execution_id"], f"{key} was started twice")
                    break
                self.enough.wait(0.3)

    def _ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, refused: Any = ()
    ) -> tuple[int, Any]:
        """Status (0: no answer) and what is said; what may not be answered is noted."""
        data = None if body is None else json.dumps(body)
        try:
            status, _, text = send(self._product, method, path, data, headers or self._signed())
        except (OSError, http.client.HTTPException):
            return 0, None
        self._check(status < 300 or status in (*AWAY, *refused), f"{method} {path} was answered {status}: {text[:300]}")
        return status, json.loads(text) if text[:1] == "{" else None

    def _signed(self) -> dict[str, str]:
        return {"Content-Type": "application/json", "Authorization": f"Bearer {self._product.key}"}

    def _check(self, is_right: bool, otherwise: str) -> None:
        if not is_right:
            self.story.wrong.append(otherwise)
