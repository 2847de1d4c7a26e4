import type { Answer } from "../answer.ts";
import { html } from "./html.ts";
import { script } from "./script.ts";
import { style } from "./style.ts";

// The page shows text that callers chose. Nothing but its own script runs, and it talks to the sandbox only.
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

const files: Readonly<Record<string, Answer>> = {
  "/": file("text/html", html),
  "/outbox.css": file("text/css", style),
  "/outbox.js": file("text/javascript", script),
};

/** The file of the outbox page at `path`, or undefined where there is none. */
export function pageAnswer(path: string): Answer | undefined {
  return Object.hasOwn(files, path) ? files[path] : undefined;
}

function file(mediaType: string, text: string): Answer {
  return {
    status: 200,
    headers: {
      "content-type": `${mediaType}; charset=utf-8`,
      "content-security-policy": contentSecurityPolicy,
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "no-referrer",
    },
    body: Buffer.from(text),
  };
}
