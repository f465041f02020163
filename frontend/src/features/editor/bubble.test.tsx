import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { Bubble } from "./bubble";

afterEach(cleanup);

it("shows Markdown of a workflow, and what a person wrote as it was written", () => {
  const text = "**Yes**\n- <img src=x>";
  expect(
    render(<Bubble by="workflow" text={text} />).container.querySelector("strong, li img")!.tagName,
  ).toBe("STRONG");
  cleanup();
  const { container } = render(<Bubble by="you" text={text} />);
  expect(container.textContent).toBe(`you: ${text}`);
});
