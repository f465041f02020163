/** Fields whose choices are this workflow's own: nodes, tools, people. */
import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { use, useId, useState } from "react";
import { get } from "@/api/client";
import type { Page, User } from "@/api/types";
import { useMe } from "@/app/session";
import { text, type WidgetProps } from "@/components/forms/widget";
import { WIDGETS } from "@/components/forms/widgets";
import { Button } from "@/components/ui/button";
import { Checkbox, Input, Select } from "@/components/ui/field";
import { NodeContext, useDocument } from "./context";

function useNodeIds(): string[] {
  const joined = useDocument((state) => Object.keys(state.nodes).join(" "));
  return joined ? joined.split(" ") : [];
}

function NodeWidget({ wiring, value, onChange }: WidgetProps) {
  const self = use(NodeContext);
  const ids = useNodeIds().filter((id) => id !== self);
  const chosen = text(value);
  return (
    <Select {...wiring} value={chosen} onChange={(event) => onChange(event.target.value)}>
      <option value="">–</option>
      {ids.map((id) => (
        <option key={id}>{id}</option>
      ))}
      {chosen && !ids.includes(chosen) && <option value={chosen}>{t`${chosen} (not there)`}</option>}
    </Select>
  );
}

/** The nodes whose edges lead here. */
function NodesWidget(props: WidgetProps) {
  const nodeId = use(NodeContext);
  const sources = useDocument((state) =>
    Object.values(state.edges)
      .filter((link) => link.target === nodeId && ["", "error"].includes(link.label))
      .map((link) => link.source)
      .join(" "),
  );
  return <Choices {...props} offered={split(sources)} none={t`No edge leads here yet.`} />;
}

/** The tools that are attached here, by their names; `*` is all of them. */
function ToolsWidget(props: WidgetProps) {
  const nodeId = use(NodeContext);
  const tools = useDocument((state) =>
    Object.values(state.edges)
      .filter((link) => link.target === nodeId && link.label === "tool")
      .map((link) => link.source)
      .join(" "),
  );
  const offered = tools ? ["*", ...split(tools)] : [];
  return (
    <Choices {...props} offered={offered} labels={{ "*": t`all tools` }} none={t`No tool is attached yet.`} />
  );
}

/** Who is asked. Only administrators may list people; others write names. */
function UsersWidget(props: WidgetProps) {
  const { data: me } = useMe();
  const { data } = useQuery({
    queryKey: ["users", { limit: 200 }],
    queryFn: () => get<Page<User>>("users/", { limit: 200 }),
    enabled: me?.role === "admin",
  });
  const offered = data?.items.map((one) => one.username) ?? (me ? [me.username] : []);
  return <Choices {...props} offered={offered} none="" />;
}

const split = (joined: string) => (joined ? [...new Set(joined.split(" "))] : []);

interface ChoicesProps extends WidgetProps {
  offered: string[];
  labels?: Record<string, string>;
  none: string;
}

/** Boxes for what there is, and a line for any other name. */
function Choices({ wiring, value, onChange, offered, labels, none }: ChoicesProps) {
  const list = useId();
  const [draft, setDraft] = useState("");
  const chosen = Array.isArray(value) ? value.map(String) : [];
  const all = [...offered, ...chosen.filter((one) => !offered.includes(one))];
  const add = () => {
    const name = draft.trim();
    if (name && !chosen.includes(name)) onChange([...chosen, name]);
    setDraft("");
  };
  return (
    <div className="flex flex-col gap-1.5">
      {!all.length && none && <p className="text-xs text-muted">{none}</p>}
      <div role="group" aria-labelledby={`${wiring.id}-label`} className="flex flex-wrap gap-x-4 gap-y-1">
        {all.map((name) => (
          <label key={name} className="flex items-center gap-1.5">
            <Checkbox
              checked={chosen.includes(name)}
              onChange={() =>
                onChange(chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name])
              }
            />
            {labels?.[name] ?? name}
          </label>
        ))}
      </div>
      <div className="flex gap-1">
        <Input
          {...wiring}
          list={list}
          placeholder={t`another name`}
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={(event) => event.key === "Enter" && add()}
          onBlur={add}
        />
        <datalist id={list}>
          {offered.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <Button onClick={add}>{t`Add`}</Button>
      </div>
    </div>
  );
}

WIDGETS.node = NodeWidget;
WIDGETS.nodes = NodesWidget;
WIDGETS.tools = ToolsWidget;
WIDGETS.users = UsersWidget;
