/** A bar chart as SVG: bars are medians, lines the range from minimum to maximum. */
import type { Figure } from "./statistics";

export interface Bar {
  label: string;
  figure: Figure;
  /** Highlights our own paths. */
  ours: boolean;
}

const escaped = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");

const layout = { width: 720, left: 230, right: 90, top: 40, row: 26, bar: 16 } as const;

/** @param unit appended to each number */
export function barChart(title: string, unit: string, bars: readonly Bar[]): string {
  const { width, left, right, top, row, bar } = layout;
  const most = Math.max(...bars.map(({ figure }) => figure.max));
  const scale = (value: number): number => Math.round(((width - left - right) * value) / most);
  const height = top + row * bars.length + 10;
  const rows = bars.map(({ label, figure: { median, min, max }, ours }, index) => {
    const y = top + row * index;
    const middle = y + bar / 2;
    return `  <text x="${left - 8}" y="${middle + 4}" text-anchor="end">${escaped(label)}</text>
  <rect x="${left}" y="${y}" width="${scale(median)}" height="${bar}" fill="${ours ? "#2563eb" : "#9ca3af"}"/>
  <line x1="${left + scale(min)}" x2="${left + scale(max)}" y1="${middle}" y2="${middle}" stroke="#111827"/>
  <text x="${left + scale(max) + 6}" y="${middle + 4}">${median >= 10 ? Math.round(median) : median.toFixed(1)} ${escaped(unit)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" role="img">
  <title>${escaped(title)}</title>
  <rect width="100%" height="100%" fill="#ffffff"/>
  <text x="12" y="22" font-size="14" font-weight="bold">${escaped(title)}</text>
${rows.join("\n")}
</svg>
`;
}
