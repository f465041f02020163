import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { apiKey, hasSession, keepKey } from "./auth";
import { ApiError, get, patch, post, remove } from "./client";

const answer = (status: number, body?: unknown, headers?: HeadersInit) =>
  new Response(body === undefined ? null : JSON.stringify(body), { status, headers });
const fetched = vi.fn<typeof fetch>();

beforeEach(() => {
  vi.stubGlobal("fetch", fetched);
  keepKey("pk-1", true);
});
afterEach(() => {
  fetched.mockReset();
  localStorage.clear();
});

describe("client", () => {
  it("sends the key, the query and the body", async () => {
    fetched.mockResolvedValueOnce(answer(200, { items: [] }));
    await get("workflows/", { search: "a b", tags: undefined, limit: 5 });
    expect(fetched.mock.lastCall![0]).toBe("/api/v1/workflows/?search=a+b&limit=5");
    expect(fetched.mock.lastCall![1]!.headers).toMatchObject({ Authorization: "Bearer pk-1" });
    fetched.mockResolvedValueOnce(answer(200, {}));
    await patch("workflows/a/", { name: "b" }, { ifMatch: 7, idempotencyKey: "k" });
    const { method, body, headers } = fetched.mock.lastCall![1]!;
    expect([method, body]).toEqual(["PATCH", '{"name":"b"}']);
    expect(headers).toMatchObject({ "If-Match": '"7"', "Idempotency-Key": "k" });
  });

  it("answers nothing for 204", async () => {
    fetched.mockResolvedValueOnce(answer(204));
    expect(await remove("workflows/a/")).toBeUndefined();
  });

  it("raises what the server said", async () => {
    const body = { detail: "No.", code: "invalid", fields: { name: ["Too long."] }, current: { id: 1 } };
    fetched.mockResolvedValueOnce(answer(429, body, { "Retry-After": "3" }));
    const error = await post("x/").catch((caught: ApiError) => caught);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      status: 429,
      code: "invalid",
      message: "No.",
      retryAfter: 3,
      offline: false,
    });
    expect((error as ApiError).fields.name).toEqual(["Too long."]);
    expect((error as ApiError).data.current).toEqual({ id: 1 });
  });

  it("raises something sensible for what is no JSON", async () => {
    fetched.mockResolvedValueOnce(new Response("<html>", { status: 502 }));
    await expect(get("x/")).rejects.toMatchObject({ status: 502, code: "unknown" });
  });

  it("tells that the server is out of reach", async () => {
    fetched.mockRejectedValueOnce(new TypeError("Failed to fetch"));
    await expect(get("x/")).rejects.toMatchObject({ offline: true, code: "offline" });
  });

  it("starts once what is asked again after a lost answer", async () => {
    const keys: unknown[] = [];
    const start = async (response: Response | Error, once: true | number = true, body = { text: "a" }) => {
      fetched.mockImplementationOnce(async (_path, init) => {
        keys.push((init!.headers as Record<string, string>)["Idempotency-Key"]);
        if (response instanceof Error) throw response;
        return response;
      });
      await post("x/", body, { once }).catch(() => undefined);
    };
    const lost = new TypeError("Failed to fetch");
    await start(lost);
    await start(answer(502));
    await start(answer(200, {}));
    expect(new Set(keys).size).toBe(1);
    await start(answer(422, {})); // the next time is another
    await start(lost);
    await start(lost, true, { text: "b" });
    await start(lost, 2);
    expect(new Set(keys).size).toBe(5);
    expect(keys.every((key) => /^[0-9a-f]{32}$/.test(key as string))).toBe(true);
  });

  it("uses a refused key no more, until somebody signs in again", async () => {
    fetched.mockResolvedValueOnce(answer(401, { detail: "Expired.", code: "not_authenticated" }));
    await expect(get("x/")).rejects.toMatchObject({ status: 401 });
    expect([apiKey(), hasSession()]).toEqual([null, true]);
    keepKey("pk-2", true);
    expect(apiKey()).toBe("pk-2");
  });

  it("keeps a new key when the old one is refused late", async () => {
    fetched.mockImplementationOnce(async () => {
      keepKey("pk-2", true);
      return answer(401, { detail: "Expired.", code: "not_authenticated" });
    });
    await expect(get("x/")).rejects.toMatchObject({ status: 401 });
    expect(apiKey()).toBe("pk-2");
  });
});
