import { t } from "@lingui/core/macro";
import { Dialog } from "@/components/ui/dialog";
import { Kbd } from "@/components/ui/misc";
import { SHORTCUTS, written, type Shortcut } from "@/lib/shortcuts";

const titles = (): Record<Shortcut["group"], string> => ({
  everywhere: t`Everywhere`,
  canvas: t`Canvas`,
  running: t`Running`,
});

export function ShortcutSheet({ open, onClose }: { open: boolean; onClose: () => void }) {
  const groups = Map.groupBy(Object.values(SHORTCUTS) as Shortcut[], (shortcut) => shortcut.group);
  return (
    <Dialog open={open} onClose={onClose} title={t`Shortcuts`}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- by it the keyboard scrolls the sheet */}
      <div tabIndex={0}>
        {[...groups].map(([group, shortcuts]) => (
          <section key={group} className="mb-4">
            <h3 className="mb-1 text-xs font-semibold text-muted uppercase">{titles()[group]}</h3>
            <dl>
              {shortcuts.map((shortcut) => (
                <div key={shortcut.label()} className="flex items-center justify-between py-1">
                  <dt>{shortcut.label()}</dt>
                  <dd className="flex items-center gap-2">
                    {shortcut.keys.map((keys) => (
                      <span key={keys} className="flex gap-1">
                        {written(keys).map((key) => (
                          <Kbd key={key}>{key}</Kbd>
                        ))}
                      </span>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
