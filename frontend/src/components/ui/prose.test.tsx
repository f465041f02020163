import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { Prose } from "./prose";

afterEach(cleanup);

it("takes marks for what they mean, and HTML for text", () => {
  const text = "Asks *a person*\nand **waits `n`**: 2 * 3 * 4.\n\nSee `a*b*c` <b>x</b>.";
  const { container } = render(<Prose text={text} />);
  const [first, second] = container.querySelectorAll("p");
  expect(first!.innerHTML).toBe(
    "Asks <em>a person</em>\nand <strong>waits <code>n</code></strong>: 2 * 3 * 4.",
  );
  expect(second!.innerHTML).toBe("See <code>a*b*c</code> &lt;b&gt;x&lt;/b&gt;.");
});

it("shows tables, lists and code as such", () => {
  const { container } = render(
    <Prose text={"| `n` | m |\n|---|---|\n| 1 | 2 |\n\n3. three\n\n```\na  b\n```"} breaks />,
  );
  expect([...container.querySelectorAll("td, th")].map((cell) => cell.textContent)).toEqual([
    "n",
    "m",
    "1",
    "2",
  ]);
  expect(container.querySelector("ol")!.start).toBe(3);
  expect(container.querySelector("pre")!.textContent).toBe("a  b");
});

it("links to the web alone, and in a window of its own", () => {
  const text = "[a](https://a.test/x) [b](javascript:alert(1)) https://c.test/y. ![i](data:x)";
  const { container } = render(<Prose text={text} />);
  const links = [...container.querySelectorAll("a")];
  expect(links.map((link) => link.getAttribute("href"))).toEqual(["https://a.test/x", "https://c.test/y"]);
  expect(links.every((link) => link.target === "_blank" && link.rel === "noreferrer")).toBe(true);
  expect(container.querySelector("img")).toBeNull();
});

it("ends with every text, nested to any depth", () => {
  const { container } = render(<Prose text={">".repeat(20_000)} />);
  expect(container.textContent).toContain(">>>");
});
