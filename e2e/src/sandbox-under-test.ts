import { createSandbox, type SandboxOptions } from "@verigate/sandbox";
import { onTestFinished } from "vitest";

export interface SandboxUnderTest {
  readonly url: string;
  /** The newest PIN that was sent to a phone. */
  pinOf(phoneNumber: string): Promise<string>;
  control(path: string, body: unknown): Promise<unknown>;
}

/** A sandbox on a free port, that ends with the test. */
export async function startSandbox(options: SandboxOptions = {}): Promise<SandboxUnderTest> {
  const sandbox = createSandbox({ port: 0, ...options });
  const { url } = await sandbox.listen();
  onTestFinished(() => sandbox.close());
  return {
    url,
    pinOf: (phoneNumber) => pinFromOutbox(url, phoneNumber),
    control: (path, body) => control(url, path, body),
  };
}

/** The newest PIN in the outbox of the sandbox at `url`. */
export async function pinFromOutbox(url: string, phoneNumber: string): Promise<string> {
  const response = await fetch(`${url}/sandbox/v1/messages?to=${encodeURIComponent(phoneNumber)}`);
  const { messages } = (await response.json()) as { messages: { pin: string }[] };
  const [newest] = messages;
  if (newest === undefined) {
    throw new Error("no PIN was sent");
  }
  return newest.pin;
}

/** Another PIN of the same length. */
export function wrongPin(pin: string): string {
  return pin.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10));
}

async function control(url: string, path: string, body: unknown): Promise<unknown> {
  const response = await fetch(`${url}/sandbox/v1/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) {
    throw new Error(`the sandbox refused ${path}: ${await response.text()}`);
  }
  return response.json();
}
