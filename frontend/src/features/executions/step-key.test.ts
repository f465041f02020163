import { describe, expect, it } from "vitest";
import { iterationOf, lastPart } from "./step-key";

describe("iterationOf", () => {
  it("tells the time around each loop", () => {
    const keys = ["set_3", "loop_1[1]/set_3", "outer[0]/inner[12]/set_3", "loop_1[1]/agent_1/tool[1.0]"];
    expect(keys.map(iterationOf)).toEqual(["", "[1]", "[0][12]", "[1]"]);
    expect(keys.map(lastPart)).toEqual(["set_3", "set_3", "set_3", "tool[1.0]"]);
  });
});
