import { t } from "@lingui/core/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Send } from "lucide-react";
import { useState, type FormEvent, type ReactNode } from "react";
import { toast } from "sonner";
import { patch, post, remove } from "@/api/client";
import type { User } from "@/api/types";
import { useMe } from "@/app/session";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";
import { Card, Code, Loading } from "@/components/ui/misc";
import { Page } from "@/components/ui/page";
import { TimezoneInput } from "@/components/ui/timezone";
import { zoneHere } from "@/lib/zone";
import { Appearance } from "./appearance";
import { Keys } from "./keys";
import { Password } from "./password";

export function SettingsPage() {
  const { data: me } = useMe();
  if (!me) return <Loading />;
  return (
    <Page title={t`Settings`}>
      <div className="flex max-w-2xl flex-col gap-6">
        <Profile key={me.id} me={me} />
        <Part title={t`Appearance`}>
          <Appearance />
        </Part>
        <Part title={t`API keys`}>
          <Keys
            path="auth/me/keys/"
            warning={t`Whatever uses it is refused from then on. If it is the one of this browser, you sign in again.`}
          />
        </Part>
        <Part title={t`Password`}>
          <Password />
        </Part>
        <Telegram me={me} />
      </div>
    </Page>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card className="p-4">
      <h2 className="mb-3 text-base font-semibold">{title}</h2>
      {children}
    </Card>
  );
}

function Profile({ me }: { me: User }) {
  const client = useQueryClient();
  const [email, setEmail] = useState(me.email);
  const [timezone, setTimezone] = useState(me.timezone);
  const save = useMutation({
    mutationFn: () => patch<User>("auth/me/", { email, timezone }),
    onSuccess: (user) => {
      client.setQueryData(["me"], user);
      toast.success(t`Saved.`);
    },
    meta: { quiet: true },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Part title={t`Profile`}>
      <form className="flex flex-col gap-4" onSubmit={submit}>
        <Field
          label={t`Mail address`}
          error={save.error?.fields.email?.[0]}
          help={t`Where questions of workflows reach you.`}
        >
          {(wiring) => (
            <Input
              {...wiring}
              type="email"
              value={email}
              onChange={(event) => setEmail(event.target.value)}
            />
          )}
        </Field>
        <Field
          label={t`Time zone`}
          error={save.error?.fields.timezone?.[0]}
          help={t`Times are shown in it; empty, in the browser's, which is ${zoneHere()}.`}
        >
          {(wiring) => (
            <TimezoneInput
              {...wiring}
              value={timezone}
              onChange={(event) => setTimezone(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" variant="primary" className="self-start" busy={save.isPending}>
          {t`Save`}
        </Button>
      </form>
    </Part>
  );
}

function Telegram({ me }: { me: User }) {
  const client = useQueryClient();
  const link = useMutation({ mutationFn: () => post<{ code: string }>("auth/me/telegram/") });
  const unlink = useMutation({
    mutationFn: () => remove("auth/me/telegram/"),
    onSuccess: () => client.invalidateQueries({ queryKey: ["me"] }),
  });
  return (
    <Card className="p-4">
      <h2 className="mb-1 text-base font-semibold">Telegram</h2>
      <p className="mb-3 text-muted">
        {me.telegram_user_id
          ? t`Linked to account ${me.telegram_user_id}: questions to you go there.`
          : t`Link your account, and bots of workflows know you and ask you there.`}
      </p>
      {me.telegram_user_id ? (
        <Button busy={unlink.isPending} onClick={() => unlink.mutate()}>
          {t`Unlink`}
        </Button>
      ) : (
        <Button busy={link.isPending} onClick={() => link.mutate()}>
          <Send /> {t`Get a code`}
        </Button>
      )}
      {link.data && (
        <div className="mt-3">
          <p className="mb-1">{t`Send this to a bot within ten minutes:`}</p>
          <Code>/link {link.data.code}</Code>
        </div>
      )}
    </Card>
  );
}
