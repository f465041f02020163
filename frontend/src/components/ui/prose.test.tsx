import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { Prose } from "./prose";

afterEach(cleanup);

it("joins the lines of a paragraph and takes marks for what they mean", () => {
  const { container } = render(
    <Prose text={"Asks *a person*\nand **waits**: 2 * 3 * 4.\n\nSee `a*b*c` <b>x</b>."} />,
  );
  const [first, second] = container.querySelectorAll("p");
  expect(first!.innerHTML).toBe("Asks <em>a person</em> and <strong>waits</strong>: 2 * 3 * 4.");
  expect(second!.innerHTML).toBe("See <code>a*b*c</code> &lt;b&gt;x&lt;/b&gt;.");
});

it("shows a table as one", () => {
  const { container } = render(
    <Prose text={"It sees:\n\n| variable | value |\n|---|---|\n| `n` | a number |"} />,
  );
  const cells = [...container.querySelectorAll("td, th")].map((cell) => cell.innerHTML);
  expect(cells).toEqual(["variable", "value", "<code>n</code>", "a number"]);
});
