import type { ReactNode } from "react";

/** The card in the middle of the pages before the sign-in. */
export function AuthFrame({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="grid min-h-full place-items-center p-4">
      <div className="w-full max-w-sm rounded-xl border border-line bg-panel p-6 shadow-float">
        <img src="/static/pipelit/icon.svg" alt="" className="mb-4 size-9" />
        <h1 className="mb-5 text-xl font-semibold tracking-tight">{title}</h1>
        {children}
      </div>
    </main>
  );
}
