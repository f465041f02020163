// Runs before the first paint, so that no wrong theme flashes. The same rule is in src/lib/theme.ts.
(function () {
  var chosen = localStorage.getItem("pipelit.theme") || "system";
  var dark = chosen === "dark" || (chosen === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.toggle("dark", dark);
})();
