import { t } from "@lingui/core/macro";
import { Upload } from "lucide-react";
import { useRef, useState, type DragEvent, type ReactNode } from "react";
import { toast } from "sonner";
import { Button } from "@/components/ui/button";
import { ImportDialog } from "./import-dialog";
import { readFile, type Found } from "./import-file";

const MAX_BYTES = 20_000_000;

/** Reads a chosen or dropped file; what it holds is shown before anything is made. */
export function useImport() {
  const [found, setFound] = useState<Found | null>(null);
  const read = async (file: File | undefined) => {
    if (!file) return;
    try {
      if (file.size > MAX_BYTES) throw new Error(t`“${file.name}” is larger than 20 MB: no workflow is.`);
      setFound(readFile(file.name, await file.text()));
    } catch (error) {
      toast.error((error as Error).message, { duration: 12_000 });
    }
  };
  const dialog = found && <ImportDialog found={found} onClose={() => setFound(null)} />;
  return { read: (file: File | undefined) => void read(file), dialog };
}

export function ImportButton({ onFile }: { onFile: (file: File | undefined) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        accept="application/json,.json"
        aria-label={t`File to import`}
        hidden
        onChange={(event) => {
          onFile(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
      <Button onClick={() => input.current?.click()}>
        <Upload /> {t`Import`}
      </Button>
    </>
  );
}

/** A place where a file may be dropped. */
export function DropZone({
  onFile,
  children,
}: {
  onFile: (file: File | undefined) => void;
  children: ReactNode;
}) {
  const [over, setOver] = useState(false);
  const files = (event: DragEvent) => event.dataTransfer.types.includes("Files");
  return (
    <div
      className="relative"
      onDragOver={(event) => {
        if (!files(event)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={(event) => {
        if (!files(event)) return;
        event.preventDefault();
        setOver(false);
        onFile(event.dataTransfer.files[0]);
      }}
    >
      {children}
      {over && (
        <div className="pointer-events-none absolute inset-0 z-10 grid place-items-center rounded-lg border-2 border-dashed border-accent bg-accent-soft/90">
          <p className="font-medium text-accent">{t`Drop the file: you see what comes before it is made.`}</p>
        </div>
      )}
    </div>
  );
}
