"use strict";

(() => {
  const main = document.querySelector("main.chat");
  const base = main.dataset.base;
  const [log, typing, trouble, composer, text, anew] = ["log", "typing", "trouble", "composer", "text", "anew"].map(
    (id) => document.getElementById(id),
  );
  if (!composer) return;

  const FAILED = "This could not be answered.";
  const OFFLINE = "There is no connection. Your message is kept.";
  const WAITING = "Somebody has to look at this first. The answer will appear here.";
  const POLL_MS = 5000;
  const LINK = /https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]]/g;

  /** What the browser keeps; only while the page is open where it may keep nothing (a frame of another site). */
  const store = {
    name: `pipelit-chat:${base}`,
    kept: "",
    get token() {
      try {
        return localStorage.getItem(this.name) || this.kept;
      } catch {
        return this.kept;
      }
    },
    set token(value) {
      this.kept = value;
      try {
        if (value) localStorage.setItem(this.name, value);
        else localStorage.removeItem(this.name);
      } catch {
        /* kept for this page only */
      }
      anew.hidden = !value;
    },
  };

  /** Ids of the answers that are shown. */
  const seen = new Set();
  let timer = 0;

  class Refusal extends Error {}

  /** Text with its links; everything else stays text. */
  function write(place, words) {
    place.replaceChildren();
    let done = 0;
    for (const match of words.matchAll(LINK)) {
      place.append(words.slice(done, match.index));
      const link = document.createElement("a");
      link.href = match[0];
      link.target = "_blank";
      link.rel = "noopener noreferrer nofollow";
      link.textContent = match[0];
      place.append(link);
      done = match.index + match[0].length;
    }
    place.append(words.slice(done));
  }

  function bubble(mine, words = "") {
    const box = document.createElement("div");
    const who = document.createElement("span");
    const said = document.createElement("p");
    box.className = mine ? "bubble me" : "bubble them";
    who.className = "unseen";
    who.textContent = mine ? "You: " : "Answer: ";
    box.append(who, said);
    write(said, words);
    log.append(box);
    toEnd();
    return said;
  }

  function toEnd() {
    log.scrollTop = log.scrollHeight;
  }

  function busy(on) {
    typing.hidden = !on;
    log.setAttribute("aria-busy", String(on));
    composer.querySelector("button").disabled = on;
    if (on) toEnd();
  }

  function isBusy() {
    return log.getAttribute("aria-busy") === "true";
  }

  function complain(sentence, again) {
    trouble.hidden = false;
    toEnd();
    trouble.querySelector("span").textContent = sentence;
    const button = trouble.querySelector("button");
    button.hidden = !again;
    button.onclick = () => {
      trouble.hidden = true;
      again();
      text.focus();
    };
  }

  async function refusal(response) {
    const body = await response.json().catch(() => ({}));
    return new Refusal(body.detail || FAILED);
  }

  /** Server-sent events of an answer to a POST: {type, ...}, one by one. */
  async function* events(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ; ) {
      const { value, done } = await reader.read();
      if (done) return;
      const parts = (rest + value).split("\n\n");
      rest = parts.pop();
      for (const part of parts) {
        const line = part.split("\n").find((one) => one.startsWith("data: "));
        if (line) yield JSON.parse(line.slice(6));
      }
    }
  }

  /** Show an answer as it comes; how it ended. */
  async function listen(body) {
    let said = null;
    let words = "";
    let replied = null;
    const show = (all) => {
      typing.hidden = true;
      said ??= bubble(false);
      write(said, (words = all));
      toEnd();
    };
    try {
      for await (const event of events(body)) {
        if (event.type === "conversation") store.token = event.token;
        if (event.type === "token") show(words + event.delta);
        if (event.type === "reply") {
          if (replied !== null) said = null;
          show((replied = event.text));
        }
        if (event.type === "done") {
          if (event.status === "completed" && event.text !== words) show(event.text);
          if (event.status === "failed") said?.parentNode.remove();
          seen.add(event.id);
          return event.status;
        }
      }
      throw new TypeError("The stream has ended too early.");
    } catch (error) {
      said?.parentNode.remove();
      throw error;
    }
  }

  async function send(words, key) {
    busy(true);
    try {
      const response = await fetch(`${base}/messages`, {
        method: "POST",
        credentials: "omit",
        headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
        body: JSON.stringify({ text: words, key, token: store.token }),
      });
      if (!response.ok) throw await refusal(response);
      settle(await listen(response.body), () => send(words, newKey()));
    } catch (error) {
      complain(error instanceof Refusal ? error.message : OFFLINE, () => send(words, key));
    } finally {
      busy(false);
    }
  }

  /** What follows from the status of a run. */
  function settle(status, again) {
    if (status === "failed") complain(FAILED, again);
    if (status === "waiting") complain(WAITING, null);
    if (isOpen({ status })) lookLater();
  }

  function isOpen(item) {
    return !["failed", "completed"].includes(item.status);
  }

  function lookLater() {
    clearTimeout(timer);
    timer = setTimeout(look, POLL_MS);
  }

  async function said() {
    const response = await fetch(`${base}/history`, {
      credentials: "omit",
      headers: { "X-Conversation": store.token },
    });
    if (!response.ok) throw await refusal(response);
    return (await response.json()).items;
  }

  /** Ask, now and then, for answers that take their time. */
  async function look() {
    const items = isBusy() ? null : await said().catch(() => null);
    if (!items || isBusy()) {
      lookLater();
      return;
    }
    for (const item of items.filter((one) => one.role === "ai" && !seen.has(one.id))) {
      seen.add(item.id);
      trouble.hidden = true;
      if (item.text) bubble(false, item.text);
      else complain(FAILED, null);
    }
    if (items.some(isOpen)) lookLater();
  }

  async function begin() {
    anew.hidden = !store.token;
    if (!store.token) return;
    busy(true);
    try {
      const items = await said();
      if (!items.length) store.token = "";
      for (const item of items) {
        if (seen.has(item.id)) continue;
        seen.add(item.id);
        if (item.text) bubble(item.role === "human", item.text);
      }
      if (items.length) settle(items.at(-1).status, null);
      if (items.some(isOpen)) lookLater();
    } catch (error) {
      complain(error instanceof Refusal ? error.message : OFFLINE, begin);
    } finally {
      busy(false);
    }
  }

  function newKey() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  composer.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = text.value;
    if (!words.trim() || isBusy()) return;
    trouble.hidden = true;
    text.value = "";
    bubble(true, words);
    send(words, newKey());
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    composer.requestSubmit();
  });
  anew.addEventListener("click", () => {
    store.token = "";
    location.reload();
  });
  if (window.parent !== window) {
    addEventListener("focus", () => text.focus());
    addEventListener("keydown", (event) => {
      if (event.key === "Escape") parent.postMessage("pipelit-chat-close", "*");
    });
  }
  begin();
})();
