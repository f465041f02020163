import { t } from "@lingui/core/macro";
import { X } from "lucide-react";
import { AlertDialog as RadixAlert, Dialog as Radix } from "radix-ui";
import { useState, type ReactNode } from "react";
import { cn } from "@/lib/cn";
import { Button, IconButton } from "./button";

const overlay = "fixed inset-0 z-40 bg-black/40";
const content =
  "fixed top-1/2 left-1/2 z-50 flex max-h-[85vh] w-[min(32rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 flex-col rounded-xl border border-line bg-raised shadow-float";

interface Props {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: string;
  className?: string;
  footer?: ReactNode;
  children: ReactNode;
}

export function Dialog({ open, onClose, title, description, className, footer, children }: Props) {
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className={overlay} />
        <Radix.Content className={cn(content, className)} aria-describedby={description ? undefined : ""}>
          <header className="flex items-start gap-4 p-4 pb-2">
            <div className="grow">
              <Radix.Title className="text-base font-semibold">{title}</Radix.Title>
              {description && (
                <Radix.Description className="mt-0.5 text-sm text-muted">{description}</Radix.Description>
              )}
            </div>
            <Radix.Close asChild>
              <IconButton label={t`Close`}>
                <X />
              </IconButton>
            </Radix.Close>
          </header>
          <div className="grow overflow-auto p-4 pt-2">{children}</div>
          {footer && <footer className="flex justify-end gap-2 border-t border-line p-3">{footer}</footer>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface ConfirmProps {
  open: boolean;
  onClose: () => void;
  title: string;
  /** What happens, and whether it can be undone. */
  children: ReactNode;
  action: string;
  onConfirm: () => Promise<unknown> | void;
}

/** Asks before something that cannot be undone. A failure has been told by what failed, and ends it, too. */
export function Confirm({ open, onClose, title, children, action, onConfirm }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const confirmed = async () => {
    setBusy(true);
    try {
      await onConfirm();
    } catch {
      // told already
    }
    setBusy(false);
    onClose();
  };
  return (
    <RadixAlert.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <RadixAlert.Portal>
        <RadixAlert.Overlay className={overlay} />
        <RadixAlert.Content className={cn(content, "p-4")}>
          <RadixAlert.Title className="text-base font-semibold">{title}</RadixAlert.Title>
          <RadixAlert.Description asChild>
            <div className="mt-1 text-muted">{children}</div>
          </RadixAlert.Description>
          <div className="mt-5 flex justify-end gap-2">
            <RadixAlert.Cancel asChild>
              <Button>{t`Keep`}</Button>
            </RadixAlert.Cancel>
            <Button variant="danger" busy={busy} onClick={() => void confirmed()}>
              {action}
            </Button>
          </div>
        </RadixAlert.Content>
      </RadixAlert.Portal>
    </RadixAlert.Root>
  );
}
