/** Components whose code is fetched when they are first shown. */
import { useEffect, useRef, useState, type ComponentType, type ReactNode } from "react";
import { unreachable } from "@/api/client";
import { Loading } from "./misc";

interface Manner<P> {
  /** What stands there meanwhile. */
  waiting?: ReactNode;
  /** What is done if the code cannot be had; else the error is thrown. */
  failed?: (error: Error, props: P) => void;
}

/** Such a component. Shown again after a failure it asks again: the failures of React's `lazy` are for good, and the
 * router's leaves a page that cannot reach its server for the browser's own. */
export function fetched<P extends object>(
  load: () => Promise<ComponentType<P>>,
  { waiting = <Loading />, failed }: Manner<P> = {},
) {
  let known: ComponentType<P> | null = null;
  const fetchIt = async () => (known = await load());

  function Fetched(props: P) {
    const [Component, setComponent] = useState(() => known);
    const [error, setError] = useState<Error | null>(null);
    const latest = useRef(props);
    useEffect(() => {
      latest.current = props;
    });
    useEffect(() => {
      let gone = false;
      const refused = (cause: Error) => {
        if (gone) return;
        if (failed) failed(cause, latest.current);
        else setError(cause);
      };
      if (!known) fetchIt().catch(explained).then(setLater, refused);
      function setLater(it: ComponentType<P>) {
        if (!gone) setComponent(() => it);
      }
      return () => {
        gone = true;
      };
    }, []);
    if (error) throw error;
    return Component ? <Component {...props} /> : waiting;
  }
  /** While a link is pointed at; what fails is asked for again when it is shown. */
  Fetched.preload = () =>
    fetchIt().then(
      () => {},
      () => {},
    );
  return Fetched;
}

const RELOADED = "pipelit.reloaded";

/** Files that a server does not have were those of an older build: the page is loaded anew, once for each. */
async function explained(error: Error): Promise<never> {
  const answers = await fetch("/healthz", { cache: "no-store" }).then(
    (response) => response.ok,
    () => false,
  );
  if (!answers) throw unreachable();
  if (sessionStorage.getItem(RELOADED) === error.message) throw error;
  sessionStorage.setItem(RELOADED, error.message);
  location.reload();
  return new Promise(() => {});
}
