import { t } from "@lingui/core/macro";
import { useState } from "react";
import { chooseTheme, chosenTheme, type Theme } from "@/lib/theme";

const themes = (): Record<Theme, string> => ({
  light: t`Light`,
  dark: t`Dark`,
  system: t`As the system`,
});

export function Appearance() {
  const [theme, setTheme] = useState<Theme>(chosenTheme);
  const choose = (next: Theme) => {
    chooseTheme(next);
    setTheme(next);
  };
  return (
    <fieldset className="flex flex-wrap gap-4">
      <legend className="mb-1 text-sm font-medium">{t`Theme`}</legend>
      {(Object.entries(themes()) as [Theme, string][]).map(([name, label]) => (
        <label key={name} className="flex items-center gap-1.5">
          <input
            type="radio"
            name="theme"
            className="size-4 accent-accent"
            checked={theme === name}
            onChange={() => choose(name)}
          />
          {label}
        </label>
      ))}
    </fieldset>
  );
}
