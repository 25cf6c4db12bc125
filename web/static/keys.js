// Shortcuts and the palette. None works while a field has the focus; all of them can be switched off.
(() => {
  const help = document.getElementById("help"), off = document.getElementById("keys-off");
  const palette = document.getElementById("palette"), asked = document.getElementById("palette-q");
  if (!help || !palette) return;
  const stored = () => { try { return localStorage.getItem("keys"); } catch { return null; } };
  off.checked = stored() === "off";
  off.addEventListener("change", () => { try { localStorage.setItem("keys", off.checked ? "off" : "on"); } catch {} });
  for (const one of document.querySelectorAll("[data-needs-script]")) one.hidden = false;

  const places = { o: "/", r: "/releases", a: "/approvals", c: "/calendar", k: "/clusters", u: "/audit" };
  const shown = (one) => one.getClientRects().length > 0;
  const rows = () => {
    const log = document.getElementById("log");
    if (log) return [...log.querySelectorAll(".ln > a")].filter(shown);
    return [...document.querySelectorAll("main .rows > li, main tbody > tr")].map((row) => row.querySelector("a")).filter((link) => link && shown(link));
  };
  const step = (by) => {
    const all = rows(), at = all.indexOf(document.activeElement);
    const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
    if (!next) return;
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const ask = (name) => {
    const button = document.querySelector(`[commandfor="q-${name}"]`) || document.querySelector(`[data-key="${name}"]`);
    if (button) button.click();
  };
  const say = (text) => { document.getElementById("said").textContent = text; };
  const copy = () => {
    const row = document.activeElement?.closest("li, tr, .ln"), link = row?.querySelector("a[href]");
    const marked = document.querySelector(".ln.on > a");
    const address = link?.href || (marked ? location.href : location.origin + location.pathname + location.search + location.hash);
    navigator.clipboard?.writeText(address).then(() => say(`Copied ${address}`), () => say("The browser does not let this page copy."));
  };
  const open = (dialog) => {
    if (!document.querySelector("dialog[open]")) dialog.showModal();
  };

  let going = 0;
  const act = {
    "?": () => open(help),
    "/": () => (document.getElementById("log-q") || document.getElementById("q"))?.focus(),
    j: () => step(1),
    k: () => step(-1),
    g: () => { going = Date.now(); },
    y: copy,
    a: () => ask("approve"),
    r: () => ask("rollback"),
  };
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && !off.checked) {
      event.preventDefault();
      open(palette);
      asked.focus();
      asked.select();
      return;
    }
    const field = event.target.closest("input, textarea, select, [contenteditable]");
    const typing = field && shown(field);  // the field of a dialog that was just closed has the focus for one more frame
    if (off.checked || typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const place = Date.now() - going < 1500 ? places[event.key] : undefined;
    going = 0;
    if (place) location.assign(place);
    else if (act[event.key]) act[event.key]();
    else return;
    event.preventDefault();
  });

  // Up and down in the palette move through what it found; Enter in the field opens the first.
  palette.addEventListener("keydown", (event) => {
    const links = [...palette.querySelectorAll("#palette-found a")], at = links.indexOf(document.activeElement);
    if (event.key === "ArrowDown") links[Math.min(links.length - 1, at + 1)]?.focus();
    else if (event.key === "ArrowUp") (at > 0 ? links[at - 1] : asked).focus();
    else if (event.key === "Enter" && event.target === asked) links[0]?.click();
    else return;
    event.preventDefault();
  });
})();
