import { useState } from "react";
import { chooseTheme, chosenTheme, type Theme } from "@/lib/theme";

const THEMES: Record<Theme, string> = { light: "Light", dark: "Dark", system: "As the system" };

export function Appearance() {
  const [theme, setTheme] = useState<Theme>(chosenTheme);
  const choose = (next: Theme) => {
    chooseTheme(next);
    setTheme(next);
  };
  return (
    <fieldset className="flex flex-wrap gap-4">
      <legend className="mb-1 text-sm font-medium">Theme</legend>
      {(Object.entries(THEMES) as [Theme, string][]).map(([name, label]) => (
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
