import { t } from "@lingui/core/macro";
import { toast } from "sonner";

/** Puts a text on the clipboard, also where the browser has none to offer (plain HTTP of another host). */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "sr-only";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast.success(t`Copied.`);
}
