import { expect, it } from "vitest";
import type { Log } from "@/api/types";
import { callOf } from "./called";

const log = (more: Partial<Log>) =>
  ({ final: true, status: "success", input: null, output: null, ...more }) as Log;

it("is read from the steps of a run", () => {
  const input = { name: "calculator", arguments: { expression: "6 * 7" } };
  const step_key = "agent/tool[0.0]";
  const said = (status: string) => ({ message: { data: { content: "42", status } } });
  const call = { key: step_key, name: "calculator", arguments: input.arguments, result: "42" };
  expect(callOf(log({ step_key, input, output: said("success") }))).toEqual({ ...call, status: "success" });
  expect(callOf(log({ step_key, input, output: said("error") }))?.status).toBe("failed");
  expect(callOf(log({ step_key: "agent/model[0]", input }))).toBeNull();
  expect(callOf(log({ step_key, input, final: false }))).toBeNull();
});
