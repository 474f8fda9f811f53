// What every page does a little better with JavaScript. Each page is whole without it.
(() => {
  "use strict";

  // Say a change aloud through the one status region of the page.
  const announce = (words) => {
    const region = document.getElementById("announce");
    region.textContent = "";
    requestAnimationFrame(() => { region.textContent = words; });
  };

  // A button that was pressed is busy until its answer comes; a second press does nothing.
  let pressed = null;
  const busy = (button) => button && button.setAttribute("aria-busy", "true");
  const ready = () => document.querySelectorAll("[aria-busy=true]").forEach((b) => b.removeAttribute("aria-busy"));
  document.addEventListener("submit", (event) => {
    pressed = event.submitter;
    if (pressed?.getAttribute("aria-busy") === "true") {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    // After the others had their say: htmx takes its own forms, and marks them itself.
    setTimeout(() => { if (!event.defaultPrevented) busy(event.submitter); });
  }, true);
  addEventListener("pageshow", ready);
  document.addEventListener("htmx:beforeRequest", (event) => {
    const from = event.detail.elt;
    busy(pressed && from.contains(pressed) ? pressed : from.matches("button, a.button") ? from : null);
    pressed = null;
  });
  document.addEventListener("htmx:afterRequest", ready);

  // What is swapped in keeps the focus or moves it to what it marks; the first mistake is met first.
  // Only what is new is asked: what stands beside it was met before, and whoever has gone on stays there.
  const meet = (root) => {
    const marked = (how) => root.matches?.(how) ? root : root.querySelector(how);
    marked("[data-focus], .told[role=alert][tabindex]")?.focus();
    const words = marked("[data-announce]");
    if (words) announce(words.dataset.announce);
  };
  document.addEventListener("htmx:afterSettle", (event) => meet(event.detail.elt));
  document.addEventListener("announce", (event) => announce(event.detail.value));   // HX-Trigger: {"announce": "…"}

  // What failed says so and keeps the words.
  const failed = (event) => {
    const status = event.detail.xhr?.status;
    const words = status === 429 ? "That was a lot at once. Try again in a minute."
      : status >= 400 ? "Something broke on our side. Your words are still here."
      : "The network did not answer. Your words are still here; send them again.";
    const form = event.detail.elt.closest("form");
    form?.querySelector(":scope > .told.failed")?.remove();
    if (form) {
      const told = document.createElement("p");
      told.className = "told wrong failed";
      told.setAttribute("role", "alert");
      told.textContent = words;
      form.prepend(told);
    } else {
      announce(words);
    }
  };
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);

  // Menus close by Escape, by a press elsewhere, and when the focus goes away.
  const close = (menu, back) => {
    menu.open = false;
    if (back) menu.querySelector("summary").focus();
  };
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest?.(".menu[open]");
    if (menu) close(menu, true);
  });
  for (const kind of ["click", "focusin"]) {
    document.addEventListener(kind, (event) => {
      document.querySelectorAll(".menu[open]").forEach((menu) => menu.contains(event.target) || close(menu));
    });
  }

  // In the queue *Not now*, and Escape while nothing is typed, put back what a box to write in took the place of.
  const taken = new Map();
  document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
    if (target.matches?.(".cue .acts")) taken.set(target.id, target.cloneNode(true));
  });
  const putBack = (box) => {
    const acts = taken.get(box.id);
    if (!acts) return false;
    acts.querySelectorAll("[aria-busy]").forEach((busy) => busy.removeAttribute("aria-busy"));
    box.replaceWith(acts);
    htmx.process(acts);
    acts.querySelector(".primary").focus();
    return true;
  };
  document.addEventListener("click", (event) => {
    const box = event.target.closest?.("a[href]") && event.target.closest(".cue .composer");
    if (box && putBack(box)) event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    const box = event.key === "Escape" && event.target.closest?.(".cue .composer");
    if (box && [...box.querySelectorAll("textarea")].every((at) => at.value === at.defaultValue)) putBack(box);
  });

  // In the queue j and k go from one to the next, u takes back what was done last.
  const writes = (at) => at?.closest("input, textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || writes(event.target)) return;
    const cues = [...document.querySelectorAll(".cue")];
    if (!cues.length && event.key !== "u") return;
    if (event.key === "j" || event.key === "k") {
      const step = event.key === "j" ? 1 : -1;
      const now = cues.findIndex((cue) => cue.contains(document.activeElement));
      const next = now < 0 ? (step > 0 ? 0 : cues.length - 1) : now + step;
      cues[Math.min(Math.max(next, 0), cues.length - 1)].querySelector(".acts .primary")?.focus();
    } else if (event.key === "u") {
      document.querySelector("[data-undo]")?.click();
    }
  });

  // Copy an address.
  document.addEventListener("click", async (event) => {
    const link = event.target.closest?.("a[data-copy]");
    if (!link || !navigator.clipboard) return;
    event.preventDefault();
    await navigator.clipboard.writeText(link.href);
    announce("Copied.");
    const menu = link.closest(".menu[open]");
    if (menu) close(menu, true);
  });

  // Count what is written where only so much fits.
  const count = (box) => {
    const line = document.getElementById(`${box.id}_count`);
    if (!line) return;
    const length = [...box.value].length, most = Number(line.dataset.most);
    line.textContent = `${length} of ${most}`;
    line.classList.toggle("over", length > most);
  };
  document.addEventListener("input", (event) => count(event.target));

  // First words that ask nothing so far: a hint, which keeps nothing back.
  document.addEventListener("input", (event) => {
    const hint = event.target.form?.querySelector("[data-asks]");
    if (!hint) return;
    const boxes = event.target.form.querySelectorAll("textarea, [name=title]");
    const words = [...boxes].map((box) => box.value).join(" ");
    hint.hidden = words.length < hint.dataset.asks || /[?\u037e\u061f\uff1f]/.test(words);
  });
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-most]").forEach((line) => {
      const box = document.getElementById(line.id.replace(/_count$/, ""));
      if (box) count(box);
    });
    meet(document);
  });
})();
