import { act, cleanup, render, screen } from "@testing-library/react";
import { Component, type ReactNode } from "react";
import { afterEach, expect, it, vi } from "vitest";
import { fetched } from "./fetched";

class Boundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state = { error: null as Error | null };
  static getDerivedStateFromError = (error: Error) => ({ error });
  override render() {
    if (!this.state.error) return this.props.children;
    return <button onClick={() => this.setState({ error: null })}>{this.state.error.message}</button>;
  }
}

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const Page = () => <p>The page</p>;
const missing = new TypeError("Failed to fetch dynamically imported module: /a.js");

it("is asked for again after the server was away, and leaves the page where it is", async () => {
  vi.spyOn(console, "error").mockReturnValue();
  const load = vi.fn(() => Promise.resolve(Page)).mockRejectedValueOnce(missing);
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  const Late = fetched<object>(load);
  render(
    <Boundary>
      <Late />
    </Boundary>,
  );
  expect(screen.getByText("Loading…")).toBeTruthy();
  const failure = await screen.findByText(/server cannot be reached/);
  act(() => failure.click());
  expect(await screen.findByText("The page")).toBeTruthy();
  expect(load).toHaveBeenCalledTimes(2);
});

it("tells instead, where it is asked to", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  const failed = vi.fn();
  const Late = fetched<{ name: string }>(() => Promise.reject(missing), { waiting: null, failed });
  render(<Late name="a" />);
  await vi.waitFor(() => expect(failed).toHaveBeenCalledOnce());
  expect(failed.mock.calls[0]![1]).toEqual({ name: "a" });
});

it("is shown at once when it was fetched before", async () => {
  const Late = fetched<object>(() => Promise.resolve(Page));
  await Late.preload();
  render(<Late />);
  expect(screen.getByText("The page")).toBeTruthy();
});
