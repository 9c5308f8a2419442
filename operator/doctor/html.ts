/** One page with everything in it: the picture with its state, the findings with their fixes, and what was repaired when. */
import type { Repair } from "./history";
import type { Picture, Piece, State } from "./picture";
import type { Finding, Report } from "./report";

/** Text that is nothing but text in HTML. */
export const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const words: Record<State, string> = { ok: "ok", fails: "fails", warns: "warns", unknown: "unknown" };

const style = `
  :root { --ok: #1a7f37; --fails: #cf222e; --warns: #9a6700; --unknown: #656d76; color-scheme: light dark; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
  ul.picture { list-style: none; padding: 0; } ul.picture li { padding: .2rem .6rem; margin: .2rem 0; border-left: .3rem solid; }
  .ok { border-color: var(--ok); } .fails { border-color: var(--fails); } .warns { border-color: var(--warns); } .unknown { border-color: var(--unknown); }
  .state { float: right; font-weight: 600; } .ok .state { color: var(--ok); } .fails .state { color: var(--fails); } .warns .state { color: var(--warns); } .unknown .state { color: var(--unknown); }
  dl { display: grid; grid-template-columns: 6rem 1fr; gap: .2rem 1rem; margin: .5rem 0 1.5rem; } dt { color: var(--unknown); } dd { margin: 0; overflow-wrap: anywhere; }
  code { font-size: .9em; } svg { width: 100%; height: 4rem; } details { margin-top: 1rem; }
  @media (prefers-color-scheme: dark) { :root { --ok: #3fb950; --fails: #f85149; --warns: #d29922; --unknown: #8b949e; } }
`;

const piece = ({ text, depth, state, words: why }: Piece): string =>
  `<li class="${state}" style="margin-left:${depth * 1.5}rem">${escape(text)} <span class="state">${words[state]}${why ? `: ${escape(why)}` : ""}</span></li>`;

const finding = ({ code, area, severity, observed, expected, fix }: Finding): string => `
<section id="${code}"><h3 class="${severity === "error" ? "fails" : "warns"}">${code} <small>${escape(area)}, ${severity}</small></h3>
<dl><dt>found</dt><dd>${escape(observed)}</dd><dt>expected</dt><dd>${escape(expected)}</dd><dt>fix</dt><dd><code>${escape(fix)}</code></dd></dl></section>`;

/** Hours that the timeline shows. */
const hours = 24;

function timeline(history: readonly Repair[], now: number): string {
  const start = now - hours * 3600;
  const recent = history.filter(({ time }) => time >= start && time <= now);
  const place = (time: number): number => Math.round(((time - start) / (hours * 3600)) * 1000);
  const marks = recent.map(
    ({ time, names, failed }) =>
      `<circle cx="${place(time)}" cy="30" r="6" fill="var(--${failed ? "fails" : "warns"})"><title>${new Date(time * 1000).toISOString()}: ${failed ? "could not repair" : "repaired"} ${escape(names.join(", "))}</title></circle>`,
  );
  const ticks = Array.from({ length: hours / 6 + 1 }, (_, index) => hours - index * 6).map(
    (ago) =>
      `<text x="${1000 - (ago / hours) * 1000}" y="58" text-anchor="middle" font-size="14" fill="currentColor">${ago === 0 ? "now" : `-${ago} h`}</text>`,
  );
  const said =
    recent.length === 0
      ? "Nothing was repaired in this time."
      : `${recent.length} times: ${[...new Set(recent.flatMap(({ names }) => names))].map(escape).join(", ")}.`;
  return `<svg viewBox="-30 0 1060 64" role="img" aria-label="repairs of the last ${hours} hours"><line x1="0" y1="30" x2="1000" y2="30" stroke="currentColor"/>${ticks.join("")}${marks.join("")}</svg><p>${said}</p>`;
}

export interface PageContent {
  picture: Picture;
  report: Report;
  /** Undefined where the node could not be asked. */
  history: readonly Repair[] | undefined;
  at: Date;
}

export function renderHtml({ picture, report, history, at }: PageContent): string {
  const { findings, good, skipped } = report;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(picture.title)}</title><style>${style}</style>
<h1>${escape(picture.title)}</h1>
<p>${at.toISOString()}: ${findings.length} findings, ${good.length} checks good, ${skipped.length} not made.</p>
<h2>From the internet</h2><ul class="picture">${picture.pieces.map(piece).join("\n")}</ul>
<h2>Beside it</h2><ul class="picture">${picture.beside.map(piece).join("\n")}</ul>
<h2>Findings</h2>${findings.length === 0 ? "<p>Nothing is wrong.</p>" : findings.map(finding).join("")}
<h2>What the check has repaired in the last ${hours} hours</h2>${history === undefined ? "<p>The node was not asked.</p>" : timeline(history, Math.floor(at.getTime() / 1000))}
<details><summary>All checks</summary><ul>${[
    ...good.map(({ code, title }) => `<li>${code}: ${escape(title)}: yes</li>`),
    ...skipped.map(({ code, because }) => `<li>${code}: not made: ${escape(because)}</li>`),
  ].join("")}</ul></details>
</html>
`;
}
