// Lines of a log: a click marks one, a click with Shift a range; the address says which, and can be given away.
(() => {
  const log = document.getElementById("log");
  if (!log) return;
  let from = 0;
  const number = (line) => Number(line.id.slice(1));
  const mark = (first, last) => {
    for (const line of log.querySelectorAll(".ln")) line.classList.toggle("on", number(line) >= first && number(line) <= last);
    const address = new URL(location);
    address.searchParams.delete("q");
    address.searchParams.delete("hit");
    address.searchParams.set("attempt", new URL(log.dataset.address, location).searchParams.get("attempt"));
    address.searchParams.set("lines", first === last ? first : `${first}-${last}`);
    address.hash = first === last ? `L${first}` : `L${first}-L${last}`;
    history.replaceState(null, "", address);
  };
  log.addEventListener("click", (event) => {
    const link = event.target.closest(".ln > a");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const here = number(link.parentElement);
    if (!event.shiftKey || !from) from = here;
    mark(Math.min(from, here), Math.max(from, here));
  });

  // An address that somebody else made: #L12-L20, or #L12 in a section that is folded.
  const found = location.hash.match(/^#L(\d+)(?:-L(\d+))?$/);
  const line = found && document.getElementById(`L${found[1]}`);
  if (line) {
    from = number(line);
    line.closest("details")?.setAttribute("open", "");
    for (const one of log.querySelectorAll(".ln")) if (number(one) >= from && number(one) <= Number(found[2] || from)) one.classList.add("on");
  }
  (line || log.querySelector(".ln.on"))?.scrollIntoView({ block: "center" });
})();
