// Runs before the page is drawn: light or dark as chosen, else as the system says; and whether buttons open dialogs.
(() => {
  const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)");
  const stored = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const show = () => { root.dataset.bsTheme = stored() || (dark.matches ? "dark" : "light"); };
  show();
  if ("commandForElement" in HTMLButtonElement.prototype) root.dataset.commands = "";
  dark.addEventListener("change", show);
  addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    if (!button) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      const next = root.dataset.bsTheme === "dark" ? "light" : "dark";
      try { localStorage.setItem("theme", next); } catch {}
      show();
      root.dataset.bsTheme = next;
    });
  });
})();
