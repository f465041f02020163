"use strict";

(() => {
  const page = new URL(document.currentScript.src);
  page.pathname = page.pathname.replace(/\/widget\.js$/, "");
  page.search = "";
  const title = "{{ title|escapejs }}";
  const button = document.createElement("button");
  let frame = null;

  const style = (element, rules) => Object.assign(element.style, rules);

  function toggle(open) {
    if (open && !frame) {
      frame = document.createElement("iframe");
      frame.src = page.href;
      frame.title = title;
      style(frame, {
        position: "fixed", right: "20px", bottom: "88px", zIndex: "2147483000", width: "min(400px, calc(100vw - 40px))",
        height: "min(620px, calc(100vh - 108px))", border: "1px solid rgba(128, 128, 128, .4)", borderRadius: "12px",
        boxShadow: "0 12px 40px rgba(0, 0, 0, .25)", background: "Canvas",
      });
      frame.addEventListener("load", () => frame.focus());
      document.body.append(frame);
    }
    frame.hidden = !open;
    frame.style.display = open ? "block" : "none";
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "\u00d7" : "\u{1F4AC}";
    button.setAttribute("aria-label", open ? `Close: ${title}` : title);
    (open ? frame : button).focus();
  }

  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-label", title);
  button.textContent = "\u{1F4AC}";
  style(button, {
    position: "fixed", right: "20px", bottom: "20px", zIndex: "2147483000", width: "56px", height: "56px", padding: "0",
    border: "0", borderRadius: "28px", background: "#2f5fd0", color: "#fff", font: "26px/56px system-ui, sans-serif",
    boxShadow: "0 4px 16px rgba(0, 0, 0, .3)", cursor: "pointer",
  });
  button.addEventListener("click", () => toggle(button.getAttribute("aria-expanded") !== "true"));
  addEventListener("message", (event) => {
    const ours = frame && event.source === frame.contentWindow && event.origin === page.origin;
    if (ours && event.data === "pipelit-chat-close") toggle(false);
  });
  const show = () => document.body.append(button);
  if (document.body) show();
  else addEventListener("DOMContentLoaded", show);
})();
