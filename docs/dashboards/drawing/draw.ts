/**
 * Draws dashboards into pictures. Arguments: a JSON file with a list of
 * `DrawnDashboard`, and the folder for the pictures.
 *
 * Nothing is asked of any server: the browser gets the page, Grafana's fonts and
 * its icons from the folders of the packages.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { chromium, type Route } from "playwright-core";
import type { DrawnDashboard } from "./drawn-dashboard.ts";

const [dataPath = "", pictureFolder = ""] = process.argv.slice(2);
const origin = "http://localhost";
const { resolve } = createRequire(import.meta.url);
const fonts = join(dirname(resolve("@fontsource/inter/package.json")), "files");
const grafanaUi = dirname(resolve("@grafana/ui/package.json"));

const { outputFiles } = await build({
  entryPoints: [join(import.meta.dirname, "page.tsx")],
  bundle: true,
  write: false,
  outdir: "/",
  format: "iife",
  minify: true,
  jsx: "automatic",
  logLevel: "error",
  define: { "process.env.NODE_ENV": '"production"' },
  // Only the code editor has these, which is in no panel.
  loader: { ".svg": "dataurl", ".ttf": "empty" },
});
const textOf = (suffix: string) => outputFiles.find(({ path }) => path.endsWith(suffix))?.text ?? "";
const page = `<!doctype html><meta charset="utf-8"><style>body{margin:0}${textOf(".css")}</style><body></body>`;

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
  for (const drawn of JSON.parse(readFileSync(dataPath, "utf8")) as DrawnDashboard[]) {
    const tab = await browser.newPage({ viewport: { width: 1_440, height: 900 }, deviceScaleFactor: 1 });
    tab.on("pageerror", (error) => {
      throw error;
    });
    await tab.route("**/*", answer);
    await tab.goto(origin);
    await tab.addScriptTag({ content: textOf(".js") });
    await tab.evaluate((value) => window.drawDashboard(value), drawn);
    await tab.waitForLoadState("networkidle");
    await tab.evaluate(() => document.fonts.ready);
    const path = join(pictureFolder, `${drawn.dashboard.uid}.webp`);
    await tab.locator("#dashboard").screenshot({ path, type: "webp", quality: 80, animations: "disabled" });
    process.stdout.write(`${path}\n`);
    await tab.close();
  }
} finally {
  await browser.close();
}

/** The page, a font, an icon, or nothing. */
async function answer(route: Route): Promise<void> {
  const { pathname } = new URL(route.request().url());
  const weight = /Inter-(Regular|Medium|SemiBold)\.woff2$/.exec(pathname)?.[1];
  if (pathname === "/") {
    await route.fulfill({ contentType: "text/html", body: page });
  } else if (weight !== undefined) {
    const number = { Regular: 400, Medium: 500, SemiBold: 600 }[weight];
    await route.fulfill({ path: join(fonts, `inter-latin-${number}-normal.woff2`), contentType: "font/woff2" });
  } else if (pathname.endsWith(".svg")) {
    const path = join(grafanaUi, "dist/public/img/icons", pathname.split("/img/icons/")[1] ?? "");
    await route.fulfill({ path, contentType: "image/svg+xml" });
  } else {
    await route.fulfill({ status: 404 });
  }
}
