// One stream a page. An event of a topic makes the parts of the page that show it fetch themselves again.
(() => {
  const status = document.getElementById("live"), stream = document.getElementById("stream");
  const drift = status ? new Date(status.dataset.now) - Date.now() : 0;
  const two = (number) => String(number).padStart(2, "0");
  const clock = () => {
    const at = new Date(Date.now() + drift);
    return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
  };
  let connected = false, broken = null;

  const show = (live) => {
    if (!status || (live === connected && (live || broken))) return;
    connected = live;
    broken = live ? null : clock();
    status.querySelector("[data-word]").textContent = live ? "Live," : "Not live since";
    status.querySelector("[data-word]").classList.toggle("hide-s", live);
    status.querySelector("[data-sign]").className = live ? "pass" : "wait";
    if (!live) status.querySelector("[data-clock]").textContent = broken;
  };
  setInterval(() => { if (connected) status.querySelector("[data-clock]").textContent = clock(); }, 1000);

  // What a person is reading or writing is never exchanged under their hands; the server refuses what is outdated.
  const inUse = (part) => part.querySelector("dialog[open]")
    || [...part.querySelectorAll("textarea")].some((field) => field.value !== field.defaultValue || field === document.activeElement);

  // All parts that an event concerns come in one answer; what happens meanwhile is fetched right after it.
  const source = document.getElementById("parts"), wanted = new Set();
  let fetching = false;
  const ask = () => {
    if (fetching) return;
    const shown = [...wanted].filter((name) => { const part = document.querySelector(`[data-part="${name}"]`); return part && !inUse(part); });
    wanted.clear();
    if (!shown.length) return;
    fetching = true;
    htmx.ajax("GET", source.dataset.url + shown.join(","), { source, swap: "none" }).catch(() => {}).finally(() => {
      fetching = false;
      if (wanted.size) setTimeout(ask, 300);
    });
  };
  // The end of a log fetches what follows it and is replaced by that. It keeps its id, but is another element then.
  let reading = false, more = false;
  const read = () => {
    const tail = document.getElementById("tail");
    if (!tail) return;
    if (reading) { more = true; return; }
    reading = true;
    tail.dispatchEvent(new CustomEvent("live"));
  };
  document.addEventListener("htmx:before:request", (event) => { event.detail.ctx.tail = event.target.id === "tail"; });
  document.addEventListener("htmx:finally:request", (event) => {
    if (!event.detail.ctx?.tail) return;
    setTimeout(() => {
      reading = false;
      if (more) read();
      more = false;
    }, 200);
  });

  const refresh = (topic) => {
    const all = topic === undefined || topic === "reload";
    for (const part of document.querySelectorAll("[data-live]")) {
      if (!all && !part.dataset.live.split(" ").includes(topic)) continue;
      if (part.id === "tail") read();
      else wanted.add(part.dataset.part);
    }
    if (wanted.size) setTimeout(ask, 50);
    if (document.querySelector(`[data-live-reload="${topic}"]`)) location.reload();
  };

  if (stream) {
    let seen = false;
    document.addEventListener("htmx:sse:after:connection", () => { show(true); if (seen) refresh(); seen = true; });
    document.addEventListener("htmx:sse:error", () => show(false));
    document.addEventListener("htmx:sse:after:message", (event) => refresh(event.detail.message.event));
    const again = () => { show(false); setTimeout(() => stream.dispatchEvent(new CustomEvent("reconnect")), 5000); };
    stream.addEventListener("htmx:sse:close", again);
    stream.addEventListener("htmx:error", again);
    stream.addEventListener("htmx:response:error", again);
  }

  // A log follows its end until somebody scrolls up, and again once somebody has scrolled down to it. What moves the
  // page by itself (lines that come, a layout that settles) must not undo what a person did.
  const follow = document.getElementById("follow");
  if (follow) {
    const atEnd = () => innerHeight + scrollY >= document.documentElement.scrollHeight - 40;
    let before = scrollY, down = false;
    addEventListener("wheel", (event) => {
      if (event.target.closest("#side")) return;  // the menu, which does not move the page
      down = event.deltaY > 0;
      if (!down) follow.checked = false;
    }, { passive: true });
    for (const kind of ["keydown", "pointerdown", "touchstart"]) addEventListener(kind, () => { down = true; }, { passive: true });
    addEventListener("scroll", () => {
      if (scrollY < before) follow.checked = false;
      else if (down && scrollY > before && atEnd()) follow.checked = true;
      before = scrollY;
    }, { passive: true });
    document.addEventListener("htmx:after:swap", () => {
      if (!follow.checked) return;
      document.getElementById("log").lastElementChild?.scrollIntoView({ block: "end" });
      before = scrollY;  // that was not a person
    });
  }
})();
