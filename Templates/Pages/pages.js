// What makes the account pages handier: moments in the reader's own zone, and buttons that copy. Without it the moments
// are in UTC, and a field is selected by hand.
"use strict";

const page = document.documentElement.lang;
const language = navigator.languages.find((each) => each.split("-")[0] === page) ?? page;
const moment = new Intl.DateTimeFormat(language, {
  year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit",
});

for (const time of document.querySelectorAll("time[datetime]")) {
  const instant = new Date(time.dateTime);
  if (Number.isNaN(instant.valueOf())) continue;
  time.title = time.textContent;
  time.textContent = moment.format(instant);
}

for (const button of document.querySelectorAll("button[data-copies]")) {
  const source = document.getElementById(button.dataset.copies);
  // Browsers have a clipboard on https and on the loopback address alone.
  if (!source || !navigator.clipboard) continue;
  button.hidden = false;
  const label = button.innerHTML;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      button.textContent = button.dataset.done;
    } catch {
      button.textContent = button.dataset.failed;
      source.select?.();
    }
    setTimeout(() => (button.innerHTML = label), 4000);
  });
}
