import { t } from "@lingui/core/macro";
import { Link } from "@tanstack/react-router";
import { CloudOff, Compass, Wrench } from "lucide-react";
import { useEffect, type ComponentType } from "react";
import { ApiError } from "@/api/client";
import { Button } from "@/components/ui/button";
import { fetched } from "@/components/ui/fetched";
import { Empty } from "@/components/ui/misc";
import { onHope } from "@/lib/live";
import { tell } from "./queries";

export function Missing() {
  return (
    <Empty icon={<Compass />} title={t`There is no such page`}>
      <p>
        {t`The address may be old or mistyped.`}{" "}
        <Link to="/" className="text-accent underline">
          {t`To the workflows`}
        </Link>
      </p>
    </Empty>
  );
}

/** A page failed to load or to draw; the rest of the app goes on. */
export function Broken({ error, reset }: { error: unknown; reset?: () => void }) {
  const offline = error instanceof ApiError && error.offline;
  useEffect(() => (offline && reset ? onHope(reset) : undefined), [offline, reset]);
  return (
    <Empty
      icon={offline ? <CloudOff /> : <Wrench />}
      title={offline ? t`This page could not be loaded` : t`This page has failed`}
    >
      <p className="mb-3">{error instanceof Error ? error.message : String(error)}</p>
      <Button onClick={() => (reset ? reset() : location.reload())}>{t`Try again`}</Button>
    </Empty>
  );
}

/** A dialog that is loaded when it is opened; if it cannot be, that is told, and it is closed. */
export function fetchedDialog<P extends { onClose: () => void }>(load: () => Promise<ComponentType<P>>) {
  return fetched(load, {
    waiting: null,
    failed: (error, { onClose }) => {
      tell(error);
      onClose();
    },
  });
}
