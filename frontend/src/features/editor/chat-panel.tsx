import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { Send, X } from "lucide-react";
import { Link } from "@tanstack/react-router";
import { Fragment, useEffect, useEffectEvent, useRef, useState, type FormEvent } from "react";
import { post } from "@/api/client";
import { Button, IconButton } from "@/components/ui/button";
import { Textarea } from "@/components/ui/field";
import { Loading, Spinner } from "@/components/ui/misc";
import { statusWord } from "@/components/ui/status";
import { cn } from "@/lib/cn";
import { Bubble } from "./bubble";
import { NO_PAST, usePast, type Message } from "./chat-history";
import { useEditor, useRuns } from "./context";
import { questionOf, useEnded } from "./ended";
import { Queued } from "./queued";
import { follow, ownOf } from "./runs";
import { PastToolCalls, ToolCalls } from "./tool-calls";

/** So many messages are drawn at first, and more with each request. */
const PAGE = 50;
/** Of so many the tools are read that were used before the panel was opened. */
const RECENT = 20;

/** The run that is talked with, and the question of it that is shown: an answer may come from here or elsewhere. */
interface Open {
  id: string;
  asked?: number;
}

/** Talk to the draft: what agents write appears as it is written, with the tools they use. */
export function ChatPanel({ hidden, onClose }: { hidden?: boolean; onClose: () => void }) {
  const { slug, document, runs } = useEditor();
  const past = usePast(slug);
  const [isNew, setNew] = useState(false);
  const before = isNew ? NO_PAST : (past.data ?? NO_PAST);
  const [said, setSaid] = useState<Message[]>([]);
  const messages = [...before.messages, ...said];
  const [conversation, setConversation] = useState<string>();
  const [most, setMost] = useState(PAGE);
  const [text, setText] = useState("");
  const [open, setOpen] = useState<Open | null>(null);
  const [isQueued, setQueued] = useState(false); // sent before it is known what was said before
  const end = useRef<HTMLDivElement>(null);
  const tokens = useRuns((state) => Object.values(ownOf(state).tokens).join("\n"));
  const tools = useRuns((state) => ownOf(state).tools);
  const status = useRuns((state) => ownOf(state).status);
  const goesOn = useRuns((state) => state.executionId === open?.id && state.status === "running");
  const isWaiting = open !== null && (!open.asked || goesOn);
  const say = useMutation({
    mutationFn: (wanted: string) =>
      post<{ execution_id: string; conversation_id: string }>(
        `workflows/${slug}/chat/`,
        { text: wanted, version: "draft", conversation_id: conversation ?? before.conversation },
        { once: document.edition },
      ),
    onSuccess: ({ execution_id, conversation_id }) => {
      setConversation(conversation_id);
      setOpen({ id: execution_id });
      follow(runs, execution_id);
    },
    meta: { quiet: true },
  });
  useEnded(open?.id ?? null, (execution) => {
    const asks = questionOf(execution);
    if (asks && asks.id === open?.asked) return;
    setOpen(asks ? { id: execution.execution_id, asked: asks.id } : null);
    const answer: Pick<Message, "by" | "text"> =
      execution.status === "completed"
        ? { by: "workflow", text: textOf(execution.final_output) }
        : asks
          ? { by: "workflow", text: `${asks.prompt}\n${t`(yes or no)`}` }
          : { by: "error", text: execution.error_message || statusWord(execution.status) };
    const { executionId, tools: used } = ownOf(runs.getState());
    const isShown = executionId === execution.execution_id; // another may have been started since
    const ran = { executionId: execution.execution_id, tools: isShown ? used : undefined };
    setSaid((others) => [...others, { ...answer, ...ran }]);
  });
  useEffect(() => {
    if (!past.data?.open) return;
    setOpen({ id: past.data.open });
    follow(runs, past.data.open);
  }, [past.data, runs]);
  useEffect(() => {
    void end.current?.scrollIntoView({ block: "end" });
  }, [messages.length, tokens, tools, isQueued]);
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    const wanted = text.trim();
    if (!wanted || isWaiting || say.isPending) return;
    if (past.isPending) return setQueued(true);
    setSaid((others) => [...others, { by: "you", text: wanted }]);
    setText("");
    setOpen(null); // an answer that comes before the server's is told once
    runs.setState({ tokens: {}, tools: [] }); // an answer goes on with the run that asked
    say.mutate(wanted, {
      onError: (error) => {
        setOpen(open);
        setSaid((others) => [...others, { by: "error", text: error.message }]);
      },
    });
  };
  const send = useEffectEvent(submit);
  useEffect(() => {
    if (!isQueued || past.isPending) return;
    setQueued(false);
    if (!past.data?.open) send();
  }, [isQueued, past.isPending, past.data?.open]);
  return (
    <aside
      aria-label={t`Chat`}
      tabIndex={-1}
      className={cn(
        hidden ? "hidden" : "flex",
        "w-full shrink-0 flex-col border-l border-line bg-panel sm:w-96",
      )}
    >
      <header className="flex items-center gap-2 border-b border-line p-3">
        <h2 className="grow font-semibold">{t`Chat with the draft`}</h2>
        <Button
          size="sm"
          disabled={!messages.length || isWaiting}
          onClick={() => (setNew(true), setSaid([]), setOpen(null), setConversation(undefined))}
        >
          {t`New conversation`}
        </Button>
        <IconButton label={t`Close`} onClick={onClose}>
          <X />
        </IconButton>
      </header>
      <div role="log" aria-live="polite" className="flex min-h-0 grow flex-col gap-2 overflow-auto p-3">
        {past.isPending && <Loading />}
        {!past.isPending && !messages.length && (
          <p className="m-auto max-w-60 text-center text-muted">
            {t`Say something: it starts the chat trigger of this workflow.`}
          </p>
        )}
        {before.more > 0 && messages.length <= most && (
          <Link to="/memories" search={{ workflow: slug }} className="self-center text-xs text-accent">
            {t`What was said before`}
          </Link>
        )}
        {messages.length > most && (
          <Button size="sm" className="self-center" onClick={() => setMost(most + PAGE)}>
            {t`Show earlier messages (${messages.length - most})`}
          </Button>
        )}
        {messages.slice(-most).map((message, index) => (
          // oxlint-disable-next-line react/no-array-index-key -- messages are only added
          <Fragment key={Math.max(0, messages.length - most) + index}>
            <ToolCalls calls={message.tools} />
            {!message.tools && message.executionId && index >= Math.min(messages.length, most) - RECENT && (
              <PastToolCalls executionId={message.executionId} />
            )}
            <Bubble {...message} />
            {message.executionId && (
              <Link
                to="/executions/$id"
                params={{ id: message.executionId }}
                className="-mt-1 self-start px-1 text-xs text-muted hover:underline"
              >
                {t`Its steps`}
              </Link>
            )}
          </Fragment>
        ))}
        {isWaiting && (
          <>
            <ToolCalls calls={tools} />
            {tokens ? (
              <Bubble by="workflow" text={tokens} />
            ) : (
              <p className="flex items-center gap-2 text-muted">
                <Spinner /> {statusWord(status ?? "pending")}
              </p>
            )}
          </>
        )}
        {isQueued && (
          <Queued
            why={t`Waits for the server: your message is sent once the conversation so far has come.`}
            onDrop={() => setQueued(false)}
          />
        )}
        <div ref={end} />
      </div>
      <form className="flex items-end gap-2 border-t border-line p-3" onSubmit={submit}>
        <Textarea
          aria-label={t`Message`}
          className="min-h-10"
          rows={2}
          autoFocus
          placeholder={t`Write a message`}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.shiftKey) {
              event.preventDefault();
              submit();
            }
          }}
        />
        <IconButton
          label={t`Send`}
          type="submit"
          variant="primary"
          disabled={!text.trim() || isWaiting}
          busy={say.isPending || isQueued}
        >
          <Send />
        </IconButton>
      </form>
    </aside>
  );
}

function textOf(output: unknown): string {
  if (output == null) return t`(no answer)`;
  return typeof output === "string" ? output : JSON.stringify(output, null, 2);
}
