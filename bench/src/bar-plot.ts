import { type Door, doorNames, gatewayName } from "./contestants.ts";
import { measuredDoors } from "./result-table.ts";
import type { BenchResults } from "./results.ts";
import { type Spread, spread } from "./statistics.ts";

const width = 720;
const barLeft = 120;
const barRight = 620;
const rowHeight = 30;
const barHeight = 18;
const headingHeight = 40;
const top = 34;

/** Colours by class, for light and dark pages: an SVG in an `img` follows the reader's system. */
const style = `
    text { font: 13px system-ui, sans-serif; fill: #1f2328; }
    .heading { font-weight: 600; }
    .note { fill: #59636e; }
    .gateway { fill: #0969da; }
    .peer { fill: #afb8c1; }
    .range { stroke: #1f2328; stroke-width: 1.5; fill: none; }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc; }
      .note { fill: #9198a1; }
      .gateway { fill: #4493f8; }
      .peer { fill: #656c76; }
      .range { stroke: #f0f6fc; }
    }
`;

interface Bar {
  readonly name: string;
  readonly cpu: Spread;
}

/** CPU per call as bars on one scale: the median as length, the range of the rounds as a whisker. */
export function barPlot(results: BenchResults): string {
  const groups = measuredDoors(results).map((door) => ({ door, bars: barsOf(results, door) }));
  const longest = Math.max(...groups.flatMap(({ bars }) => bars.map(({ cpu }) => cpu.max)));
  const xOf = (micros: number) => Math.round(barLeft + (micros / longest) * (barRight - barLeft));
  const lines: string[] = [];
  let y = top;
  for (const { door, bars } of groups) {
    lines.push(text("heading", 16, y + 24, doorNames[door]));
    y += headingHeight;
    for (const bar of bars) {
      lines.push(...drawBar(bar, y, xOf));
      y += rowHeight;
    }
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y + 12}" viewBox="0 0 ${width} ${y + 12}" role="img" aria-labelledby="title">`,
    '  <title id="title">CPU microseconds per VerifyPin call, by server; less is better</title>',
    `  <style>${style}  </style>`,
    text("note", 16, 22, "CPU µs of the server per call; less is better. Line: least and greatest round."),
    ...lines,
    "</svg>",
    "",
  ].join("\n");
}

function barsOf(results: BenchResults, door: Door): readonly Bar[] {
  return results.servers
    .filter(({ contestant }) => contestant.door === door)
    .map(({ contestant, turns }) => ({ name: contestant.name, cpu: spread(turns.map(({ cpuMicros }) => cpuMicros)) }));
}

function drawBar({ name, cpu }: Bar, y: number, xOf: (micros: number) => number): readonly string[] {
  const kind = name === gatewayName ? "gateway" : "peer";
  const middle = y + barHeight / 2;
  return [
    text("", 16, y + 14, name),
    `  <rect class="${kind}" x="${barLeft}" y="${y}" width="${xOf(cpu.median) - barLeft}" height="${barHeight}" rx="2"/>`,
    `  <path class="range" d="M${xOf(cpu.min)} ${middle - 4}v8m0 -4H${xOf(cpu.max)}m0 -4v8"/>`,
    text("", Math.max(xOf(cpu.median), xOf(cpu.max)) + 10, y + 14, cpu.median.toFixed(0)),
  ];
}

function text(className: string, x: number, y: number, content: string): string {
  const attribute = className === "" ? "" : ` class="${className}"`;
  return `  <text${attribute} x="${x}" y="${y}">${content}</text>`;
}
