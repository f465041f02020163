import { plural, t } from "@lingui/core/macro";
import { useReactFlow, useStore as useFlow } from "@xyflow/react";
import { MousePointer2 } from "lucide-react";
import { useEffect, useMemo } from "react";
import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";
import { useShallow } from "zustand/react/shallow";
import { useEditor } from "./context";
import { colourOfPerson, type People, type Person } from "./presence";

const NOBODY = createStore<People>(() => ({}));

function usePeople<T>(select: (people: People) => T): T {
  return useStore(useEditor().presence?.people ?? NOBODY, useShallow(select));
}

/** Those who have chosen a node, each person once. */
function useOthersAt(nodeId: string): Person[] {
  return usePeople((people) => {
    const here = Object.values(people).filter((person) => person.node_id === nodeId);
    return here.filter((person, index) => here.findIndex((one) => one.user === person.user) === index);
  });
}

/** Who else is here, in the toolbar. */
export function Avatars() {
  const ids = usePeople((people) => [
    ...new Set(Object.values(people).map((one) => `${one.user} ${one.name}`)),
  ]);
  if (!ids.length) return null;
  return (
    <ul aria-label={t`Also here`} className="flex -space-x-1.5">
      {ids.map((id) => {
        const [user, name] = [Number(id.split(" ", 1)[0]), id.slice(id.indexOf(" ") + 1)];
        return (
          <li
            key={id}
            title={name}
            className="grid size-6 place-items-center rounded-full border-2 border-panel text-[11px] font-semibold text-white uppercase dark:text-black"
            style={{ background: colourOfPerson(user) }}
          >
            <span aria-hidden="true">{name.slice(0, 1)}</span>
            <span className="sr-only">{name}</span>
          </li>
        );
      })}
    </ul>
  );
}

/** Tells others where we are on the canvas, and shows where they are. */
export function Cursors({ selected }: { selected: string | null }) {
  const { presence } = useEditor();
  const flow = useReactFlow();
  const canvas = useFlow((state) => state.domNode);
  useEffect(() => presence?.choose(selected), [presence, selected]);
  useEffect(() => {
    if (!presence || !canvas) return;
    const moved = (event: PointerEvent) =>
      presence.point(
        flow.screenToFlowPosition({ x: event.clientX, y: event.clientY }, { snapToGrid: false }),
      );
    const left = () => presence.point(null);
    canvas.addEventListener("pointermove", moved);
    canvas.addEventListener("pointerleave", left);
    return () => {
      canvas.removeEventListener("pointermove", moved);
      canvas.removeEventListener("pointerleave", left);
    };
  }, [presence, canvas, flow]);
  const pointing = usePeople((people) => Object.values(people).filter((person) => person.x !== undefined));
  const [left, top, zoom] = useFlow(useShallow((state) => state.transform));
  return (
    <div aria-hidden="true" className="pointer-events-none absolute inset-0 z-10 overflow-hidden">
      {pointing.map((person) => (
        <Cursor key={person.id} person={person} x={person.x! * zoom + left} y={person.y! * zoom + top} />
      ))}
    </div>
  );
}

function Cursor({ person, x, y }: { person: Person; x: number; y: number }) {
  const colour = colourOfPerson(person.user);
  const style = useMemo(() => ({ transform: `translate(${x}px, ${y}px)`, color: colour }), [x, y, colour]);
  return (
    <div
      data-cursor={person.name}
      className="absolute top-0 left-0 flex items-start transition-transform duration-100 ease-linear motion-reduce:transition-none"
      style={style}
    >
      <MousePointer2 className="size-4 fill-current" />
      <span
        className="mt-3 rounded-md px-1.5 py-0.5 text-[11px] text-white dark:text-black"
        style={{ background: colour }}
      >
        {person.name}
      </span>
    </div>
  );
}

/** A ring and a name around a node that somebody else has chosen. */
export function Ring({ nodeId }: { nodeId: string }) {
  const [first, ...more] = useOthersAt(nodeId);
  if (!first) return null;
  const colour = colourOfPerson(first.user);
  return (
    <span
      className="pointer-events-none absolute -inset-1 rounded-xl border-2"
      style={{ borderColor: colour }}
      data-chosen-by={first.name}
    >
      <span
        className="detail absolute -top-5 left-1 max-w-40 truncate rounded-t-md px-1.5 text-[11px] text-white dark:text-black"
        style={{ background: colour }}
      >
        {first.name}
        {more.length > 0 && ` +${more.length}`}
      </span>
    </span>
  );
}

/** A note that somebody else is at the same node. */
export function AlsoHere({ nodeId }: { nodeId: string }) {
  const others = useOthersAt(nodeId);
  const names = others.map((one) => one.name).join(", ");
  return (
    <output className="empty:hidden mx-3 mb-2 rounded-md bg-info/10 px-2 py-1 text-xs text-info">
      {others.length > 0 &&
        plural(others.length, {
          one: `${names} edits this node too.`,
          other: `${names} edit this node too.`,
        })}
    </output>
  );
}
