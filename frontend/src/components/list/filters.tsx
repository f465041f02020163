/** Filters of a list, which stand in the address of its page. */
import { t } from "@lingui/core/macro";
import { useNavigate } from "@tanstack/react-router";
import { Search, X } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { Input, Select } from "@/components/ui/field";

const PAUSE_MS = 250;

type Wanted = Record<string, string | undefined>;

/** What an address asks for, and how to ask for something else, from the first page on. `sort` leaves nothing out. */
export function useFilters({ page = 0, ...rest }: { page?: number }) {
  const navigate = useNavigate();
  const wanted: Wanted = rest;
  const set = (next: Wanted & { page?: never }) => go({ ...wanted, ...next });
  const go = (search: object) => void navigate({ to: ".", search: search as never, replace: true });
  return {
    page,
    wanted,
    set,
    turn: (to: number) => go({ ...wanted, page: to || undefined }),
    clear: () => go({ sort: wanted.sort }),
    isFiltered: Object.entries(wanted).some(([name, value]) => name !== "sort" && value),
  };
}

export type Filters = ReturnType<typeof useFilters>;

export function FilterBar({ filters, children }: { filters: Filters; children: ReactNode }) {
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      {children}
      {filters.isFiltered && (
        <Button size="sm" variant="ghost" onClick={filters.clear}>
          <X /> {t`Clear`}
        </Button>
      )}
    </div>
  );
}

interface ChoiceProps {
  filters: Filters;
  name: string;
  label: string;
  /** What it says while nothing is chosen. */
  any: string;
  /** Words by value, or values that are words. */
  choices: Record<string, string> | readonly string[];
}

export function Choice({ filters, name, label, any, choices }: ChoiceProps) {
  const options = Array.isArray(choices) ? choices.map((one) => [one, one]) : Object.entries(choices);
  return (
    <Select
      aria-label={label}
      className="w-[calc(50%-0.25rem)] sm:w-44"
      value={filters.wanted[name] ?? ""}
      onChange={(event) => filters.set({ [name]: event.target.value || undefined })}
    >
      <option value="">{any}</option>
      {options.map(([value, words]) => (
        <option key={value} value={value}>
          {words}
        </option>
      ))}
    </Select>
  );
}

/** The first and the last day. */
export function Days({ filters }: { filters: Filters }) {
  const labels = { from: t`From`, to: t`To` };
  return Object.entries(labels).map(([name, label]) => (
    <label key={name} className="flex items-center gap-1.5 text-muted">
      {label}
      <Input
        type="date"
        className="w-36"
        value={filters.wanted[name] ?? ""}
        onChange={(event) => filters.set({ [name]: event.target.value || undefined })}
      />
    </label>
  ));
}

interface FindProps {
  filters: Filters;
  label: string;
  placeholder?: string;
}

/** A text that is looked for, once the writing pauses. */
export function Find({ filters, label, placeholder = t`Find by name` }: FindProps) {
  const { q = "" } = filters.wanted;
  const [draft, setDraft] = useState(q);
  const asked = useRef(q);
  useEffect(() => {
    if (q !== asked.current) setDraft(q); // by somebody else: a link, the way back
    asked.current = q;
  }, [q]);
  useEffect(() => {
    if (draft === q) return;
    const timer = setTimeout(() => {
      asked.current = draft;
      filters.set({ q: draft || undefined });
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  });
  return (
    <div className="relative w-full sm:w-56">
      <Search className="absolute top-2 left-2.5 size-4 text-muted" />
      <Input
        type="search"
        className="pl-8"
        aria-label={label}
        placeholder={placeholder}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
      />
    </div>
  );
}
