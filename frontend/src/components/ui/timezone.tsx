import { useId, type ComponentProps } from "react";
import { Input } from "./field";

/** An IANA zone: written, or chosen among those that the browser knows. */
export function TimezoneInput(props: ComponentProps<"input">) {
  const list = useId();
  return (
    <>
      <Input {...props} list={list} />
      <datalist id={list}>
        {Intl.supportedValuesOf("timeZone").map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </>
  );
}
