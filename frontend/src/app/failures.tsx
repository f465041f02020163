import { t } from "@lingui/core/macro";
import { Link } from "@tanstack/react-router";
import { Compass, Wrench } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/misc";

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
  return (
    <Empty icon={<Wrench />} title={t`This page has failed`}>
      <p className="mb-3">{error instanceof Error ? error.message : String(error)}</p>
      <Button onClick={() => (reset ? reset() : location.reload())}>{t`Try again`}</Button>
    </Empty>
  );
}
