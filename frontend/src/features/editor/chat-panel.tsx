import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { Send, X } from "lucide-react";
import { Link } from "@tanstack/react-router";
import { Fragment, useEffect, useRef, useState, type FormEvent } from "react";
import { post } from "@/api/client";
import { Button, IconButton } from "@/components/ui/button";
import { Textarea } from "@/components/ui/field";
import { Spinner } from "@/components/ui/misc";
import { statusWord } from "@/components/ui/status";
import { cn } from "@/lib/cn";
import { useEditor, useRuns } from "./context";
import { questionOf, useEnded } from "./ended";
import { LongText } from "./long-text";
import { follow, type ToolCall } from "./runs";
import { ToolCalls } from "./tool-calls";

interface Message {
  by: "you" | "workflow" | "error";
  text: string;
  /** The run that it is the answer of, and the tools that were used in it. */
  executionId?: string;
  tools?: ToolCall[];
}

/** So many messages are drawn at first, and more with each request. */
const PAGE = 50;

/** Talk to the draft: what agents write appears as it is written, with the tools they use. */
export function ChatPanel({ hidden, onClose }: { hidden?: boolean; onClose: () => void }) {
  const { slug, document, runs } = useEditor();
  const [messages, setMessages] = useState<Message[]>([]);
  const [conversation, setConversation] = useState<string>();
  const [most, setMost] = useState(PAGE);
  const [text, setText] = useState("");
  const [waitingFor, setWaitingFor] = useState<string | null>(null);
  const end = useRef<HTMLDivElement>(null);
  const tokens = useRuns((state) => Object.values(state.tokens).join("\n"));
  const tools = useRuns((state) => state.tools);
  const status = useRuns((state) => state.status);
  const say = useMutation({
    mutationFn: (said: string) =>
      post<{ execution_id: string; conversation_id: string }>(
        `workflows/${slug}/chat/`,
        { text: said, version: "draft", conversation_id: conversation },
        { once: document.edition },
      ),
    onSuccess: ({ execution_id, conversation_id }) => {
      setConversation(conversation_id);
      setWaitingFor(execution_id);
      follow(runs, execution_id);
    },
    meta: { quiet: true },
  });
  useEnded(waitingFor, (execution) => {
    setWaitingFor(null);
    const asks = questionOf(execution);
    const answer: Pick<Message, "by" | "text"> =
      execution.status === "completed"
        ? { by: "workflow", text: said(execution.final_output) }
        : asks
          ? { by: "workflow", text: `${asks.prompt}\n${t`(yes or no)`}` }
          : { by: "error", text: execution.error_message || statusWord(execution.status) };
    const ran = { executionId: execution.execution_id, tools: runs.getState().tools };
    setMessages((before) => [...before, { ...answer, ...ran }]);
  });
  useEffect(() => {
    void end.current?.scrollIntoView({ block: "end" });
  }, [messages, tokens, tools]);
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    const wanted = text.trim();
    if (!wanted || waitingFor || say.isPending) return;
    setMessages((before) => [...before, { by: "you", text: wanted }]);
    setText("");
    runs.setState({ tokens: {}, tools: [] }); // an answer goes on with the run that asked
    say.mutate(wanted, {
      onError: (error) => setMessages((before) => [...before, { by: "error", text: error.message }]),
    });
  };
  return (
    <aside
      aria-label={t`Chat`}
      className={cn(
        hidden ? "hidden" : "flex",
        "w-full shrink-0 flex-col border-l border-line bg-panel sm:w-96",
      )}
    >
      <header className="flex items-center gap-2 border-b border-line p-3">
        <h2 className="grow font-semibold">{t`Chat with the draft`}</h2>
        <Button
          size="sm"
          disabled={!messages.length || waitingFor !== null}
          onClick={() => (setMessages([]), setConversation(undefined))}
        >
          {t`New conversation`}
        </Button>
        <IconButton label={t`Close`} onClick={onClose}>
          <X />
        </IconButton>
      </header>
      <div role="log" aria-live="polite" className="flex min-h-0 grow flex-col gap-2 overflow-auto p-3">
        {!messages.length && (
          <p className="m-auto max-w-60 text-center text-muted">
            {t`Say something: it starts the chat trigger of this workflow.`}
          </p>
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
        {waitingFor && (
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
          disabled={!text.trim() || waitingFor !== null}
          busy={say.isPending}
        >
          <Send />
        </IconButton>
      </form>
    </aside>
  );
}

function said(output: unknown): string {
  if (output == null) return t`(no answer)`;
  return typeof output === "string" ? output : JSON.stringify(output, null, 2);
}

const speakers = (): Record<Message["by"], string> => ({
  you: t`you`,
  workflow: t`workflow`,
  error: t`error`,
});

function Bubble({ by, text }: Pick<Message, "by" | "text">) {
  return (
    <div
      className={cn(
        "max-w-[85%] rounded-lg px-3 py-2 break-words whitespace-pre-wrap",
        by === "you" ? "self-end bg-accent text-accent-ink" : "self-start bg-hover",
        by === "error" && "bg-bad/10 text-bad",
      )}
    >
      <span className="sr-only">{speakers()[by]}: </span>
      <LongText text={text} />
    </div>
  );
}
