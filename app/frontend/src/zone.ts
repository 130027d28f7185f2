// The viewer's own time zone, where the server does not know it yet.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const format = new Intl.DateTimeFormat("en-GB", {
  weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});

/** Puts this browser's own time before the season's, at due instants that have none. */
export function showOwnZone(root: ParentNode): void {
  for (const own of root.querySelectorAll<HTMLElement>("[data-own-zone][hidden]")) {
    const instant = own.closest<HTMLElement>("[data-due]")?.dataset["due"];
    const [time, place] = [own.querySelector("strong"), own.querySelector("span")];
    if (!instant || !time || !place || !zone) continue;
    const thisYear = document.querySelector<HTMLMetaElement>("meta[name=server-now]")?.content.slice(0, 4);
    const part = Object.fromEntries(format.formatToParts(new Date(instant)).map(({ type, value }) => [type, value]));
    const year = part["year"] === thisYear ? "" : ` ${part["year"]}`;
    time.textContent = `${part["weekday"]} ${part["day"]} ${(part["month"] ?? "").slice(0, 3)}${year}, ${part["hour"]}:${part["minute"]}:${part["second"]}`;
    place.textContent = (zone.split("/").pop() ?? zone).replaceAll("_", " ");
    own.hidden = false;
  }
}

/** Tells the zone once, with the form that signs somebody in. */
export function fillZones(root: ParentNode): void {
  for (const input of root.querySelectorAll<HTMLInputElement>("input[type=hidden][data-zone]")) input.value ||= zone ?? "";
}
